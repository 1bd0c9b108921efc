"""A panel to scores: each metric with numerator, denominator, interval, or a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy import ndarray
from pandas import Categorical, DataFrame, Series
from scipy.special import entr

from gi_tools.catalogue import Metric, find_breaks, find_metric, list_variants, metrics
from gi_tools.crosswalk import FORMS, Join, crosswalk, refuse
from gi_tools.facts import STATES
from gi_tools.frames import require
from gi_tools.panel import KEYS, Panel, find_keys, judge_rows
from gi_tools.statistics import garwood, wilson

NUMBERS = ["value", "numerator", "denominator", "n", "low", "high", "least", "most"]
COLUMNS = [*KEYS, "metric", *NUMBERS, "reason", "interval", "small"]
SMALL_N = 10
REASONS = ("not_in_form", "needs_covariate", "no_covariate", "blank")
REASONS += ("zero_denominator", "negative_denominator", "negative_numerator")
REASONS += ("numerator_exceeds_denominator",)
_COUNTED = {"cells": STATES, "cells_empty": STATES[1:6]}  # told by the coverage


class Sum(NamedTuple):
    """A side of a metric in each row, NaN if a figure lacks; the least, the most."""

    value: ndarray
    low: ndarray
    high: ndarray


Found = dict[str, ndarray | str]


def measure(
    panel: Panel,
    metrics: str | Sequence[str] | None = None,
    level: float = 0.95,
    small_n: int = SMALL_N,
) -> DataFrame:
    """
    Measure every report of the panel within its own form: a row a report and metric.

    ``value`` is in natural units (proportions 0 to 1), <NA> with a typed ``reason``
    where it is undefined; for a blank ``least`` and ``most`` say what it could be.
    ``low`` and ``high`` are the interval that ``interval`` names: wilson, garwood or
    none. ``n`` is what it rests on, ``small`` marks n below ``small_n`` and hides
    nothing. ``attrs`` has level, small_n and override. Nothing is compared here.
    """
    names = [metrics] if isinstance(metrics, str) else metrics or _all()
    asked = [find_metric(name) for name in names]
    columns = {name: _repeat(panel.frame[name], len(asked)) for name in KEYS}
    columns |= _score_all(panel, asked, level)
    small = columns["n"] < small_n
    columns["small"] = small.to_numpy(bool, na_value=False)
    scores = pd.DataFrame({name: columns[name] for name in COLUMNS}, copy=False)
    scores.attrs = {"level": level, "small_n": small_n, "override": panel.override}
    return scores


def compare(
    scores: DataFrame, metric: str, *, override: str | None = None
) -> DataFrame:
    """
    Give the scores of one metric, to be set side by side over forms and years.

    Raises ComparisonError where the crosswalk refuses to join the forms in which they
    are defined; ``override``, a written reason, allows it. ``attrs`` carries the
    override, the ``joins`` with their caveats and the ``breaks`` crossed.
    """
    found = scores[(scores["metric"] == metric).to_numpy()]
    joins = judge_metric(scores, metric)
    override = override or scores.attrs.get("override")
    override = override if refuse(joins, override) else None
    years = found["year"]
    crossed = find_breaks(metric, years.min(), years.max()) if len(found) else []
    more = {"override": override, "joins": joins, "breaks": crossed}
    found.attrs = scores.attrs | more
    return found


def judge_metric(scores: DataFrame, metric: str) -> list[Join]:
    """List the joins that comparing all defined scores of a metric needs."""
    mine = scores[(scores["metric"] == metric).to_numpy()]
    return judge_rows(mine[mine["value"].notna()], find_metric(metric).indicators)


def sensitivity(source: Panel | DataFrame, metric: str) -> DataFrame:
    """
    Set every denominator variant of a metric side by side, with ranks.

    ``source`` is a panel or scores. Columns: the keys, a value and a ``rank_…`` for
    each variant (1 is highest, among the reports of one year and form for which all
    variants are defined) and ``rank_change``, the highest rank less the lowest.
    ``attrs`` has the variants and how many reports are left out.
    """
    variants = list_variants(metric)
    scores = measure(source, variants) if isinstance(source, Panel) else source
    mine = scores[scores["metric"].isin(variants).to_numpy()]
    wide = mine.pivot(index="report_id", columns="metric", values="value")
    require(wide, "sensitivity: the scores", variants, "measure it too")
    heads = mine.drop_duplicates("report_id")[KEYS]
    table = heads.merge(wide[variants], left_on="report_id", right_index=True)
    table = table.dropna(subset=variants).reset_index(drop=True)
    groups = table.groupby(["year", "form"], dropna=False)[variants]
    ranks = [f"rank_{name}" for name in variants]
    table[ranks] = groups.rank(ascending=False, method="min").to_numpy()
    table["rank_change"] = table[ranks].max(axis=1) - table[ranks].min(axis=1)
    table.attrs = {"variants": variants, "left_out": len(heads) - len(table)}
    return table


def _all() -> list[str]:
    return list(metrics())


def _measure_one(
    panel: Panel, one: Metric, level: float, known: dict[str, Sum], keys: ndarray
) -> Found:
    for name in one.terms:
        if name not in known:
            known[name] = _read_term(panel, name)
    sides = (_add(one.numerator, known), _add(one.denominator, known))
    found = {"numerator": sides[0].value, "denominator": sides[1].value}
    found |= KINDS[one.kind](one, sides, level, known)
    reason = _find_reasons(panel, one, sides, known)
    reason[~np.isin(keys, one.forms)] = REASONS.index("not_in_form")
    defined = reason < 0
    for name in ("value", "low", "high"):
        found[name] = np.where(defined, found[name], np.nan)
    for name in ("least", "most"):
        open_ = np.where(reason == REASONS.index("blank"), found[name], np.nan)
        found[name] = np.where(defined, found["value"], open_)
    if not one.denominator:
        found["denominator"] = np.full(len(reason), np.nan)
    return found | {"reason": reason}


def _read_term(panel: Panel, name: str) -> Sum:
    if name in crosswalk() and name in panel.frame.columns:
        low, high = panel.bound(name)
        return Sum(np.where(low == high, low, np.nan), low, high)
    if name in panel.frame.columns:
        value = panel.frame[name].to_numpy(dtype=float, na_value=np.nan)
    elif name in _COUNTED:
        used = panel.coverage.dropna(subset="report_id").set_index("report_id")
        counts = used[list(_COUNTED[name])].sum(axis=1).astype(float)
        value = counts.reindex(panel.frame["report_id"]).to_numpy()
    else:
        value = np.full(len(panel.frame), np.nan)
    return Sum(value, value, value)


def _add(terms: Sequence[str], known: dict[str, Sum]) -> Sum:
    value = low = high = np.zeros(len(next(iter(known.values())).value))
    for term in terms:
        one = known[term.lstrip("-")]
        if term.startswith("-"):
            one = Sum(-one.value, -one.high, -one.low)
        value, low, high = value + one.value, low + one.low, high + one.high
    return Sum(value, low, high)


def _find_reasons(
    panel: Panel, one: Metric, sides: tuple[Sum, Sum], known: dict[str, Sum]
) -> ndarray:
    """Why a metric is undefined in each row; later lines overrule earlier ones."""
    up, down = sides[0].value, sides[1].value
    there = {*panel.frame.columns, *_COUNTED}
    lacks = [t for t in one.terms if t not in crosswalk() and t in there]
    counts = one.kind in ("proportion", "rate", "ratio")
    is_entropy = one.kind == "entropy"
    divides = is_entropy or len(one.denominator) > 0
    wrong = {
        "numerator_exceeds_denominator": (one.kind == "proportion") & (up > down),
        "negative_numerator": counts & (up < 0),
        "blank": np.isnan(up) | np.isnan(down),
        "no_covariate": np.any([np.isnan(known[t].value) for t in lacks], axis=0),
        "negative_denominator": counts & (down < 0),
        "zero_denominator": divides & ((up if is_entropy else down) == 0),
        "needs_covariate": not there.issuperset(one.terms),
    }
    reason = np.full(len(up), -1, dtype=np.int8)
    for name, rows in wrong.items():
        reason[np.broadcast_to(rows, reason.shape)] = REASONS.index(name)
    return reason


def _score_proportion(
    one: Metric, sides: tuple[Sum, Sum], level: float, known: dict[str, Sum]
) -> Found:
    """A share with Wilson's interval; bounds are sharp where the numerator is part."""
    up, down = sides
    low, high = wilson(up.value, down.value, level)
    rest = [term for term in one.denominator if term not in one.numerator]
    if set(one.numerator) <= set(one.denominator):
        other = _add(rest, known)
        with np.errstate(invalid="ignore"):
            down = Sum(down.value, up.low + other.high, up.high + other.low)
        least = _divide(up.low, down.low)
        most = np.where(np.isinf(up.high), 1, _divide(up.high, down.high))
    else:
        least = _divide(up.low, down.high)
        # What is taken off may leave nothing: a share can then be as high as 1.
        most = np.where(down.low > 0, _divide(up.high, down.low), 1)
    least = np.clip(np.nan_to_num(least, nan=0), 0, 1)
    most = np.clip(np.nan_to_num(most, nan=1), 0, 1)
    found = {"value": _divide(up.value, down.value), "n": down.value}
    found |= {"low": low, "high": high, "least": least, "most": most}
    return found | {"interval": "wilson"}


def _score_rate(
    one: Metric, sides: tuple[Sum, Sum], level: float, known: dict[str, Sum]
) -> Found:
    """Events for each unit of exposure, with Garwood's interval."""
    up, down = sides
    low, high = garwood(up.value, down.value, level)
    found = _score_ratio(one, sides, level, known)
    return found | {"n": up.value, "low": low * one.scale, "high": high * one.scale,
                    "interval": "garwood"}  # fmt: skip


def _score_ratio(
    one: Metric, sides: tuple[Sum, Sum], level: float, known: dict[str, Sum]
) -> Found:
    """A quotient of figures that are no independent events: no interval."""
    up, down = sides
    least = _divide(up.low, down.high) * one.scale
    most = _divide(up.high, down.low) * one.scale
    value = _divide(up.value, down.value) * one.scale
    return _plain(value) | {"n": down.value, "least": least, "most": most}


def _score_sum(
    one: Metric, sides: tuple[Sum, Sum], level: float, known: dict[str, Sum]
) -> Found:
    """The numerator as it is: a full count, which no interval surrounds."""
    up = sides[0]
    return _plain(up.value) | {"least": up.low, "most": up.high}


def _score_entropy(
    one: Metric, sides: tuple[Sum, Sum], level: float, known: dict[str, Sum]
) -> Found:
    """Shannon's entropy of the parts, divided by that of equal parts."""
    parts = np.array([known[name].value for name in one.numerator])
    shares = _divide(parts, parts.sum(axis=0))
    value = entr(shares).sum(axis=0) / np.log(len(parts))
    return _plain(value) | {"n": sides[0].value}


def _plain(value: ndarray) -> Found:
    none = np.full(len(value), np.nan)
    names = ("n", "low", "high", "least", "most")
    return dict.fromkeys(names, none) | {"value": value, "interval": "none"}


def _divide(up: ndarray, down: ndarray) -> ndarray:
    """Divide; NaN where the divisor is zero, and no warning."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(down == 0, np.nan, up / down)


Score = Callable[[Metric, tuple[Sum, Sum], float, dict[str, Sum]], Found]
KINDS: dict[str, Score] = {
    "proportion": _score_proportion,
    "rate": _score_rate,
    "ratio": _score_ratio,
    "count": _score_sum,
    "difference": _score_sum,
    "entropy": _score_entropy,
    "given": _score_sum,
}


def _repeat(column: Series, times: int) -> object:
    """Set a key column under itself; names stay text, closed sets become categories."""
    if column.name in ("form", "family"):  # one set, so that one can stand for another
        known = ["pre2014", "national", *FORMS]
        column = column.astype(pd.CategoricalDtype(known))
    elif column.name in ("level", "scope", "report_id"):
        column = column.astype("category")
    return column.array.take(np.tile(np.arange(len(column)), times))


def _score_all(panel: Panel, asked: Sequence[Metric], level: float) -> dict:
    """Measure metric by metric into columns; what is not finite is <NA>."""
    shape = len(asked), len(panel.frame)
    numbers = {name: np.empty(shape) for name in NUMBERS}
    reason, kinds = np.empty(shape, dtype=np.int8), []
    known: dict[str, Sum] = {}
    keys = find_keys(panel.frame)
    for row, one in enumerate(asked):
        found = _measure_one(panel, one, level, known, keys)
        reason[row] = found["reason"]
        kinds.append(found["interval"])
        for name in NUMBERS:
            numbers[name][row] = found[name]
    columns: dict = {}
    for name in NUMBERS:
        values = numbers.pop(name).ravel()
        wild = ~np.isfinite(values)
        values[wild] = 0
        columns[name] = pd.arrays.FloatingArray(values, wild)
    columns["metric"] = _label([one.id for one in asked], shape[1])
    columns["interval"] = _label(kinds, shape[1])
    told = pd.array(list(REASONS), dtype="str")
    return columns | {"reason": told.take(reason.ravel(), allow_fill=True)}


def _label(labels: Sequence[str], times: int) -> Categorical:
    known = list(dict.fromkeys(labels))
    codes = np.array([known.index(label) for label in labels], dtype=np.int16)
    return pd.Categorical.from_codes(np.repeat(codes, times), known)
