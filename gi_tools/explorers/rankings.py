"""A panel to a view of one year: funnel and ranking, and how far ranks can be told."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import ipywidgets
from pandas import DataFrame, Series

from gi_tools import plots
from gi_tools.catalogue import find_metric, list_variants
from gi_tools.errors import DataError
from gi_tools.explorers.bodies import choose_metric, name_bodies
from gi_tools.explorers.pictures import draw
from gi_tools.explorers.sheet import Sheet
from gi_tools.explorers.views import View, frame_to_html, static_page
from gi_tools.explorers.words import say
from gi_tools.memory import hold_collector
from gi_tools.metrics import measure
from gi_tools.panel import Panel
from gi_tools.statistics import clopper_pearson, rank_bodies, shrink, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIRST = "release_on_merits"
INTERVALS = {"wilson": wilson, "clopper_pearson": clopper_pearson}
FEWEST = 3  # bodies from which what they share is fitted
DRAWS = 500  # of the posterior: enough for the ends of 95 % intervals on a screen
FUNNEL, BOX = (6.2, 5.2), (0.13, 0.36, 0.84, 0.56)


class MetricView(View):
    """
    One metric of one year, body by body: value, interval, rank and its interval.

    ``frame`` is the ranking: counts, value, low, high, shrunk (if on), rank with its
    interval, and the rank under each other denominator.
    """

    def __init__(self, panel: Panel, lang: str = "zh", metric: str = FIRST) -> None:
        self.lang, self.panel = lang, panel
        scores = name_bodies(measure(panel))
        shares = scores[(scores.interval == "wilson").to_numpy()]
        known = shares[shares.value.notna() & shares.year.notna()]
        self._scores = dict(iter(known.groupby(["metric", "year"])))
        self._none = known.head(0)
        self._fits: dict[tuple, DataFrame] = {}
        self._pictures: dict[tuple, str] = {}
        self._is_changing = False
        self._metric = choose_metric(shares, metric, lang)
        self._variant = ipywidgets.Dropdown(description=say(lang, "variant"))
        self._variant.style.description_width = "initial"
        self._year = ipywidgets.Dropdown(description=say(lang, "year"))
        self._interval = ipywidgets.ToggleButtons(
            options=[(say(lang, name), name) for name in INTERVALS]
        )
        self._interval.style.button_width = "120px"
        self._shrink = ipywidgets.Checkbox(
            description=say(lang, "shrink"), indent=False
        )
        self._told, self._picture = ipywidgets.HTML(), ipywidgets.HTML()
        self._sheet = Sheet(label=say(lang, "ranking"))
        super().__init__()
        self._picture.layout.width, self._sheet.layout.width = "50%", "50%"
        self.children = [
            ipywidgets.HBox([self._metric, self._variant, self._year]),
            ipywidgets.HBox([self._interval, self._shrink]),
            self._told,
            ipywidgets.HBox([self._picture, self._sheet]),
        ]
        self._offer_variants()
        self._metric.observe(self._change, "value")
        for control in (self._variant, self._year, self._interval, self._shrink):
            control.observe(self._draw, "value")
        self._draw()

    @property
    def metric(self) -> str:
        """The metric shown: the denominator variant that is chosen."""
        return self._variant.value or self._metric.value

    @property
    def frame(self) -> DataFrame:
        """The ranking of the year, first rank first."""
        rows = self._take(self.metric)
        if not len(rows):
            return rows
        low, high = INTERVALS[self._interval.value](
            rows.numerator.astype(float), rows.denominator.astype(float)
        )
        found = rows[["agency", "numerator", "denominator", "value"]].assign(
            body=rows.body, low=low, high=high
        )
        found = self._rank(found)
        others = [name for name in self._variants() if name != self.metric]
        for name in others:
            values = self._take(name).set_index("body").value
            ranks = values.rank(ascending=False, method="min")
            found[f"rank_{name}"] = found.body.map(ranks)
        ranks = found[["rank", *(f"rank_{name}" for name in others)]].astype(float)
        found["rank_change"] = ranks.max(axis=1) - ranks.min(axis=1)
        order = "expected_rank" if "expected_rank" in found else "rank"
        return found.sort_values(order, kind="stable").reset_index(drop=True)

    def to_html(self) -> str:
        """Give the picture and the ranking side by side."""
        one = find_metric(self.metric)
        head = f"<h4>{escape(getattr(one, self.lang))}</h4>"
        return (
            head + self._told.value + static_page(self._picture.value, self._sheet.html)
        )

    def _variants(self) -> list[str]:
        try:
            return list_variants(self._metric.value)
        except DataError:
            return [self._metric.value]

    def _offer_variants(self) -> None:
        """Offer the denominators of the metric, and the years that define it."""
        defined = {metric for metric, _ in self._scores}
        names = [name for name in self._variants() if name in defined]
        self._variant.options = [(getattr(find_metric(n), self.lang), n) for n in names]
        if self._metric.value in names:
            self._variant.value = self._metric.value
        mine = (y for metric, y in self._scores if metric == self._metric.value)
        years = sorted(int(year) for year in mine)
        before = self._year.value
        self._year.options = years
        if years:
            self._year.value = before if before in years else years[-1]

    def _take(self, metric: str) -> DataFrame:
        return self._scores.get((metric, self._year.value), self._none)

    def _rank(self, found: DataFrame) -> DataFrame:
        """Add the rank by value, and its interval where bodies are enough to fit."""
        found = found.assign(rank=found.value.rank(ascending=False, method="min"))
        if len(found) < FEWEST:
            return found
        ranks = self._fit(rank_bodies, found, draws=DRAWS)
        found = found.assign(rank_low=ranks.low, rank_high=ranks.high)
        if self._shrink.value:
            shrunk = self._fit(shrink, found)
            found = found.assign(shrunk=shrunk.shrunk, expected_rank=ranks["rank"])
            found = found.assign(low=shrunk.low, high=shrunk.high)
        return found

    def _fit(self, fit: Callable, found: DataFrame, **options: int) -> DataFrame:
        """Fit once for a metric and year: the choices beside change nothing in it."""
        key = fit.__name__, self.metric, self._year.value
        if key not in self._fits:
            counts = found.numerator.astype(float), found.denominator.astype(float)
            self._fits[key] = fit(*counts, **options).set_index(found.index)
        return self._fits[key]

    def _change(self, _: object) -> None:
        """Take another metric: its variants and years first, then one picture."""
        self._is_changing = True
        self._offer_variants()
        self._is_changing = False
        self._draw()

    @hold_collector()
    def _draw(self, change: dict | None = None) -> None:
        if self._is_changing:
            return
        frame = self.frame
        self._told.value = f"<p>{escape(self._summarise(frame))}</p>"
        shown = self._shorten(frame) if len(frame) else frame
        marked = {"interval": "<span>{}</span>".format}  # kept on one line
        self._sheet.html = frame_to_html(shown, self.lang, most=300, marked=marked)
        # The table answers first. The funnel shows counts alone: intervals and
        # shrinkage do not touch it.
        if not change or change["owner"] in (self._variant, self._year):
            self._picture.value = self._draw_funnel()

    def _shorten(self, frame: DataFrame) -> DataFrame:
        """Put what belongs together into one column, for half a screen."""
        shown = frame[["body"]].rename(columns={"body": "agency"})
        shown["counts"] = _join(frame.numerator, frame.denominator, "{:.0f}/{:.0f}")
        shown["value"] = frame.value.map("{:.3f}".format)
        shown["interval"] = _join(frame.low, frame.high, "{:.3f}–{:.3f}")
        shown["rank"] = frame["rank"]
        if "rank_low" in frame:
            shown["ranks"] = _join(frame.rank_low, frame.rank_high, "{:.0f}–{:.0f}")
        names = ["rank_change", "shrunk", "expected_rank", *self._name_ranks(frame)]
        rest = frame[[name for name in names if name in frame]].round(3)
        return shown.join(rest.rename(columns=self._name_ranks(frame)))

    def _name_ranks(self, frame: DataFrame) -> dict[str, str]:
        """Name the ranks under other denominators by these."""
        rank = say(self.lang, "rank")
        names = {f"rank_{name}": name for name in self._variants()}
        return {
            column: f"{rank}: {getattr(find_metric(names[column]), self.lang)}"
            for column in frame
            if column in names
        }

    def _draw_funnel(self) -> str:
        """Draw once for a metric and year; nothing where no body defines it."""
        key = self.metric, self._year.value
        if key not in self._pictures:
            is_there = len(self._take(self.metric))
            drawn = draw(self._paint, self.lang, FUNNEL, BOX) if is_there else ""
            self._pictures[key] = drawn
        return self._pictures[key]

    def _paint(self, ax: Axes) -> None:
        from matplotlib.ticker import LogLocator

        rows = self._take(self.metric).drop(columns="body")
        plots.funnel(rows, self.metric, lang=self.lang, ax=ax)
        # Powers of ten take a third of the time to draw, and few read them.
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:,.0f}")
        ax.minorticks_off()

    def _summarise(self, frame: DataFrame) -> str:
        told = [say(self.lang, "bodies", n=len(frame))]
        if "rank_low" in frame:
            wide = (frame.rank_high - frame.rank_low).mean()
            told.append(say(self.lang, "rank_width", n=f"{wide:.0f}"))
        if len(frame):
            moved = int((frame.rank_change > 0).sum())
            told.append(say(self.lang, "moved", n=moved))
        return " · ".join(told)


def metrics(panel: Panel, lang: str = "zh", metric: str = FIRST) -> MetricView:
    """
    Explore a metric of one year: funnel and ranking, with denominators to choose.

    Ranks come with 95 % intervals; with shrinkage on, values and ranks are those of
    the posterior (``statistics.shrink``, ``rank_bodies``).
    """
    return MetricView(panel, lang, metric)


def _join(first: Series, second: Series, form: str) -> list[str]:
    return [form.format(*pair) for pair in zip(first, second, strict=True)]
