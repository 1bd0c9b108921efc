"""Bodies and years in; form-true cells year by year, or the frame of facts, out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy import ndarray
from numpy.random import Generator
from pandas import DataFrame

from gi_tools.codebook import forms
from gi_tools.errors import DataError
from gi_tools.facts import COLUMNS
from gi_tools.simulation.bodies import Body, Nature, draw_nature, make_bodies
from gi_tools.simulation.counts import draw_counts
from gi_tools.simulation.parts import Counts

REFORM = 2019  # the year of Regulation 711 and of the first national format
EFFECTS = (
    "release_on_merits",
    "decided_on_merits",
    "carried_out",
    "corrected_on_review",
)


class Wave(NamedTuple):
    """One year of one form: which bodies report, and their cells, an entry a body."""

    year: int
    form_key: str
    index: ndarray
    counts: Counts


def simulate_facts(
    bodies: int = 30,
    years: Iterable[int] = range(2014, 2025),
    *,
    effect: Mapping[str, float] | None = None,
    treated: float = 1.0,
    kind: str = "city",
    blanks: float = 0.0,
    indicators: Collection[str] | None = None,
    seed: int = 0,
) -> DataFrame:
    """
    Draw the facts of a panel of invented bodies: columns of ``Fact``, no files.

    ``effect`` adds to a probability (one of ``EFFECTS``) from 2019 on, for the first
    ``treated`` share of the bodies: ``{"release_on_merits": 0.1}``. ``kind`` of body
    is city, county, department, town or mixed. ``blanks`` is the share of reports
    that leave zeros blank. ``indicators`` keeps these only. The same seed gives the
    same frame. DataError for an unknown kind or effect, or a year without a form.
    """
    chance = np.random.default_rng(seed)
    made = make_bodies(bodies, kind, first=seed % 2000)
    nature = draw_nature(made, chance)
    parts = [
        _to_columns(wave, made, blanks, indicators, chance)
        for wave in draw_waves(nature, sorted(set(years)), chance, effect, treated)
    ]
    return _to_frame(parts)


def draw_waves(
    nature: Nature,
    years: Iterable[int],
    chance: Generator,
    effect: Mapping[str, float] | None = None,
    treated: float = 1.0,
) -> Iterator[Wave]:
    """Yield the cells of all bodies, year by year and form by form, in chains."""
    for name in effect or ():
        if name not in EFFECTS:
            known = ", ".join(EFFECTS)
            raise DataError(f"no effect on {name!r} is known; use one of {known}")
    size = len(nature.requests)
    changed = np.arange(size) < round(treated * size)
    before: dict[str, tuple[int, Counts]] = {}
    for year in years:
        for form_key, index in list_forms(year, size):
            one = nature.take(index)._replace(
                requests=nature.requests[index] * 1.05 ** (year - REFORM)
            )
            for name, by in (effect or {}).items() if year >= REFORM else ():
                moved = np.clip(getattr(one, name) + by * changed[index], 0.001, 0.999)
                one = one._replace(**{name: moved})
            last = _find_before(before, form_key, year)
            counts = draw_counts(form_key, one, last, chance)
            before[form_key] = year, counts
            yield Wave(year, form_key, index, counts)


def list_forms(year: int, size: int) -> list[tuple[str, ndarray]]:
    """
    List the forms of a year and the bodies that fill each, the families in turn.

    DataError when no form covers the year.
    """
    found = []
    for key, form in forms().items():
        kin = [k for k, other in forms().items() if other.version == form.version]
        if form.first_year <= year <= (form.last_year or year):
            start = kin[::-1].index(key)
            found.append((key, np.arange(start, size, len(kin))))
    if not found:
        first = min(form.first_year for form in forms().values())
        raise DataError(f"no form covers {year}; use years from {first} on")
    return found


def _find_before(
    before: dict[str, tuple[int, Counts]], form_key: str, year: int
) -> Counts | None:
    """Last year's cells: of the same form, or of 2019's where 2021's begins."""
    for key in (form_key, "2019" if form_key == "2021" else ""):
        if key in before and before[key][0] == year - 1:
            return before[key][1]
    return None


def _to_columns(
    wave: Wave,
    bodies: list[Body],
    blanks: float,
    indicators: Collection[str] | None,
    chance: Generator,
) -> dict[str, ndarray]:
    """The columns of one year's facts, report after report."""
    keys = [k for k in wave.counts if indicators is None or k[0] in indicators]
    number, width = len(wave.index), len(keys)
    values = np.empty((number, width))
    for column, key in enumerate(keys):
        values[:, column] = wave.counts[key]
    empty = (values == 0) & (chance.random((number, 1)) < blanks)
    units = {target[:2]: target.unit for target in forms()[wave.form_key].targets}
    picked = [bodies[i] for i in wave.index]
    report = {
        "report_id": [f"sim{i:06}-{wave.year}" for i in wave.index],
        "agency": [body.agency for body in picked],
        "region_code": [body.code for body in picked],
        "form": [forms()[wave.form_key].version] * number,
    }
    cell = {
        "indicator": [name for name, _ in keys],
        "applicant": [who for _, who in keys],
        "unit": [units[key] for key in keys],
    }
    columns = {n: np.repeat(np.array(v, object), width) for n, v in report.items()}
    columns |= {n: np.tile(np.array(v, object), number) for n, v in cell.items()}
    flat, hollow = values.ravel(), empty.ravel()
    shown, place = np.unique(flat, return_inverse=True)
    texts = np.array([f"{value:.10g}" for value in shown], object)[place]
    texts[hollow] = ""
    return columns | {
        "year": np.full(number * width, wave.year),
        "value": flat,
        "empty": hollow,
        "state": np.array(["reported", "blank"], object)[hollow.astype(int)],
        "raw": texts,
    }


def _to_frame(parts: list[dict[str, ndarray]]) -> DataFrame:
    joined: dict = {}
    for name in list(parts[0]) if parts else ():
        joined[name] = np.concatenate([part.pop(name) for part in parts])
    size = len(joined.get("value", ()))
    none = np.zeros(size, bool)
    joined |= {"origin": np.full(size, "table", object)}
    joined |= {"place": np.full(size, "", object)}
    if size:
        empty = joined.pop("empty")
        joined["value"] = pd.arrays.FloatingArray(joined["value"], empty)
        joined["year"] = pd.arrays.IntegerArray(joined["year"], none)
    kinds = dict.fromkeys(COLUMNS, "object") | {"year": "Int64", "value": "Float64"}
    columns = {n: pd.Series(joined.get(n, []), dtype=k) for n, k in kinds.items()}
    return pd.DataFrame(columns, copy=False)
