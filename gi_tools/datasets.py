"""The data that come with gi_tools, each with the statement of what it supports."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from gi_tools.codebook import forms
from gi_tools.errors import ReadError
from gi_tools.facts import COLUMNS
from gi_tools.regions import find_region

if TYPE_CHECKING:
    from pandas import DataFrame, Series


_WHOLE = ["report_year", "year", "value_cells", "filled", "blank"]


@dataclass(frozen=True, eq=False)
class Samples:
    """Whole reports to read: ``manifest`` (a row each), ``paths``, ``statement``."""

    manifest: DataFrame = field(repr=False)
    paths: tuple[Path, ...]
    statement: str = field(repr=False)

    def _repr_html_(self) -> str:
        return _show(self.statement) + self.manifest.to_html(index=False, escape=True)


@dataclass(frozen=True, eq=False)
class Observed:
    """
    Figures copied from real reports: ``figures`` and ``reports`` as filed.

    ``facts`` has the figures in the columns of the facts frame. What is not there was
    not seen and is never zero; ``statement`` says what the figures support.
    """

    figures: DataFrame = field(repr=False)
    reports: DataFrame = field(repr=False)
    statement: str = field(repr=False)

    @cached_property
    def facts(self) -> DataFrame:
        """The figures as facts: units as printed, form told by the year covered."""
        heads = self.reports.assign(
            region_code=[_find_code(row) for row in self.reports.itertuples()],
            form=self.reports["report_year"].map(_find_form),
        ).rename(columns={"report_year": "year"})
        keys = heads[["report_id", "agency", "region_code", "year", "form"]]
        both = self.figures.merge(keys, on="report_id", validate="many_to_one")
        both = both.rename(columns={"quote_context": "raw"})
        origin = both["where"].map({"narrative": "prose", "table": "table"})
        both = both.assign(state="reported", origin=origin, place="")
        return both[COLUMNS]

    def _repr_html_(self) -> str:
        return _show(self.statement) + self.figures.head(20).to_html(escape=True)


def samples() -> Samples:
    """Give the sample reports; all but one are invented and must not be cited."""
    folder = find_data() / "samples"
    manifest = _read(folder / "manifest.csv")
    paths = tuple(folder / name for name in manifest["file"])
    return Samples(manifest, paths, (folder / "README.md").read_text("utf-8"))


def observed() -> Observed:
    """Give the figures copied from real reports: examples, not a sample of anything."""
    folder = find_data() / "observed"
    frames = (_read(folder / f"{name}.csv") for name in ("figures", "reports"))
    return Observed(*frames, (folder / "README.md").read_text("utf-8"))


def find_data() -> Path:
    """
    Find the folder of data: inside the installed package, else beside it.

    A wheel carries a copy of data/ in the package, a checkout has it at the top.
    """
    here = Path(__file__).parent
    for folder in (here / "data", here.parent / "data"):
        if (folder / "observed").is_dir():
            return folder
    raise ReadError(f"no data beside {here.name}; install the wheel or use a checkout")


def _read(path: Path) -> DataFrame:
    import pandas as pd

    frame = pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False, dtype=str)
    frame = frame.mask(frame == "")
    for name in frame.columns.intersection(_WHOLE):
        frame[name] = frame[name].astype("Int64")
    if "value" in frame:
        frame["value"] = frame["value"].astype("Float64")
    return frame


def _find_code(row: Series) -> str | None:
    names = [row.province, row.city, row.county]
    text = "".join(name for name in names if isinstance(name, str))
    found = find_region(text, None) if text else None
    return found.code if found else None


def _find_form(year: int) -> str | None:
    for form in forms().values():
        if form.first_year <= year <= (form.last_year or year):
            return form.version
    return None


def _show(statement: str) -> str:
    summary = "<summary>data statement</summary>"
    return f"<details>{summary}<pre>{escape(statement)}</pre></details>"
