"""A number and a seed in; report files, their truth and an index out."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.random import Generator
from pandas import DataFrame

from gi_tools.codebook import forms
from gi_tools.errors import DataError
from gi_tools.simulation.bodies import Body, draw_nature, make_bodies, stock
from gi_tools.simulation.defects import DEFECTS, plant_defect
from gi_tools.simulation.drafts import Draft, make_draft, to_blocks, to_truth
from gi_tools.simulation.dresses import DRESSES, FULL_DRESSES, Block
from gi_tools.simulation.office import to_docx, to_xlsx
from gi_tools.simulation.pages import to_pdf
from gi_tools.simulation.panels import Wave, draw_waves, list_forms
from gi_tools.simulation.pdf import to_picture_pdf
from gi_tools.simulation.scans import scan

FIRST_YEAR, LAST_YEAR = 2008, 2024  # drawn from when no years are asked for
BLOCK = 300  # bodies drawn at once
CHAIN = 3  # years in a row that one body reports, when a panel is not asked for
INDEX = "index.csv"
COLUMNS = "file format agency year form form_key defect visible".split()


class Format(NamedTuple):
    """How a report is written: the suffix of its file, and the packages it needs."""

    suffix: str
    write: Callable[[list[Block], bool], bytes]
    needs: tuple[str, ...] = ()


def _write_text(dress: str, charset: str = "utf-8") -> Callable:
    """Write a page or a text; a dress that hides blanks only where none is."""

    def write(blocks: list[Block], is_full: bool) -> bytes:
        name = dress if is_full or dress in DRESSES else "tab_lines"
        if name == "tabs" and _has_empty_row(blocks):
            name = "pipes"  # a row of tabs alone is an empty line
        text = (DRESSES | FULL_DRESSES)[name](blocks)
        if charset != "utf-8":
            text = text.replace('charset="utf-8"', 'charset="gb2312"')
        return text.encode(charset)

    return write


def _has_empty_row(blocks: list[Block]) -> bool:
    rows = [row for block in blocks for row in getattr(block, "rows", ())]
    return not all(any(row) for row in rows)


def _write_pdf(blocks: list[Block], is_full: bool) -> bytes:
    return to_pdf(blocks, 8.0, _alphabet())


def _write_scan(blocks: list[Block], is_full: bool) -> bytes:
    return to_picture_pdf(scan(_write_pdf(blocks, is_full)))


@cache
def _alphabet() -> frozenset[str]:
    """The characters that a simulated report prints, but for another script."""
    tables = "".join(map(str, forms().values()))
    signs = "".join(map(chr, range(32, 127))) + "—　"
    return frozenset(tables + str(stock()) + signs)


FORMATS: dict[str, Format] = {
    "html": Format(".html", _write_text("html")),
    "word": Format(".htm", _write_text("word", "gb18030")),
    "spanless": Format(".html", _write_text("spanless", "gb18030")),
    "lines": Format(".txt", _write_text("lines")),
    "tabs": Format(".txt", _write_text("tabs")),
    "pipes": Format(".txt", _write_text("pipes")),
    "markdown": Format(".md", _write_text("markdown")),
    "docx": Format(".docx", lambda blocks, _: to_docx(blocks), ("docx", "lxml")),
    "xlsx": Format(".xlsx", lambda blocks, _: to_xlsx(blocks), ("openpyxl",)),
    "pdf": Format(".pdf", _write_pdf, ("fontTools", "zhplot")),
    "scan": Format(".pdf", _write_scan, ("fontTools", "zhplot", "cv2", "pypdfium2")),
}
PLAIN = ("html", "word", "spanless", "lines", "tabs", "pipes", "markdown")


def simulate(
    number: int,
    folder: str | Path,
    *,
    forms: Collection[str] | None = None,
    formats: Collection[str] = PLAIN,
    defects: float = 0.0,
    kinds: Collection[str] | None = None,
    years: Iterable[int] | None = None,
    panel: bool = False,
    seed: int = 0,
) -> DataFrame:
    """
    Write so many invented reports into a folder, each with NAME.truth.json beside it.

    ``forms`` are keys of the codebook, ``formats`` those of ``FORMATS``; ``defects``
    is the share of reports with one planted defect, of ``kinds`` (all by default).
    A body reports three years in a row, with ``panel`` all ``years``. Gives the index,
    which is also written as index.csv. The same arguments give the same reports: the
    same bytes, but for the hour in Office files and PDF.
    DataError for an unknown form, format or kind, or a package that is not there.
    """
    if number < 0 or not 0 <= defects <= 1:
        raise DataError("give a number from 0 on, and a share of defects from 0 to 1")
    kinds = list(DEFECTS if kinds is None else kinds)
    formats = list(formats)
    if not formats:
        raise DataError(f"no format to write; use one of {', '.join(FORMATS)}")
    _verify(formats, FORMATS, "format")
    _verify(kinds, DEFECTS, "defect")
    for name in formats:
        for package in FORMATS[name].needs:
            if find_spec(package) is None:
                raise DataError(f"format {name} needs {package}; install it")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for draft, chance in draw_drafts(number, forms, years, panel, seed):
        if chance.random() < defects:
            # The first kind, in random order, that the report has a place for.
            order = [kinds[n] for n in chance.permutation(len(kinds))]
            any(plant_defect(draft, kind, chance) for kind in order)
        rows.append(
            _write(draft, formats[chance.integers(len(formats))], folder, chance)
        )
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame.to_csv(folder / INDEX, index=False, lineterminator="\n")
    return frame


def _verify(names: Iterable[str], known: Iterable[str], what: str) -> None:
    for name in names:
        if name not in known:
            raise DataError(f"unknown {what} {name!r}; use one of {', '.join(known)}")


def draw_drafts(
    number: int,
    keys: Collection[str] | None,
    years: Iterable[int] | None,
    panel: bool,
    seed: int,
) -> Iterator[tuple[Draft, Generator]]:
    """Draw whole years for all bodies, then yield the reports body by body."""
    _verify(keys or (), forms(), "form")
    chosen = [form for key, form in forms().items() if keys is None or key in keys]
    ends = [(form.first_year, form.last_year or LAST_YEAR) for form in chosen]
    first = max(min((one for one, _ in ends), default=FIRST_YEAR), FIRST_YEAR)
    last = max((one for _, one in ends), default=first)
    years = sorted(set(range(first, last + 1) if years is None else years))
    for year in years:
        list_forms(year, 1)
    if number and not any(a <= year <= b for a, b in ends for year in years):
        raise DataError("no form asked for covers a year asked for; ask for others")
    chain = len(years) if panel else min(CHAIN, len(years))
    chance = np.random.default_rng(seed)
    # Not every body has a report in the forms asked for: invent more of them.
    size = 4 * (number // max(chain, 1) + 4)
    made = start = 0
    while made < number:
        bodies = make_bodies(start + size, first=seed % 2000)
        for first in range(start, len(bodies), BLOCK):
            block = bodies[first : first + BLOCK]
            for draft in _draw_block(block, keys, years, chain, chance):
                if made == number:
                    return
                made += 1
                draft.name = f"r{made:05}"
                yield draft, chance
        start += size


def _draw_block(
    bodies: list[Body],
    keys: Collection[str] | None,
    years: list[int],
    chain: int,
    chance: Generator,
) -> Iterator[Draft]:
    """Draw whole years for some bodies, then yield their reports, body by body."""
    reports: dict[int, list[tuple[Wave, int]]] = {}
    for wave in draw_waves(draw_nature(bodies, chance), years, chance):
        if keys is None or wave.form_key in keys:
            for row, body in enumerate(wave.index):
                reports.setdefault(int(body), []).append((wave, row))
    for body, waves in sorted(reports.items()):
        start = chance.integers(max(len(waves) - chain, 0) + 1)
        before: Draft | None = None
        for wave, row in waves[start : start + chain]:
            true = {key: float(column[row]) for key, column in wave.counts.items()}
            last = before if before and before.year == wave.year - 1 else None
            before = make_draft(
                bodies[body], wave.year, wave.form_key, true, last, chance
            )
            yield before
            if last:
                last.before = None  # two years are all that a rule looks at


def _write(draft: Draft, name: str, folder: Path, chance: Generator) -> dict:
    blocks = to_blocks(draft, chance)
    form = FORMATS[name]
    file = draft.name + form.suffix
    truth = to_truth(draft, file, blocks) | {"format": name}
    (folder / file).write_bytes(form.write(blocks, draft.is_full))
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (folder / f"{draft.name}.truth.json").write_text(text + "\n", encoding="utf-8")
    planted = draft.planted[0] if draft.planted else {}
    return {
        "file": file,
        "format": name,
        "agency": draft.body.agency,
        "year": draft.year,
        "form": draft.version,
        "form_key": draft.form_key,
        "defect": planted.get("kind", ""),
        "visible": planted.get("visible", ""),
    }
