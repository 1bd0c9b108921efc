"""A panel to a view: measures over years, coverage, refusals explained in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

import ipywidgets
import pandas as pd
import traitlets
from pandas import DataFrame

from gi_tools import plots
from gi_tools.catalogue import find_metric
from gi_tools.crosswalk import Join
from gi_tools.errors import ComparisonError
from gi_tools.explorers.bodies import choose_metric, name_bodies
from gi_tools.explorers.pictures import draw
from gi_tools.explorers.sheet import Sheet
from gi_tools.explorers.views import View, frame_to_html, static_page
from gi_tools.explorers.words import say
from gi_tools.memory import hold_collector
from gi_tools.metrics import compare, measure
from gi_tools.panel import Panel

FIRST = "release_on_merits"
MOST_BODIES = 60  # rows of the heat map that are shown at once
SHOWN = ["agency", "year", "form", "value", "numerator", "denominator"]
SHOWN += ["low", "high", "reason"]
_SHADES = ("#f7fbff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#3182bd", "#08519c")


class PanelView(View):
    """
    Bodies by years: a metric as trend, heat map and table, and what is there at all.

    ``picked`` is the body chosen in the heat map, "" for all. ``frame`` is the scores
    that fit the choices.
    """

    picked = traitlets.Unicode("")

    def __init__(self, panel: Panel, lang: str = "zh", metric: str = FIRST) -> None:
        self.lang, self.panel = lang, panel
        self._scores = name_bodies(measure(panel))
        self._metric = choose_metric(self._scores, metric, lang)
        years = [int(year) for year in sorted(self._scores.year.dropna().unique())]
        self._years = ipywidgets.SelectionRangeSlider(
            options=years or [0],
            index=(0, max(len(years) - 1, 0)),
            description=say(lang, "year"),
            continuous_update=False,
        )
        self._find = ipywidgets.Text(placeholder=say(lang, "find_body"))
        self._find.layout.width = "180px"
        self._reason = ipywidgets.Text(
            placeholder=say(lang, "why_join"), continuous_update=False
        )
        self._reason.layout.width = "45%"
        self._told = ipywidgets.HTML()
        self._trend = ipywidgets.HTML()
        self._sheets = {n: Sheet() for n in ("heatmap", "table", "coverage", "notes")}
        names = ["trend", *self._sheets]
        self._tabs = ipywidgets.Tab(
            [self._trend, *self._sheets.values()],
            titles=[say(lang, name) for name in names],
        )
        super().__init__()
        self.children = [
            ipywidgets.HBox([self._metric, self._years, self._find]),
            ipywidgets.HBox([self._told]),
            self._reason,
            self._tabs,
        ]
        traitlets.link((self._sheets["heatmap"], "picked"), (self, "picked"))
        for control in (self._metric, self._years, self._find, self._reason):
            control.observe(self._draw, "value")
        self.observe(self._draw, "picked")
        self._tabs.observe(self._draw, "selected_index")
        self._sheets["coverage"].html = self._list_coverage()
        notes = panel.notes[["kind", "about", lang]]
        self._sheets["notes"].html = frame_to_html(notes, lang)
        self._draw()

    @property
    def frame(self) -> DataFrame:
        """The scores of the metric for the years and bodies chosen, with keys."""
        rows = self._rows
        if self.picked:
            rows = rows[rows.body == self.picked]
        return rows.drop(columns="body").reset_index(drop=True)

    @property
    def _rows(self) -> DataFrame:
        rows = self._scores[(self._scores.metric == self._metric.value).to_numpy()]
        first, last = self._years.value
        rows = rows[rows.year.between(first, last).to_numpy(dtype=bool, na_value=False)]
        if word := self._find.value.strip():
            rows = rows[rows.body.str.contains(word, case=False, regex=False)]
        return rows

    def to_html(self) -> str:
        """Give metric, verdict, heat map and table as a page part."""
        one = find_metric(self._metric.value)
        head = f"<h4>{escape(getattr(one, self.lang))}</h4>"
        parts = self._list_heat(self._rows), self._list_rows()
        return head + self._told.value + static_page(*parts)

    @hold_collector()
    def _draw(self, change: dict | None = None) -> None:
        """Draw what is seen: the rest when its tab is chosen."""
        rows, lang = self._rows, self.lang
        override = self._reason.value.strip() or None
        self._told.value, refused = self._judge(rows, override)
        self._reason.layout.display = "" if refused or override else "none"
        seen = ["trend", *self._sheets][self._tabs.selected_index or 0]
        if seen == "trend":
            mine = rows[rows.body == self.picked] if self.picked else rows
            mine = mine.drop(columns="body")
            mine.attrs = {"override": override}
            self._trend.value = draw(
                lambda ax: plots.trend(mine, self._metric.value, lang=lang, ax=ax),
                lang,
            )
        elif seen == "heatmap":
            self._sheets["heatmap"].html = self._list_heat(rows)
        elif seen == "table":
            self._sheets["table"].html = self._list_rows()

    def _judge(self, rows: DataFrame, override: str | None) -> tuple[str, bool]:
        """Say whether the rows may be set side by side, and if not, why."""
        lang, name = self.lang, self._metric.value
        try:
            joins = compare(rows, name, override=override).attrs["joins"]
        except ComparisonError:
            # Asked with a reason it tells every refusal, not the first alone.
            joins = compare(rows, name, override=say(lang, "refused")).attrs["joins"]
            told = f"{say(lang, 'refused')}: {_tell(joins, lang, 'refuse')}"
            return f'<span class="gi-fail">✗ {escape(told)}</span>', True
        told = _tell(joins, lang)
        if override:
            told = f"{say(lang, 'overridden')}: {override}. {told}"
        sign = ("?", "gi-unknown") if told else ("✓", "gi-pass")
        words = told or say(lang, "comparable")
        return f'<span class="{sign[1]}">{sign[0]} {escape(words)}</span>', False

    def _list_rows(self) -> str:
        return frame_to_html(self.frame[SHOWN], self.lang, most=400)

    def _list_heat(self, rows: DataFrame) -> str:
        """Body by year: a shade and a number; what is missing has a sign."""
        wide = rows.pivot_table("value", "body", "year", "first", dropna=False)
        there = rows.groupby(["body", "year"]).size().unstack()
        wide = wide.reindex(index=there.index, columns=there.columns)
        order = wide.count(axis=1).sort_values(ascending=False, kind="stable").index
        shade = _make_shade(rows.value.dropna().tolist() or [0.0])
        share = find_metric(self._metric.value).kind == "proportion"
        heads = "".join(f"<th>{int(year)}</th>" for year in wide.columns)
        lines = []
        for body in order[:MOST_BODIES]:
            cells = zip(wide.loc[body].tolist(), there.loc[body].tolist(), strict=True)
            shown = "".join(_heat_cell(v, n, shade, share) for v, n in cells)
            name = escape(body)
            lines.append(f'<tr data-id="{name}"><td>{name}</td>{shown}</tr>')
        note = say(self.lang, "shown", n=len(lines), total=len(wide))
        legend = say(self.lang, "heat_signs")
        table = f"<table><tr><th></th>{heads}</tr>{''.join(lines)}</table>"
        return f"{table}<p><small>{escape(note)} · {escape(legend)}</small></p>"

    def _list_coverage(self) -> str:
        """Reports by year and status, and how their cells stand."""
        frame = self.panel.coverage
        names = ["reported", "blank", "dash", "none_text", "unreadable", "derived"]
        counts = frame.groupby(["year", "form", "status"], dropna=False)
        table = counts[names].sum()
        table.insert(0, "reports", counts.size())
        return frame_to_html(table.reset_index(), self.lang)


def panel(panel: Panel, lang: str = "zh", metric: str = FIRST) -> PanelView:
    """
    Explore a panel: a metric over bodies and years, and what may not be compared.

    Where the crosswalk refuses a comparison the view says why and asks for a written
    reason; with one it draws the line and shows the reason.
    """
    return PanelView(panel, lang, metric)


def _make_shade(values: list[float]) -> Callable[[float], str]:
    low = min(values)
    span = (max(values) - low) or 1.0

    def shade(value: float) -> str:
        step = int((value - low) / span * len(_SHADES))
        step = min(max(step, 0), len(_SHADES) - 1)
        colour = "#fff" if step > 4 else "#111"
        return f"background:{_SHADES[step]};color:{colour}"

    return shade


def _heat_cell(value: float, there: float, shade: Callable, share: bool) -> str:
    if there != there:
        return '<td class="gi-absent">∅</td>'
    if pd.isna(value):
        return '<td class="gi-unknown">–</td>'
    text = f"{100 * value:.0f}" if share else f"{value:,.3g}"
    return f'<td class="gi-number" style="{shade(value)}">{text}</td>'


def _tell(joins: Iterable[Join], lang: str, verdict: str = "") -> str:
    """Give the reasons of the joins that are refused or come with a caveat, once."""
    told: dict[str, list[str]] = {}
    for join in joins:
        if join.verdict == (verdict or join.verdict) != "yes":
            reason = getattr(join, f"reason_{lang}")
            told.setdefault(reason, []).append(f"{join.older}/{join.newer}")
    pairs = ((", ".join(dict.fromkeys(forms)), why) for why, forms in told.items())
    return "; ".join(f"{forms}: {why}" for forms, why in pairs)
