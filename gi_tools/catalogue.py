"""The metrics as data: what each is made of, where it is defined, what misleads."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from gi_tools.crosswalk import Break, crosswalk, list_breaks
from gi_tools.errors import CodebookError, DataError
from gi_tools.knowledge import CODEBOOKS, read_toml

METRIC_KINDS = ("proportion", "rate", "ratio", "count", "difference", "entropy",
                "given")  # fmt: skip


class Metric(NamedTuple):
    """One metric: terms are panel indicators or covariates, "-name" is subtracted."""

    id: str
    zh: str
    en: str
    kind: str
    numerator: tuple[str, ...]
    pitfalls_zh: str
    pitfalls_en: str
    citation: str
    denominator: tuple[str, ...] = ()
    forms: tuple[str, ...] = ("2019", "2021")
    question: str = ""
    scale: int = 1
    unit: str = ""

    @property
    def terms(self) -> list[str]:
        """The names it is made of, without signs, each once."""
        both = (*self.numerator, *self.denominator)
        return list(dict.fromkeys(term.lstrip("-") for term in both))

    @property
    def indicators(self) -> list[str]:
        """Those of its terms that the crosswalk judges."""
        return [name for name in self.terms if name in crosswalk()]


def metrics() -> dict[str, Metric]:
    """Give every metric by id, in the order of metrics.toml."""
    return _book()[0]


def reasons() -> dict[str, dict[str, str]]:
    """Give what each reason of the scores means, in ``zh`` and ``en``."""
    return _book()[1]


def find_metric(name: str) -> Metric:
    """Give a metric by id; DataError if there is none."""
    if name not in metrics():
        raise DataError(f"metrics: no metric {name!r}; catalogue.metrics() lists them")
    return metrics()[name]


def list_variants(name: str) -> list[str]:
    """List the metrics that answer the same question with another denominator."""
    one = find_metric(name)
    found = [m.id for m in metrics().values() if m.question == one.question]
    if not one.question or len(found) < 2:
        raise DataError(
            f"metrics: {name} has no variant, there is nothing to set beside"
        )
    return found


def find_breaks(name: str, first: int, last: int) -> list[Break]:
    """List the breaks between two years that touch any figure of a metric."""
    names = find_metric(name).indicators
    return list_breaks(first, last, names) if names else []


@cache
def _book() -> tuple[dict[str, Metric], dict[str, dict[str, str]]]:
    data = read_toml(CODEBOOKS / "metrics.toml")
    found: dict[str, Metric] = {}
    for entry in data["metrics"]:
        lists = {k: tuple(v) for k, v in entry.items() if isinstance(v, list)}
        one = Metric(**entry | lists)
        check_metric(one, data["covariates"])
        if one.id in found:
            raise CodebookError(f"metrics.toml: {one.id} is there twice; remove one")
        found[one.id] = one
    return found, data["reasons"]


def check_metric(one: Metric, covariates: dict) -> None:
    """Raise CodebookError for an unknown kind or name, or a form that lacks one."""
    place = f"metrics.toml, {one.id}"
    if one.kind not in METRIC_KINDS:
        known = ", ".join(METRIC_KINDS)
        raise CodebookError(f"{place}: kind {one.kind!r}; use one of {known}")
    for name in one.terms:
        if name in covariates:
            continue
        if name not in crosswalk():
            raise CodebookError(f"{place}: {name!r} is no indicator and no covariate")
        if lacking := set(one.forms) - crosswalk()[name].parts.keys():
            raise CodebookError(f"{place}: form {lacking.pop()} has no {name}")
