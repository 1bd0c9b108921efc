"""Reports to a view in which a pattern is tried on their prose while it is written."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

import ipywidgets
import pandas as pd
from pandas import DataFrame

from gi_tools.errors import DataError
from gi_tools.explorers.sheet import Sheet
from gi_tools.explorers.trials import Trial, pattern_to_toml, try_pattern
from gi_tools.explorers.views import View, static_page
from gi_tools.explorers.words import say
from gi_tools.registers import list_claims
from gi_tools.reports import Report

FIRST = r"收到[^。；]{0,20}?申请(?P<value>\d{1,7})件"
MOST = 300  # matches shown


class PatternView(View):
    """
    A laboratory for one pattern: its matches, precision, recall, time and dangers.

    ``frame`` is the matches; ``pattern`` what is tried, ``indicator`` what for.
    """

    def __init__(self, texts: DataFrame, labels: DataFrame, lang: str = "zh") -> None:
        self.lang, self._texts, self._labels = lang, texts, labels
        self._pattern = ipywidgets.Text(value=FIRST, continuous_update=True)
        self._pattern.layout.width = "60%"
        codes = sorted(labels.indicator.dropna().unique())
        self._indicator = ipywidgets.Dropdown(
            options=[(say(lang, "all"), ""), *((code, code) for code in codes)],
            value="requests.received" if "requests.received" in codes else "",
            description=say(lang, "indicator"),
        )
        self._report = ipywidgets.HTML()
        self._sheet = Sheet(label=say(lang, "matches"))
        super().__init__()
        top = ipywidgets.HBox([self._pattern, self._indicator])
        self.children = [top, self._report, self._sheet]
        for control in (self._pattern, self._indicator):
            control.observe(self._draw, "value")
        self._draw()

    @property
    def pattern(self) -> str:
        """The pattern now tried."""
        return self._pattern.value

    @pattern.setter
    def pattern(self, text: str) -> None:
        self._pattern.value = text

    @property
    def indicator(self) -> str:
        """The indicator whose figures are the labels, "" for all."""
        return self._indicator.value

    @indicator.setter
    def indicator(self, code: str) -> None:
        self._indicator.value = code

    @property
    def frame(self) -> DataFrame:
        """The matches: report_id, start, end, match, value, before, after, right."""
        return self.trial.matches.copy()

    @property
    def trial(self) -> Trial:
        """What the pattern does; DataError for one that cannot be tried."""
        labels, code = self._labels, self.indicator
        labels = labels[labels.indicator == code] if code else labels
        return try_pattern(self.pattern, self._texts, labels)

    def save(self, name: str, path: str | Path) -> str:
        """Append the pattern to a file as an entry of ``claims.toml`` and give it."""
        entry = pattern_to_toml(name, self.pattern)
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(entry + "\n")
        return entry

    def to_html(self) -> str:
        """Give the figures and the matches."""
        head = f"<p><code>{escape(self.pattern)}</code></p>"
        return head + self._report.value + static_page(self._sheet.html)

    def _draw(self, _: object = None) -> None:
        try:
            trial = self.trial
        except DataError as error:
            self._report.value = f'<span class="gi-fail">✗ {escape(str(error))}</span>'
            self._sheet.html = ""
            return
        self._report.value = _summarise(trial, self.lang)
        self._sheet.html = _list_matches(trial, self.lang)


def patterns(reports: Iterable[Report], lang: str = "zh") -> PatternView:
    """
    Try patterns on the prose of reports, against the figures the parser finds there.

    The figures are of ``gi.list_claims``: what is counted as right is what the
    codebook's own phrases find, not the truth.
    """
    reports = list(reports)
    rows = [
        (r.report_id, "\n".join(p.text for p in r.document.paragraphs)) for r in reports
    ]
    texts = pd.DataFrame(rows, columns=["report_id", "text"])
    claims = list_claims(reports)
    return PatternView(texts, claims[claims.indicator.notna()], lang)


def _summarise(trial: Trial, lang: str) -> str:
    shares = {
        "precision": (trial.right, trial.tried),
        "recall": (trial.found, trial.labelled),
    }
    parts = [
        f"{say(lang, name)} <b>{100 * a / b:.1f} %</b> ({a}/{b})"
        if b
        else f"{say(lang, name)} – (0/0)"
        for name, (a, b) in shares.items()
    ]
    parts.append(say(lang, "per_thousand", seconds=f"{trial.seconds:.2g}"))
    dangers = (
        f'<br><span class="gi-fail">⚠ {escape(say(lang, word))}</span>'
        for word in trial.warnings
    )
    return " · ".join(parts) + "".join(dangers)


def _list_matches(trial: Trial, lang: str) -> str:
    rows = "".join(
        f'<tr><td class="gi-number">{"✓" if row.right else "✗"}</td>'
        f"<td>{escape(row.report_id)}</td><td>{escape(row.before)}<mark>{escape(row.match[:200])}</mark>"
        f"{escape(row.after)}</td></tr>"
        for row in trial.matches.head(MOST).itertuples()
    )
    shown = say(lang, "shown", n=min(MOST, trial.tried), total=trial.tried)
    return f"<table>{rows}</table><p><small>{escape(shown)}</small></p>"
