"""Small facts for panels: what a form has, filled with one value or with given ones."""

import csv
from pathlib import Path

import pandas as pd

from gi_tools.codebook import forms, indicators
from gi_tools.crosswalk import FORMS
from gi_tools.facts import COLUMNS

CASES = Path(__file__).parent / "cases"
YEARS = dict(zip(FORMS, (2010, 2011, 2016, 2019, 2022), strict=True))


def make_facts(
    form,
    values=(),
    *,
    fill=1,
    year=None,
    agency="某市某局",
    region="330100",
    name=None,
    blanks=(),
):
    """One report; `values` by code (its plain cell or total) or (code, applicant)."""
    year = year or YEARS[form]
    name, values = name or f"{agency}-{year}-{form}", dict(values)
    version = "pre2014" if form in FORMS[:2] else form
    rows = []
    for code, who, unit in forms()[form].targets:
        plain = who in (None, "total")
        value = values.get((code, who), values.get(code, fill) if plain else fill)
        blank = code in blanks and plain
        value, state = (
            (None, "blank") if blank or value is None else (value, "reported")
        )
        head = (name, agency, region, year, version)
        rows.append((*head, code, who, value, unit, state, "", "table", ""))
    assert not set(blanks) - {code for key, code in indicators() if key == form}
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["year"] = frame["year"].astype("Int64")
    return frame.astype({"value": "Float64"})


def join_facts(*frames):
    return pd.concat(frames, ignore_index=True)


def make_specimen():
    """The total column of a real report on 2025, figures only."""
    with (CASES / "specimen_2025.csv").open(encoding="utf-8") as file:
        values = {row["indicator"]: int(row["value"]) for row in csv.DictReader(file)}
    return make_facts("2021", values, year=2025, agency="某市人民政府")
