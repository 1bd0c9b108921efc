"""Who reports: level and scope of each report, and which of two versions counts."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import regex
from numpy import ndarray
from pandas import DataFrame

from gi_tools.agencies import is_town
from gi_tools.errors import DataError

LEVELS = ("national", "province", "prefecture", "county", "township")
SCOPES = ("own", "territory", "department", "unstated")
BODY = ["agency", "region_code", "scope"]
_TERRITORY = regex.compile(r"(?<!安)全[省市县区州旗](?!面)|行政区域|汇总")
_OWN = regex.compile("本级")
_GOVERNMENT = regex.compile(r"(?:人民政府|管委会|管理委员会|[省市县区州旗盟])$")


@lru_cache(maxsize=65536)
def find_scope(agency: str | None, title: str | None = None) -> str | None:
    """
    Tell whose doings a report counts: own 本级, territory 区域汇总, department.

    A government whose name and title say neither is ``unstated``: its figures may or
    may not hold those of its departments and of the governments below it.
    """
    if agency is None:
        return None
    if is_town(agency):
        return "own"
    for text in (title or "", agency):
        if _TERRITORY.search(text):
            return "territory"
        if _OWN.search(text):
            return "own"
    return "unstated" if _GOVERNMENT.search(agency) else "department"


@lru_cache(maxsize=65536)
def find_level(agency: str | None, region_code: str | None) -> str | None:
    """Tell a level from a name and a region code, where no register of reports does."""
    if agency and is_town(agency):
        return "township"
    if region_code is None or not regex.fullmatch(r"\d{6}", region_code):
        return None
    if region_code.endswith("0000"):
        return "province"
    return "prefecture" if region_code.endswith("00") else "county"


def describe_bodies(heads: DataFrame, reports: DataFrame | None) -> DataFrame:
    """
    Add level, scope and publication date to the heads of reports, a row each.

    ``reports`` is the frame of ``list_reports``; DataError if a report is twice in it.
    """
    extra = pd.DataFrame(index=heads.index, columns=["title", "level", "published"])
    if reports is not None:
        if reports["report_id"].duplicated().any():
            raise DataError("reports: a report_id is there twice; keep one row each")
        known = reports.set_index("report_id")
        for name in extra.columns.intersection(known.columns):
            extra[name] = known[name].reindex(heads["report_id"]).to_numpy()
    extra = extra.astype(object).where(extra.notna(), None)
    names, codes = heads["agency"].tolist(), heads["region_code"].tolist()
    titles, levels = extra["title"].tolist(), extra["level"].tolist()
    return heads.assign(
        level=[
            level or find_level(name, code)
            for level, name, code in zip(levels, names, codes, strict=True)
        ],
        scope=[find_scope(*pair) for pair in zip(names, titles, strict=True)],
        published=extra["published"],
    )


def choose_versions(heads: DataFrame, values: ndarray) -> tuple[ndarray, DataFrame]:
    """
    Of two reports of one body on one year keep the newest published.

    ``values`` is a row of figures for each head. Versions with equal figures need no
    date. Gives what to keep, as a mask, and the versions left out with ``kept``, the
    one that stands in their place. DataError where the newest cannot be told.
    """
    keep = np.ones(len(heads), dtype=bool)
    key = [*BODY, "year"]
    twice = heads[heads.duplicated(key, keep=False)]
    stands: dict[int, str] = {}
    for _, group in twice.groupby(key, dropna=False, sort=False):
        best = _find_newest(group, values[group.index])
        for row in group.index.difference([best]):
            keep[row] = False
            stands[row] = heads.at[best, "report_id"]
    return keep, heads.loc[list(stands)].assign(kept=list(stands.values()))


def _find_newest(group: DataFrame, values: ndarray) -> int:
    dated = group["published"].dropna()
    if len(dated) == len(group) and (dated == dated.max()).sum() == 1:
        return (
            dated.idxmax() if dated.dtype != object else dated.sort_values().index[-1]
        )
    if np.array_equal(values, np.broadcast_to(values[0], values.shape), equal_nan=True):
        return group.index[0]
    first = group.iloc[0]
    ids = " and ".join(map(str, group["report_id"].head(3)))
    raise DataError(
        f"{first['agency']} {first['year']}: {ids} differ and the newest cannot be "
        "told; give reports=gi.list_reports(...) with dates, or leave one of them out"
    )
