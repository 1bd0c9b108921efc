"""What a comparison of prose and table says, in a row and in both languages."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import regex

from gi_tools.codebook import applicants, indicators
from gi_tools.exports import show
from gi_tools.wordings import load_knowledge, name_group

MOST_NAMES = 3  # rows of a sum that a message names
_DECIMALS = regex.compile(r"\d\.(\d+)")
_SCALES = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_NOTE = regex.compile(r"（[^（）]{4,60}）$")  # a note of the form behind a label
_SCALED = regex.compile(r"\d(?:\.(\d+))?([百千万亿])(?!元)")


class Table(NamedTuple):
    """The table cells of one report: (value, unit, raw, state) by row and column."""

    report_id: str
    agency: str | None
    year: int | None
    form: str
    cells: dict[tuple[str, str | None], tuple]

    def find_column(self, code: str, applicant: str | None = None) -> tuple:
        """Give the key of a row's cell: its total where the row has columns."""
        if applicant or (code, "total") in self.cells:
            return code, applicant or "total"
        return code, None

    def get(self, code: str, applicant: str | None = None) -> float | None:
        """Give a cell's value; None when it is empty or not there."""
        return self.cells.get(self.find_column(code, applicant), (None,))[0]

    def add(self, codes: tuple[str, ...], applicant: str | None = None) -> float | None:
        """Add up cells; None when one of them has no number."""
        values = [self.get(code, applicant) for code in codes]
        return None if not values or None in values else sum(values)

    def find_low(self, codes: tuple[str, ...]) -> float | None:
        """Give what cells add up to at least; None when none of them is there."""
        found = [c for code in codes if (c := self.cells.get(self.find_column(code)))]
        if not found or all(cell[3] == "absent" for cell in found):
            return None
        return sum(cell[0] or 0 for cell in found)

    def find_unit(self, codes: tuple[str, ...]) -> str:
        """Give the unit of the first of the cells."""
        cell = self.cells.get(self.find_column(codes[0]))
        return cell[1] if cell else ""

    def find_step(self, codes: tuple[str, ...]) -> float:
        """Give half of the last place that the cells print; 0 for whole counts."""
        cells = (self.cells.get(self.find_column(code)) for code in codes)
        return sum(to_tolerance(cell[2] or "") for cell in cells if cell)


class Comparison(NamedTuple):
    """
    One figure of the prose beside the table; ``kind``: figure, share, list, all.

    ``cells`` are joined by +. ``stated`` is what the prose says, ``table`` what the
    cells give, ``gap`` is table - stated; of a list they are the total and the sum of
    its parts as stated, and ``gap`` is what the parts lack; where the prose says that
    all are something, they are the whole and that part of it. ``explanation`` names the
    slip, ``source`` the cells it took, ``others`` how many further slips fit as well,
    or how many pairs were tried for a share; ``weak``: such a fit is often chance.
    """

    report_id: str
    agency: str | None
    year: int | None
    order: int
    kind: str
    cells: str
    basis: str
    stated: float | None
    table: float | None
    gap: float | None
    verdict: str
    reason: str
    explanation: str
    source: str
    others: int
    weak: bool
    quote: str
    message: str = ""
    message_en: str = ""


def to_tolerance(raw: str) -> float:
    """Give half of the last place printed: 61.3万 is anything from 61.25 to 61.35万."""
    if found := _SCALED.search(raw):
        return 0.5 * _SCALES[found[2]] / 10 ** len(found[1] or "")
    found = _DECIMALS.search(raw)
    return 0.5 / 10 ** len(found[1]) if found else 0.0


def tell(row: Comparison, form: str) -> Comparison:
    """Add the message in Chinese and in English."""
    texts = []
    for lang in ("zh", "en"):
        book = _messages()[lang]
        text = book[f"{row.kind}.{row.verdict}"].format(
            stated=show(row.stated),
            table=show(row.table),
            gap=show(row.gap),
            others=row.others,
            cells=name_cells(row.cells, form, lang),
        )
        tail = book.get(f"because.{row.explanation or row.reason}", "")
        source = name_cells(row.source, form, lang)
        texts.append(text + tail.format(source=source, others=row.others))
    return row._replace(message=texts[0], message_en=texts[1])


def name_cells(cells: str, form: str, lang: str) -> str:
    """Name cells, ``outcomes.granted[company]+…`` or a pair, by the form's labels."""
    sides = cells.split(" / ")
    if len(sides) > 1:
        return " ÷ ".join(name_cells(side, form, lang) for side in sides)
    codes = cells.split("+")
    if found := name_group(form, tuple(codes), lang):
        return found
    more = len(codes) - MOST_NAMES
    shown = " + ".join(_name_cell(code, form, lang) for code in codes[:MOST_NAMES])
    return shown + (f" + … ({more})" if more > 0 else "")


def _name_cell(cell: str, form: str, lang: str) -> str:
    code, _, who = cell.strip().partition("[")
    one = indicators().get((form, code))
    label = (one.label_zh if lang == "zh" else one.label_en) if one else code
    label = _NOTE.sub("", label)
    person = applicants().get(who.rstrip("]"))
    if person:
        label += f" [{person.label_zh if lang == 'zh' else person.label_en}]"
    return label


@cache
def _messages() -> dict[str, dict[str, str]]:
    found = load_knowledge()["messages"]
    return {lang: {e["key"]: e[lang] for e in found} for lang in ("zh", "en")}
