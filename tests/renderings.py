"""One table in many dresses: a form and its cells to HTML and flattened text."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from gi_tools.codebook import Row, Table, forms

Cells = dict[tuple[str, str | None], str]
UNIT_FORMS = ("2014",)


def to_rows(form_key: str, cells: Cells) -> list[list[list[str]]]:
    """The printed rows of each table: label cells first, then value cells."""
    return [
        _table_rows(table, cells, form_key in UNIT_FORMS)
        for table in forms()[form_key].tables
    ]


def _table_rows(table: Table, cells: Cells, units: bool) -> list[list[str]]:
    if table.layout == "columns":
        return [*_column_heads(table), _values(table.rows[0], cells)]
    rows: list[list[str]] = []
    printed = None
    if table.name == "table3":
        rows += [
            [table.furniture[0]],
            ["申请人情况"],
            ["自然人", "法人或其他组织", "总计"],
        ]
        rows.append([c.label for c in table.columns["applicants"][1:6]])
    for row in table.rows:
        if table.name == "table2" and row.group != printed:
            printed = row.group
            heads = [column.label for column in table.columns[row.columns]]
            rows += [[row.group], ["信息内容", *heads]]
        label = row.number + row.label + (f"（{row.note}）" if row.note else "")
        unit = [row.targets[0].unit if row.targets else "——"] if units else []
        rows.append([label, *unit, *_values(row, cells)])
    return rows


def _column_heads(table: Table) -> list[list[str]]:
    heads = [column.label for column in next(iter(table.columns.values()))]
    return [["行政复议", "行政诉讼"], ["未经复议直接起诉", "复议后起诉"], heads]


def _values(row: Row, cells: Cells) -> list[str]:
    return [cells.get((t.indicator, t.applicant), "") for t in row.targets]


def to_html(form_key: str, cells: Cells) -> str:
    """A page with spans: group cells over their rows, labels over three columns."""
    parts = []
    for table in forms()[form_key].tables:
        if table.name == "table3":
            parts.append(_table3_html(table, cells))
        elif table.layout == "columns":
            parts.append(_table4_html(table, cells))
        else:
            width = 3 if form_key in UNIT_FORMS else 4
            rows = _table_rows(table, cells, form_key in UNIT_FORMS)
            parts.append(_rows_html([_spread(row, width) for row in rows]))
        parts.append("<p>以下为下一部分。</p>")
    body = "\n".join(parts)
    return f"<html><body><div id=zoom><p>2020年统计表</p>{body}</div></body></html>"


def _td(text: str, colspan: int = 1, rowspan: int = 1) -> str:
    spans = f" colspan={colspan}" * (colspan > 1) + f" rowspan={rowspan}" * (
        rowspan > 1
    )
    return f"<td{spans}><p align=center>{escape(text) or '&nbsp;'}</p></td>"


def _spread(row: list[str], width: int) -> list[str]:
    if len(row) < width:
        return [*map(_td, row[:-1]), _td(row[-1], width - len(row) + 1)]
    return [_td(text) for text in row]


def _rows_html(rows: list[list[str]]) -> str:
    lines = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f"<table border=1><tbody>{lines}</tbody></table>"


def _table3_html(table: Table, cells: Cells) -> str:
    groups = {
        row.group: [r for r in table.rows if r.group == row.group] for row in table.rows
    }
    inner = {name for name in groups if name and name != "本年度办理结果"}
    results = sum(len(rows) for name, rows in groups.items() if name) - len(
        [row for row in table.rows if not row.targets and row.group]
    )
    rows = [
        [_td(table.furniture[0], 3, 3), _td("申请人情况", 7)],
        [_td("自然人", 1, 2), _td("法人或其他组织", 5), _td("总计", 1, 2)],
        [_td(c.label) for c in table.columns["applicants"][1:6]],
    ]
    lead: list[str] = []
    for row in table.rows:
        text = row.number + row.label + (f"（{row.note}）" if row.note else "")
        if not row.targets:
            size = results if not row.group else len(groups[row.label])
            lead.append(_td(text, 1, size))
            continue
        span = 3 if not row.group else 1 if row.group in inner else 2
        rows.append([*lead, _td(text, span), *map(_td, _values(row, cells))])
        lead = []
    return _rows_html(rows)


def _table4_html(table: Table, cells: Cells) -> str:
    heads = [column.label for column in next(iter(table.columns.values()))]
    return _rows_html(
        [
            [_td("行政复议", 5), _td("行政诉讼", 10)],
            [
                *(_td(h, 1, 2) for h in heads[:5]),
                _td("未经复议直接起诉", 5),
                _td("复议后起诉", 5),
            ],
            [_td(h) for h in heads[5:]],
            [_td(v) for v in _values(table.rows[0], cells)],
        ]
    )


def to_spanless(form_key: str, cells: Cells) -> str:
    """A page without spans: every row as long as it needs to be."""
    tables = "<p>下一张表。</p>".join(
        _rows_html([[_td(text) for text in row] for row in rows])
        for rows in to_rows(form_key, cells)
    )
    return f"<html><body><p>2020年统计表</p>{tables}</body></html>"


def _text(line: Callable[[list[str]], str], form_key: str, cells: Cells) -> str:
    parts = ["\n".join(map(line, rows)) for rows in to_rows(form_key, cells)]
    return "2020年统计表\n\n" + "\n\n".join(parts) + "\n\n"


RENDERINGS: dict[str, Callable[[str, Cells], str]] = {
    "html": to_html,
    "spanless": to_spanless,
    "tabs": lambda f, c: _text("\t".join, f, c),
    "pipes": lambda f, c: _text(lambda row: " | ".join(row) + " |", f, c),
    "markdown": lambda f, c: _text(lambda row: f"| {' | '.join(row)} |", f, c),
    "cell_pipes": lambda f, c: _text(lambda r: "\n".join(f"{t} |" for t in r), f, c),
    "own_pipes": lambda f, c: _text(lambda r: "\n|\n".join(r) + "\n|", f, c),
    "tab_lines": lambda f, c: _text(lambda r: "".join(f"\t{t}\n" for t in r), f, c),
}
# Dresses in which an empty cell leaves no trace: for full tables only.
FULL_RENDERINGS: dict[str, Callable[[str, Cells], str]] = {
    "lines": lambda f, c: _text("\n".join, f, c),
    "spaced_lines": lambda f, c: _text("\n\n".join, f, c).replace("\n", "\n\n"),
    "runs": lambda f, c: _text("   ".join, f, c),
    "indented": lambda f, c: _text(lambda r: "　　" + "\n    ".join(r), f, c),
}
