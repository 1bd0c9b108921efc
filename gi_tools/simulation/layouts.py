"""A form and its printed cells in; rows of text, and grids with spans, out."""

from __future__ import annotations

from typing import NamedTuple

from gi_tools.codebook import Row, Table, forms
from gi_tools.documents import Cell, Grid

Cells = dict[tuple[str, str | None], str]
SECOND = "本年度办理结果"  # the one group of table 3 that groups stand under
HEADS = {
    "2014": ["统计指标", "单位", "统计数"],
    "shanghai": ["指标名称", "计算单位", "代码", "年度", "历年累计"],
    "dingxi": ["指标名称", "计量单位", "代码", "本期实际", "本年累计"],
}


class Line(NamedTuple):
    """A paragraph; ``level`` 0 is prose, -1 the title, 1 and 2 are headings."""

    text: str
    level: int = 0


class Sheet(NamedTuple):
    """One printed table: ``rows`` as they run on in a text, ``grid`` with its spans."""

    name: str
    rows: list[list[str]]
    grid: Grid


class Box(NamedTuple):
    """A cell before it has its place."""

    text: str
    colspan: int = 1
    rowspan: int = 1


def to_sheets(form_key: str, cells: Cells) -> list[Sheet]:
    """Print the tables of a form; a cell that is not in ``cells`` is empty."""
    return [
        Sheet(
            table.name,
            _to_rows(form_key, table, cells),
            place_boxes(number, _to_boxes(form_key, table, cells)),
        )
        for number, table in enumerate(forms()[form_key].tables, 1)
    ]


def add_remarks(sheet: Sheet) -> Sheet:
    """Give table 3 a column more, 备注, empty."""
    rows = [[*row, ""] if len(row) == 8 else row for row in sheet.rows]
    rows[2] = [*rows[2], "备注"]
    end = sheet.grid.width + 1
    lines = [list(row) for row in sheet.grid.rows]
    lines[0].append(Cell("备注", 1, end, 3, 1))
    for number, line in enumerate(lines[3:], 4):
        line.append(Cell("", number, end, 1, 1))
    grid = Grid(sheet.grid.number, tuple(map(tuple, lines)), end)
    return Sheet(sheet.name, rows, grid)


def place_boxes(number: int, rows: list[list[Box]]) -> Grid:
    """Give every cell its column, right of what reaches down from the rows above."""
    taken: set[tuple[int, int]] = set()
    placed, width = [], 0
    for row, boxes in enumerate(rows, 1):
        column, cells = 1, []
        for box in boxes:
            while (row, column) in taken:
                column += 1
            cells.append(Cell(box.text, row, column, box.rowspan, box.colspan))
            taken |= {
                (row + down, column + right)
                for down in range(1, box.rowspan)
                for right in range(box.colspan)
            }
            column += box.colspan
        placed.append(tuple(cells))
        width = max(width, column - 1)
    return Grid(number, tuple(placed), width)


def _to_rows(form_key: str, table: Table, cells: Cells) -> list[list[str]]:
    if table.layout == "columns":
        heads = [column.label for column in next(iter(table.columns.values()))]
        above = [["行政复议", "行政诉讼"], ["未经复议直接起诉", "复议后起诉"]]
        return [*above, heads, _values(table.rows[0], cells)]
    rows: list[list[str]] = []
    printed = None
    if table.name == "table3":
        rows += [[table.furniture[0]], ["申请人情况"]]
        rows.append(["自然人", "法人或其他组织", "总计"])
        rows.append([c.label for c in table.columns["applicants"][1:6]])
    elif form_key in HEADS:
        rows.append(HEADS[form_key])
    for row in table.rows:
        if table.name == "table2" and row.group != printed:
            printed = row.group
            heads = [column.label for column in table.columns[row.columns]]
            rows += [[row.group], ["信息内容", *heads]]
        rows.append([_label(row), *_lead(form_key, row), *_values(row, cells)])
    return rows


def _label(row: Row) -> str:
    return row.number + row.label + (f"（{row.note}）" if row.note else "")


def _lead(form_key: str, row: Row) -> list[str]:
    """What an annex prints between label and values: the unit, the code of the row."""
    if form_key not in HEADS:
        return []
    unit = row.targets[0].unit if row.targets else "——"
    code = [row.targets[0].indicator.split(".")[1]] if row.targets else [""]
    return [unit, *(code if len(HEADS[form_key]) == 5 else [])]


def _values(row: Row, cells: Cells) -> list[str]:
    return [cells.get((t.indicator, t.applicant), "") for t in row.targets]


def _to_boxes(form_key: str, table: Table, cells: Cells) -> list[list[Box]]:
    if table.name == "table3":
        return _box_table3(table, cells)
    if table.layout == "columns":
        return _box_table4(table, cells)
    width = len(HEADS.get(form_key, "...."))
    return [_spread(row, width) for row in _to_rows(form_key, table, cells)]


def _spread(row: list[str], width: int) -> list[Box]:
    last = Box(row[-1], max(width - len(row) + 1, 1))
    return [*map(Box, row[:-1]), last]


def _box_table3(table: Table, cells: Cells) -> list[list[Box]]:
    """Groups reach over their rows, the labels of a row over three columns."""
    groups = {
        row.group: [r for r in table.rows if r.group == row.group] for row in table.rows
    }
    results = sum(1 for row in table.rows if row.group and row.targets)
    rows = [
        [Box(table.furniture[0], 3, 3), Box("申请人情况", 7)],
        [Box("自然人", 1, 2), Box("法人或其他组织", 5), Box("总计", 1, 2)],
        [Box(c.label) for c in table.columns["applicants"][1:6]],
    ]
    lead: list[Box] = []
    for row in table.rows:
        if not row.targets:
            size = len(groups[row.label]) if row.group else results
            lead.append(Box(_label(row), 1, size))
            continue
        span = 3 if not row.group else 2 if row.group == SECOND else 1
        rows.append([*lead, Box(_label(row), span), *map(Box, _values(row, cells))])
        lead = []
    return rows


def _box_table4(table: Table, cells: Cells) -> list[list[Box]]:
    heads = [column.label for column in next(iter(table.columns.values()))]
    parts = [Box("未经复议直接起诉", 5), Box("复议后起诉", 5)]
    return [
        [Box("行政复议", 5), Box("行政诉讼", 10)],
        [*(Box(head, 1, 2) for head in heads[:5]), *parts],
        [Box(head) for head in heads[5:]],
        [Box(value) for value in _values(table.rows[0], cells)],
    ]
