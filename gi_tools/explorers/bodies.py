"""Scores in; bodies named so that no two are the same, and a choice of metrics, out."""

from __future__ import annotations

import ipywidgets
from pandas import DataFrame, Series

from gi_tools.catalogue import find_metric, metrics
from gi_tools.explorers.words import say

BODY = ["agency", "region_code", "scope"]


def name_bodies(scores: DataFrame) -> DataFrame:
    """Add ``body``: the agency, with region code and scope where names are shared."""
    bodies = scores[BODY].astype(object).where(scores[BODY].notna(), "")
    names = bodies.drop_duplicates().astype(str)
    twice = names.duplicated("agency", keep=False)
    names["body"] = names.agency.where(
        ~twice & (names.agency != ""),
        names.agency + " " + names.region_code + " " + names.scope,
    )
    keyed = dict(
        zip(zip(*(names[k] for k in BODY), strict=True), names.body, strict=True)
    )
    rows = zip(*(bodies[k].astype(str) for k in BODY), strict=True)
    named = [keyed[row].strip() for row in rows]
    return scores.assign(body=Series(named, scores.index, dtype="str"))


def choose_metric(scores: DataFrame, first: str, lang: str) -> ipywidgets.Dropdown:
    """A choice of the metrics that at least one report defines, or of all."""
    told = say(lang, "metric")
    find_metric(first)  # a slip of the pen is told, not passed over
    defined = set(scores.metric[scores.value.notna()]) or metrics().keys()
    found = [one for one in metrics().values() if one.id in defined]
    options = [(getattr(one, lang), one.id) for one in found]
    names = [one.id for one in found]
    value = first if first in names else names[0]
    return ipywidgets.Dropdown(options=options, value=value, description=told)
