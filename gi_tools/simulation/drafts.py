"""A body, a year and its figures in; a report to be printed, and its truth, out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import regex
from numpy.random import Generator

from gi_tools.codebook import forms
from gi_tools.simulation.bodies import Body, stock
from gi_tools.simulation.layouts import Cells, Line, Sheet, add_remarks, to_sheets
from gi_tools.simulation.parts import Key

Values = dict[Key, float | None]
Rewrite = Callable[[str, bool], str]  # a text, whether it stands in a table
EMPTY = ("", "", "", "/", "-", "——", "无")  # how bodies leave out a zero, as often
SHOW_ZERO = 0.75

_SLOT = regex.compile(r"\{([a-z0-9_.]+)\}")
_CLAUSE = regex.compile(r"[^，。、；：]*$")
_UNIT = regex.compile(r"万元|件|条|次")


class Told(NamedTuple):
    """One figure that a sentence of the report states."""

    label: str
    indicator: str
    value: float
    unit: str
    context: str


@dataclass
class Draft:
    """
    One report before it is printed.

    ``true`` are the figures as they are, ``printed`` what each cell shows, ``shown``
    the number a careful reader takes from it, None for none. ``told`` are the figures
    that the prose goes by where they are not ``true``; ``rewrites`` change texts as
    they are printed, ``has_remarks`` gives table 3 a column more. ``planted`` lists
    what was broken on purpose.
    """

    body: Body
    year: int
    form_key: str
    true: Values
    before: Draft | None = None
    name: str = ""
    printed: Cells = field(default_factory=dict)
    shown: Values = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    rewrites: list[Rewrite] = field(default_factory=list)
    has_remarks: bool = False
    planted: list[dict] = field(default_factory=list)
    claims: list[Told] = field(default_factory=list)
    chosen: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The form as facts name it: pre2014, 2014, 2019 or 2021."""
        return forms()[self.form_key].version

    @property
    def family(self) -> str:
        """Whose outline and sentences it uses: those of the form of 2014 or of 2019."""
        return "2019" if self.form_key in ("2019", "2021") else "2014"

    @property
    def is_full(self) -> bool:
        """Whether no cell is empty."""
        return all(text.strip() for text in self.printed.values())

    def show(self, key: Key, text: str, value: float | None) -> None:
        """Print something else in a cell."""
        self.printed[key], self.shown[key] = text, value

    def find_figure(self, code: str) -> float | None:
        """The figure that prose calls so: told, or that of the table's total."""
        if code in self.told:
            return self.told[code]
        code = stock()["codes"].get(self.form_key, {}).get(code, code)
        return self.true.get((code, None), self.true.get((code, "total")))


def make_draft(
    body: Body,
    year: int,
    form_key: str,
    true: Values,
    before: Draft | None,
    chance: Generator,
) -> Draft:
    """Print the figures of a report in its body's habit, and invent who signs it."""
    draft = Draft(body, year, form_key, true, before)
    empty = EMPTY[chance.integers(len(EMPTY))] if chance.random() > SHOW_ZERO else "0"
    for key, value in true.items():
        text = write_number(value) if value else empty
        draft.show(key, text, value if value or empty == "0" else None)
    if draft.family == "2019":
        scale = 1 + (true.get(("requests.new", "total")) or 0)
        items = int(chance.integers(20, 400) + 3 * scale)
        draft.told["disclosure.total"] = items
        draft.told["disclosure.website"] = items - items // 4
        draft.told["disclosure.wechat"] = items // 2
    draft.facts = _invent_facts(draft, chance)
    return draft


def write_number(value: float) -> str:
    """Print a figure as the forms have it: whole, or with its decimals."""
    return f"{value:.10g}"


def _invent_facts(draft: Draft, chance: Generator) -> dict[str, str]:
    """The address, the numbers and the dates of a report: nobody's."""
    places = stock()["places"]["streets"].split()
    host = f"{draft.body.kind}{draft.body.code}.example.com"
    number = chance.integers(3_900_000, 3_999_990)
    month, day = chance.integers(1, 4), chance.integers(1, 29)
    street = places[chance.integers(len(places))]
    return {
        "agency": draft.body.agency,
        "year": str(draft.year),
        "address": f"{draft.body.place}{street}{chance.integers(1, 300)}号",
        "postcode": f"{349000 + chance.integers(1000)}",
        "phone": f"0567-{number}",
        "fax": f"0567-{number + 7}",
        "email": f"gk@{host}",
        "website": f"www.{host}",
        "published": f"{draft.year + 1}-{month:02}-{day:02}",
        "signed": f"{draft.year + 1}年{month}月{day}日",
        "title": f"{draft.body.agency}{draft.year}年政府信息公开工作年度报告",
    }


def to_blocks(draft: Draft, chance: Generator) -> list[Line | Sheet]:
    """Write the report: title, headings, sentences, tables, signature."""
    outline = stock()["outlines"][draft.family]
    sheets = {sheet.name: sheet for sheet in to_sheets(draft.form_key, draft.printed)}
    if draft.has_remarks and "table3" in sheets:
        sheets["table3"] = add_remarks(sheets["table3"])
    blocks: list[Line | Sheet] = [Line(draft.facts["title"], -1)]
    for heading, *topics in outline:
        blocks.append(Line(heading, 1))
        for topic in topics:
            if topic in sheets:
                blocks.append(sheets[topic])
            elif topic.startswith("（"):
                blocks.append(Line(topic, 2))
            elif text := _choose(draft, topic, chance):
                blocks.append(Line(text))
            if topic == "proactive":
                blocks += map(Line, draft.extra)
    blocks += [Line(draft.body.agency), Line(draft.facts["signed"])]
    return [_rewrite(block, draft.rewrites) for block in blocks]


def _choose(draft: Draft, topic: str, chance: Generator) -> str:
    """One sentence of a topic that fits the figures, its claims noted."""
    if topic in draft.chosen:  # planted: the sentences of another year
        return draft.chosen[topic]
    prose = stock()["prose"]
    sentences = prose["shared"].get(topic) or prose[draft.family].get(topic, [])
    fit = [s for s in sentences if _fits(draft, s)]
    if not fit:
        return ""
    picked = fit[chance.integers(len(fit))]
    text = draft.chosen[topic] = _fill(draft, picked["text"])
    zeros = [(code, 0.0, "件", text) for code in picked.get("none", ())]
    draft.claims += [Told("", *zero) for zero in zeros]
    return text


def _fits(draft: Draft, sentence: dict[str, Any]) -> bool:
    if "none" in sentence:
        return all(draft.find_figure(code) == 0 for code in sentence["none"])
    figures = [c for c in _SLOT.findall(sentence["text"]) if "." in c]
    found = [draft.find_figure(code) for code in figures]
    return None not in found and (not found or found[0] > 0)


def _fill(draft: Draft, template: str) -> str:
    """Put the figures in and note each as a claim."""
    text, end = "", 0
    marks: list[tuple[str, float, int, str]] = []
    for slot in _SLOT.finditer(template):
        text += template[end : slot.start()]
        end = slot.end()
        if "." not in slot[1]:
            text += draft.facts[slot[1]]
            continue
        value = draft.find_figure(slot[1])
        unit = _UNIT.match(template, end)
        marks.append((slot[1], value, len(text), unit[0] if unit else ""))
        text += write_number(value)
    text += template[end:]
    for code, value, start, unit in marks:
        label = _CLAUSE.search(text[:start])[0]
        context = f"{label}{write_number(value)}{unit}"
        draft.claims.append(Told(label, code, value, unit, context))
    return text


def _rewrite(block: Line | Sheet, rewrites: list[Rewrite]) -> Line | Sheet:
    for change in rewrites:
        if isinstance(block, Line):
            block = block._replace(text=change(block.text, False))
            continue
        rows = tuple(
            tuple(c._replace(text=change(c.text, True)) for c in row)
            for row in block.grid.rows
        )
        grid = type(block.grid)(block.grid.number, rows, block.grid.width)
        texts = [[change(text, True) for text in row] for row in block.rows]
        block = Sheet(block.name, texts, grid)
    return block


def to_truth(draft: Draft, file: str, blocks: list[Line | Sheet]) -> dict[str, Any]:
    """Give the truth of a printed report, keys as in any folder of labelled ones."""
    lines = [block for block in blocks if isinstance(block, Line)]
    prose = "\n".join(line.text for line in lines)
    keys = ("address", "postcode", "phone", "fax", "email", "website")
    cells = [
        {"indicator": name, "applicant": who, "value": _whole(value)}
        for (name, who), value in draft.shown.items()
    ]
    claims = [
        told._replace(value=_whole(told.value))._asdict() for told in draft.claims
    ]
    return {
        "name": draft.name,
        "file": file,
        "kind": "simulated",
        "agency": draft.body.agency,
        "agency_full": draft.body.agency,
        "region": None,
        "report_year": draft.year,
        "form": draft.version,
        "form_key": draft.form_key,
        "title": draft.facts["title"],
        "period": [f"{draft.year}-01-01", f"{draft.year}-12-31"],
        "published": draft.facts["published"],
        "contacts": {k: draft.facts[k] for k in keys if draft.facts[k] in prose},
        "sections": [line.text for line in lines if line.level > 0],
        "complete": True,
        "cells": cells,
        "claims": claims,
        "inconsistencies": [],
        "notes": "invented: body, figures, sentences, contacts",
        "source_url": None,
        "defects": draft.planted,
    }


def _whole(value: float | None) -> float | None:
    return int(value) if value is not None and value == int(value) else value
