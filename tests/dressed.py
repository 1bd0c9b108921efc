"""Seeded tables in odd dresses, their truth, and what reading makes of each cell."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence

from printing import Dress, to_pdf

from gi_tools.codebook import forms
from gi_tools.readers import read
from gi_tools.simulation.dresses import DRESSES, FULL_DRESSES
from gi_tools.simulation.layouts import Line, Sheet, to_sheets
from gi_tools.tables import read_tables
from gi_tools.tokens import to_tokens

FORMS = ("2014", "2019", "2021")
WRAP = 14


def crowd(block: Line | Sheet) -> str:
    """A table in one line."""
    rows = block.rows if isinstance(block, Sheet) else [[block.text]]
    return " ".join(cell for row in rows for cell in row if cell)


def wrap(block: Line | Sheet, join: str) -> str:
    """A table of which the labels are broken into lines of WRAP characters."""
    lines = []
    for label, *cells in block.rows if isinstance(block, Sheet) else [[block.text]]:
        pieces = [label[n : n + WRAP] for n in range(0, len(label), WRAP)]
        lines += [*pieces[:-1], join.join((*pieces[-1:], *cells))]
    return "\n".join(lines)


# Tables without their line breaks, or with more of them.
BREAKS = {
    "crowd": lambda blocks: "\n\n".join(map(crowd, blocks)),
    "crowd_page": lambda blocks: "".join(f"<p>{crowd(b)}</p>" for b in blocks),
    "crowd_all": lambda blocks: " ".join(map(crowd, blocks)),
    "wrapped": lambda blocks: "\n\n".join(wrap(b, "\n") for b in blocks),
    "wrapped_tabs": lambda blocks: "\n\n".join(wrap(b, "\t") for b in blocks),
}
WRITERS = DRESSES | FULL_DRESSES | BREAKS
DRESSED = [name for name in WRITERS if name not in ("html", "word")]
NOTES = ("※", "①", "*", "[注]", "（注）", "②")
SIGNS = ("口", "日", "了", "目口")
HEADS = ("信息内容", "统计指标")
PDF_EVERY = 12  # tables, one of which is a PDF without rules


def make_cells(chance: random.Random, form: str) -> dict[tuple, str]:
    """Cells of which none, some or most are blank."""
    full = chance.choice((1, 1, 0.95, 0.7, 0.3))
    most = chance.choice((9, 300, 99_999))
    return {
        t[:2]: str(chance.choice((0, chance.randint(1, 9), chance.randint(0, most))))
        if chance.random() < full
        else ""
        for t in forms()[form].targets
    }


def is_head(rows: list[list[str]], row: list[str]) -> bool:
    """Whether a row of several cells is one of heads."""
    return row[0] in (*HEADS, "自然人") or any(
        row is r for r in rows[:4] * is_wide(rows)
    )


def is_wide(rows: list[list[str]]) -> bool:
    """Whether these are the rows of the table of applicants."""
    return any("自然人" in row for row in rows[:4])


def add_codes(chance: random.Random, rows: list[list[str]]) -> None:
    """A column of row codes between labels and figures."""
    for number, row in enumerate(rows):
        if len(row) > 1 and not is_head(rows, row):
            row.insert(1, f"{number:02}")
        elif row[0] in HEADS:
            row.insert(1, "代码")


def add_remarks(chance: random.Random, rows: list[list[str]]) -> None:
    """A last column of remarks, most of them empty."""
    for row in rows:
        if len(row) > 1:
            row.append(
                "备注" if is_head(rows, row) else chance.choice(("", "", "见附件"))
            )


def add_notes(chance: random.Random, rows: list[list[str]]) -> None:
    """A sign of a footnote behind some labels, before few of them."""
    for row in rows:
        if len(row) > 1 and not is_head(rows, row) and chance.random() < 0.3:
            note = chance.choice(NOTES)
            row[0] = note + row[0] if chance.random() < 0.2 else row[0] + note


def spoil_cells(chance: random.Random, rows: list[list[str]]) -> None:
    """Figures that recognition turned into words."""
    for row in rows:
        for n, text in enumerate(row[1:], 1):
            if text.isdigit() and chance.random() < 0.05:
                row[n] = chance.choice(SIGNS)


def drop_rows(chance: random.Random, rows: list[list[str]]) -> None:
    """Rows that the report leaves out."""
    rows[:] = [
        r for r in rows if len(r) < 2 or is_head(rows, r) or chance.random() > 0.1
    ]


def double_heads(chance: random.Random, rows: list[list[str]]) -> None:
    """The header rows again further down, as at the top of a new page."""
    at = chance.randint(4, max(len(rows) - 1, 4))
    rows[at:at] = [list(row) for row in rows[: 4 if len(rows) > 20 else 2]]


def swap_heads(chance: random.Random, rows: list[list[str]]) -> None:
    """Two columns with their heads in another order."""
    if len(rows) > 4 and len(rows[3]) == 5:  # applicants: the heads have no label
        a, b = sorted(chance.sample(range(5), 2))
        rows[3][a], rows[3][b] = rows[3][b], rows[3][a]
        for row in rows[4:]:
            if len(row) == 8:
                row[a + 2], row[b + 2] = row[b + 2], row[a + 2]
        return
    for row in rows[:4]:
        if len(row) == 4:
            row[1], row[3] = row[3], row[1]


def add_row(chance: random.Random, rows: list[list[str]]) -> None:
    """A row that the form does not have."""
    width = chance.choice([len(row) for row in rows])
    figures = [str(chance.randint(0, 99)) for _ in range(width - 1)]
    rows.insert(chance.randint(2, len(rows)), ["另行统计的自设项目", *figures])


WAYS = (swap_heads, spoil_cells, drop_rows, add_row, add_notes, add_codes, add_remarks,
        double_heads)  # fmt: skip


def make_tables(
    count: int,
    seed: str = "dressed",
    dresses: Sequence[str] = DRESSED,
    keys: Sequence[str] = FORMS,
) -> Iterator[tuple]:
    """Name, form, cells and bytes of ``count`` reports with their tables."""
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        form = chance.choice(keys)
        cells = make_cells(chance, form)
        sheets = to_sheets(form, cells)
        if number % PDF_EVERY == 0:
            blocks = [Line("2020年统计表", -1), *sheets, Line("以上为全部内容。")]
            size = chance.choice((8, 9, 10, 10.5, 11, 12))
            yield (
                f"{number} pdf {size}",
                form,
                cells,
                to_pdf(blocks, Dress(rules="none", size=size)),
            )
            continue
        ways = chance.sample(WAYS, chance.choice((0, 1, 1, 2, 3)))
        ways.sort(key=WAYS.index)
        dress = chance.choice(dresses)
        blocks = [Line("2020年统计表")]
        for sheet in sheets:
            rows = [list(row) for row in sheet.rows]
            for way in ways if sheet.name != "table4" and len(rows) > 4 else ():
                way(chance, rows)
            blocks += [Sheet(sheet.name, rows, sheet.grid), Line("以下为下一部分。")]
        name = " ".join((str(number), dress, *(way.__name__ for way in ways)))
        yield name, form, cells, WRITERS[dress](blocks).encode()


def judge(form: str, cells: dict[tuple, str], data: bytes) -> dict[tuple, str]:
    """Say of each cell what became of it; a fault is in capitals."""
    reading = read_tables(to_tokens(read(data, name="dressed")), form)
    figures = {f[:2]: f for f in reading.figures}
    return {
        key: _judge(text, figures.get(key), key in figures and figures[key].state)
        for key, text in cells.items()
    }


def _judge(text: str, figure: tuple | None, state: str | bool) -> str:
    if figure is None or state == "absent":
        return "absent"
    if figure.value is not None:
        return "right" if text == str(figure.value) else "WRONG" if text else "INVENTED"
    if state == "blank":
        return "LOST" if text else "blank"
    return "unreadable" if state == "unreadable" else "other"


def count_fates(count: int, seed: str = "dressed") -> tuple[Counter, list[str]]:
    """Count the fates of all cells and name the tables with a fault."""
    fates: Counter = Counter()
    faults = []
    for name, form, cells, data in make_tables(count, seed):
        found = judge(form, cells, data)
        fates.update(found.values())
        if bad := [(k, v, cells[k]) for k, v in found.items() if v.isupper()]:
            faults.append(f"{name} {form}: {len(bad)} {bad[:2]}")
    return fates, faults
