"""Facts of many reports to a panel: body by year, one meaning a column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from numpy import ndarray
from pandas import DataFrame, Index, Series

from gi_tools.bodies import BODY, choose_versions, describe_bodies
from gi_tools.cells import Cells, list_cells, sort_cells
from gi_tools.coverage import add_notes, cover_years, note_heads, note_joins, note_match
from gi_tools.crosswalk import (
    FAMILIES_EN,
    FAMILIES_ZH,
    FORMS,
    Break,
    Join,
    crosswalk,
    list_breaks,
    list_joins,
    refuse,
)
from gi_tools.errors import DataError

KEYS = ["report_id", "agency", "region_code", "level", "scope", "year", "form",
        "family"]  # fmt: skip


@dataclass(frozen=True, repr=False, eq=False)
class Panel:
    """
    Bodies by years, and what must be known to read them.

    ``frame`` has the KEYS and a Float64 column for each panel indicator: within one
    form a column has one meaning; ``series`` says whether it may run over forms.
    ``notes`` (kind, about, zh, en) holds every caveat, refusal, override and figure
    left out; ``coverage`` a row for each body and year, with the report, its status
    (used, missing, replaced, no_table, unplaced) and its cells by state; ``bounds``
    (report_id, indicator, low, high) how low and high each empty figure may be.
    """

    frame: DataFrame
    notes: DataFrame
    coverage: DataFrame
    bounds: DataFrame
    override: str | None = None
    covariates: tuple[str, ...] = field(default=())

    @property
    def breaks(self) -> list[Break]:
        """The breaks between the first and the last year of the panel."""
        years = self.frame["year"]
        return list_breaks(years.min(), years.max()) if len(years) else []

    @property
    def indicators(self) -> list[str]:
        """The panel indicators there are, in the order of the crosswalk."""
        columns = set(self.frame.columns)
        return [name for name in crosswalk() if name in columns]

    def select(self, **conditions: Any) -> Panel:
        """
        Keep the rows where each key has the value, or one of the values, given.

        ``coverage`` keeps the bodies, levels and years asked for; a report that is
        missing has no form.

        >>> panel.select(form=("2019", "2021"), level="county")
        """
        frame, coverage = self.frame, self.coverage
        for name, wanted in conditions.items():
            if name not in KEYS:
                raise DataError(f"panel: no key {name!r}; use one of {', '.join(KEYS)}")
            plain = isinstance(wanted, str) or not isinstance(wanted, Iterable)
            values = [wanted] if plain else list(wanted)
            frame = frame[frame[name].isin(values)]
            if name in (*BODY, "level", "year"):
                coverage = coverage[coverage[name].isin(values)]
        frame, coverage = (f.reset_index(drop=True) for f in (frame, coverage))
        return replace(self, frame=frame, coverage=coverage)

    def judge(self, names: Sequence[str]) -> list[Join]:
        """List the joins that comparing all rows of the panel in these needs."""
        return judge_rows(self.frame, names)

    def series(self, indicator: str, *, override: str | None = None) -> DataFrame:
        """
        Give one indicator of all rows, keys and ``value``, to be set side by side.

        Raises ComparisonError where the crosswalk refuses to join the forms or years
        there are; ``override``, a written reason, allows it and goes along in
        ``attrs``, beside ``joins`` and ``breaks``.
        """
        self._need([indicator])
        joins = self.judge([indicator])
        override = override or self.override
        override = override if refuse(joins, override) else None
        found = self.frame[[*KEYS, indicator]].rename(columns={indicator: "value"})
        years = self.frame["year"]
        crossed = (
            list_breaks(years.min(), years.max(), [indicator]) if len(years) else []
        )
        found.attrs = {"override": override, "joins": joins, "breaks": crossed}
        return found

    def total(
        self, indicators: str | Sequence[str], by: str | Sequence[str] = "year",
        *, override: str | None = None,
    ) -> DataFrame:  # fmt: skip
        """
        Add up over bodies: ``value`` (<NA> if a figure is missing), ``low``, ``high``.

        ``n`` reports are in the sum; ``missing`` are the reports that these bodies
        lack, which no bound covers. DataError for unlike units and for mixed levels or
        scopes: what a territory reports may hold its departments. ComparisonError as
        in ``series``.
        """
        names = [indicators] if isinstance(indicators, str) else list(indicators)
        keys = [by] if isinstance(by, str) else list(by)
        self._need(names)
        override = override or self.override
        override = override if refuse(self.judge(names), override) else None
        _check_units(names)
        _check_levels(self.frame, keys)
        low, high = (sum(self.bound(name)[side] for name in names) for side in (0, 1))
        parts = self.frame[keys].assign(low=low, high=high, n=1)
        sums = parts.groupby(keys, dropna=False)[["low", "high", "n"]].sum()
        sums.insert(0, "value", sums["low"].where(sums["low"] == sums["high"]))
        sums["missing"] = self._count_missing(keys, sums.index)
        sums = sums.astype({"value": "Float64"}).reset_index()
        sums.attrs = {"override": override}
        return sums

    def bound(self, indicator: str) -> tuple[ndarray, ndarray]:
        """Give the least and the most each figure can be; equal where it is known."""
        self._need([indicator])
        low = self.frame[indicator].to_numpy(dtype=float, na_value=np.nan)
        high, empty = low.copy(), np.isnan(low)
        low[empty], high[empty] = -np.inf, np.inf
        mine = self.bounds[(self.bounds["indicator"] == indicator).to_numpy()]
        if len(mine) and empty.any():
            known = mine.set_index("report_id").reindex(self.frame["report_id"][empty])
            low[empty] = known["low"].fillna(-np.inf)
            high[empty] = known["high"].fillna(np.inf)
        return low, high

    def join(
        self, covariates: DataFrame, on: Sequence[str] = ("region_code", "year")
    ) -> Panel:
        """
        Add the columns of a frame by key; how many rows matched is noted.

        A row without its whole key matches none. DataError for a key that is twice in
        the covariates or of another type, and for a column the panel has already.
        """
        keys = [on] if isinstance(on, str) else list(on)
        names = [name for name in covariates.columns if name not in keys]
        if lacking := [k for k in keys if k not in covariates or k not in self.frame]:
            raise DataError(f"panel: no key {lacking[0]!r} on both sides to join on")
        if clash := [name for name in names if name in self.frame.columns]:
            raise DataError(f"panel: has a column {clash[0]!r} already; rename yours")
        covariates = covariates.dropna(subset=keys)
        if covariates.duplicated(keys).any():
            twice = covariates.loc[covariates.duplicated(keys), keys].iloc[0].tolist()
            raise DataError(f"covariates: {twice} is there twice; keep one row a key")
        try:
            found = self.frame.merge(covariates, on=keys, how="left", indicator="_")
        except ValueError as problem:
            hint = "read codes and names as text (dtype=str), years as numbers"
            raise DataError(f"covariates: {problem}; {hint}") from None
        there = (found.pop("_") == "both").to_numpy()
        note = note_match(there, names, self.frame, keys)
        return replace(self, frame=found, notes=add_notes(self.notes, [note]),
                       covariates=(*self.covariates, *names))  # fmt: skip

    def _count_missing(self, keys: list[str], index: Index) -> Series | None:
        """Count by key the years without a table; a missing report has no form."""
        if not {*keys} <= {*BODY, "level", "year"}:
            return None
        lacks = self.coverage[self.coverage["status"].isin(["missing", "no_table"])]
        lacks = lacks.merge(self.frame[BODY].drop_duplicates(), on=BODY)
        return lacks.groupby(keys, dropna=False).size().reindex(index, fill_value=0)

    def _need(self, names: Iterable[str]) -> None:
        if strange := [name for name in names if name not in self.indicators]:
            raise DataError(
                f"panel: no indicator {strange[0]!r}; panel.indicators lists them"
            )

    def __repr__(self) -> str:
        frame, counts = self.frame, self.notes["kind"].value_counts()
        years = f"{frame['year'].min()}-{frame['year'].max()}" if len(frame) else "none"
        told = ", ".join(f"{n} {kind}" for kind, n in counts.items())
        bodies = len(frame.drop_duplicates(BODY))
        size = f"reports: {len(frame)}, bodies: {bodies}, years: {years}"
        return f"Panel({size}; notes: {told or 'none'})"

    def _repr_html_(self) -> str:
        status = self.coverage["status"].value_counts()
        told = " · ".join(f"{n} {name}" for name, n in status.items())
        lines = "".join(
            f"<li><b>{escape(kind)}</b> {escape(about)}: {escape(en)} {escape(zh)}</li>"
            for kind, about, zh, en in self.notes.head(200).itertuples(index=False)
        )
        crossed = "".join(f"<li>{b.year}: {escape(b.en)} {escape(b.zh)}</li>"
                          for b in self.breaks)  # fmt: skip
        return (
            f"<p>{escape(repr(self))}</p><p>{escape(told)}</p>"
            f"<details><summary>breaks</summary><ul>{crossed}</ul></details>"
            f"<details open><summary>notes</summary><ul>{lines}</ul></details>"
            f"{self.frame.head(20).to_html(escape=True, index=False)}"
        )


def build_panel(
    facts: DataFrame,
    reports: DataFrame | None = None,
    indicators: Sequence[str] | None = None,
    override: str | None = None,
    bounds: DataFrame | None = None,
) -> Panel:
    """
    Build the panel of the tables in ``facts``: a row for each body and year.

    Without ``indicators`` it has every row of the crosswalk, each report within its
    own form, and refusals are notes until a ``series`` is asked for. Indicators named
    are asked for as series: ComparisonError where the crosswalk refuses the forms
    there are, unless ``override`` gives a written reason, which goes along in every
    note. ``reports`` (of ``list_reports``) brings level, title and publication date;
    ``bounds`` (of ``repair``) what empty cells may be. A sum with an empty part is
    <NA>. Of two reports of one body and year the newest published stands.
    """
    names = list(crosswalk() if indicators is None else dict.fromkeys(indicators))
    if strange := [name for name in names if name not in crosswalk()]:
        raise DataError(f"panel: no indicator {strange[0]!r} in the crosswalk")
    cells = sort_cells(facts, bounds)
    low, high = _add_up(cells, names)
    heads = describe_bodies(cells.heads, reports)
    placed = heads[["agency", "year", "key"]].notna().all(axis=1).to_numpy()
    keep, replaced = _choose(heads, low, placed)
    family = heads["key"].where(heads["key"].isin(FORMS[:2]), "national")
    frame = heads.assign(family=family)[KEYS]
    coverage = cover_years(frame, cells.states, keep, placed)
    frame = pd.concat([frame, _to_columns(low, high, names)], axis=1)[keep]
    frame = frame.reset_index(drop=True)
    notes = add_notes(None, [*cells.notes, *note_heads(heads, placed, replaced)])
    panel = Panel(frame, notes, coverage, _list_bounds(heads, low, high, names, keep),
                  override)  # fmt: skip
    joins = panel.judge(names)
    if indicators is not None:
        refuse(joins, override)
    return replace(panel, notes=add_notes(notes, note_joins(joins, override)))


def find_keys(frame: DataFrame) -> ndarray:
    """Give the codebook key of each row: the form, before 2014 the family."""
    form, family = (frame[name].to_numpy(dtype=object) for name in ("form", "family"))
    return np.where(form == "pre2014", family, form)


def judge_rows(frame: DataFrame, names: Sequence[str]) -> list[Join]:
    """List the joins that comparing all rows of a frame with the KEYS needs."""
    found = {key for key in find_keys(frame) if isinstance(key, str)}
    years = [int(year) for year in frame["year"].dropna().unique()]
    joins = list_joins(names, found, years)
    local = frame.loc[frame["form"] == "pre2014", "region_code"].dropna()
    if len(provinces := sorted(set(local.astype(str).str[:2]))) > 1:
        pair = tuple(provinces[:2])
        for name in (name for name in names if _is_local(name)):
            told = ("refuse", FAMILIES_ZH, FAMILIES_EN, "pre-2014 reports of provinces")
            joins.append(Join(name, *pair, *told))
    return joins


def _is_local(name: str) -> bool:
    return not crosswalk()[name].parts.keys().isdisjoint(FORMS[:2])


def _add_up(cells: Cells, names: Sequence[str]) -> tuple[ndarray, ndarray]:
    """The least and the most of every sum, NaN where the form has no such figure."""
    low = np.full((len(cells.heads), len(names)), np.nan)
    high = low.copy()
    for form in cells.low:
        place = {cell: number for number, cell in enumerate(list_cells(form))}
        rows, sides = cells.rows[form], (cells.low[form], cells.high[form])
        for column, name in enumerate(names):
            one = crosswalk()[name]
            if form not in one.parts:
                continue
            least, most = np.zeros(len(rows)), np.zeros(len(rows))
            for code, who, sign in one.parts[form]:
                add, other = sides if sign > 0 else sides[::-1]
                least += sign * add[:, place[code, who]]
                most += sign * other[:, place[code, who]]
            low[rows, column] = least * one.scales[form]
            high[rows, column] = most * one.scales[form]
    return low, high


def _choose(
    heads: DataFrame, low: ndarray, placed: ndarray
) -> tuple[ndarray, DataFrame]:
    good = np.flatnonzero(placed)
    mask, replaced = choose_versions(heads.iloc[good].reset_index(drop=True), low[good])
    keep = np.zeros(len(heads), dtype=bool)
    keep[good[mask]] = True
    return keep, replaced


def _to_columns(low: ndarray, high: ndarray, names: Sequence[str]) -> DataFrame:
    columns = {}
    for number, name in enumerate(names):
        values, most = low[:, number], high[:, number]
        known = values == most
        columns[name] = pd.arrays.FloatingArray(np.where(known, values, 0), ~known)
    return pd.DataFrame(columns)


def _list_bounds(
    heads: DataFrame, low: ndarray, high: ndarray, names: Sequence[str], keep: ndarray
) -> DataFrame:
    """One row for each figure of a form that is not known: how low, how high."""
    rows, columns = np.nonzero((low != high) & ~np.isnan(low) & keep[:, None])
    ids = heads["report_id"].to_numpy(dtype=object)
    least, most = low[rows, columns], high[rows, columns]
    return pd.DataFrame({
        "report_id": ids[rows],
        "indicator": pd.Categorical.from_codes(columns, categories=list(names)),
        "low": pd.arrays.FloatingArray(least, np.isinf(least)),
        "high": pd.arrays.FloatingArray(most, np.isinf(most)),
    })  # fmt: skip


def _check_units(names: Sequence[str]) -> None:
    units = {crosswalk()[name].unit for name in names}
    if not names:
        raise DataError("panel: nothing to add up; name one indicator at least")
    if len(units) > 1:
        told = ", ".join(f"{name} in {crosswalk()[name].unit}" for name in names[:4])
        raise DataError(f"panel: unlike units do not add up: {told}")


def _check_levels(frame: DataFrame, keys: Sequence[str]) -> None:
    """Levels and scopes may hold one another, so that a sum would count twice."""
    for name in ("level", "scope"):
        if name in keys or not len(frame):
            continue
        counts = frame.groupby(keys, dropna=False)[name].nunique(dropna=False)
        if counts.max() > 1:
            found = ", ".join(sorted(map(str, set(frame[name]))))
            raise DataError(
                f"panel: {name} differs within a sum ({found}); what one reports may "
                f"be part of another's figures: select one {name}, or add it to by="
            )
