"""A corpus to a view: how far its build is, what failed and why, how cells stand."""

from __future__ import annotations

from html import escape
from os import PathLike
from pathlib import PurePosixPath

import ipywidgets
from pandas import DataFrame

from gi_tools.corpus import Corpus, open_corpus
from gi_tools.errors import DataError
from gi_tools.explorers.sheet import Sheet
from gi_tools.explorers.views import View, frame_to_html, static_page
from gi_tools.explorers.words import say, translate, word_failure
from gi_tools.facts import STATES

FAILURES = "SELECT kind, file, reason, size FROM failures ORDER BY kind, file"
CELLS = """SELECT coalesce(form, '') AS form, year, state, count(*) AS cells
FROM facts WHERE origin = 'table' GROUP BY ALL ORDER BY ALL"""
# Counts: the word for each and the verdict whose colour it has.
READ, FAILED, LEFT = ("read", "pass"), ("failed", "fail"), ("left_over", "unknown")
NAMES = {"reason": "cause"}  # elsewhere it is why a value is undefined
KINDS = {"unreadable": "no_access"}  # elsewhere it is a state of cells
COUNTS = {"read": READ, "failed": FAILED, "left": LEFT}


class CorpusView(View):
    """
    A build: files read, failed, left; failures by reason; states by form and year.

    ``frame`` is the failures that fit the choice, ``states`` the table cells by form
    and year, a column a state. A build at work is asked again with the button.
    """

    def __init__(self, corpus: Corpus, lang: str = "zh") -> None:
        self.lang, self._corpus = lang, corpus
        self._refresh = ipywidgets.Button(description=say(lang, "refresh"))
        self._kind = ipywidgets.Dropdown(description=say(lang, "kind"))
        self._told = ipywidgets.HTML()
        self._failures = Sheet(label=say(lang, "failures"))
        self._states = Sheet(label=say(lang, "states"))
        super().__init__()
        panes = [self._lay_out(sheet) for sheet in (self._failures, self._states)]
        self.children = [
            ipywidgets.HBox([self._refresh, self._kind]),
            self._told,
            ipywidgets.HBox(panes),
        ]
        self._refresh.on_click(lambda _: self.refresh())
        self._kind.observe(self._draw, "value")
        self._ask()

    @property
    def frame(self) -> DataFrame:
        """The failures that fit the choice: kind, file, reason, size in bytes."""
        rows = self._failed
        rows = rows[rows.kind == self._kind.value] if self._kind.value else rows
        return rows.reset_index(drop=True)

    @property
    def states(self) -> DataFrame:
        """Cells of tables by form and year, a column for each state that occurs."""
        wide = self._cells.pivot_table(
            "cells", ["form", "year"], "state", "sum", fill_value=0, dropna=False
        )
        names = [name for name in STATES if name in wide]
        wide = wide[names].astype(int)
        return wide[(wide > 0).any(axis=1)].rename_axis(columns=None).reset_index()

    def refresh(self) -> None:
        """Ask the corpus again: a build may have gone on."""
        try:
            self._ask()
        except DataError as error:
            self._told.value = f'<span class="gi-fail">✗ {escape(str(error))}</span>'

    def _ask(self) -> None:
        counts = self._corpus.count_files()
        failed, cells = (self._corpus.query(sql) for sql in (FAILURES, CELLS))
        self._failed, self._cells = failed, cells
        self._told.value = self._tell(counts)
        self._states.html = frame_to_html(self.states, self.lang)
        self._offer_kinds()
        self._draw()

    def to_html(self) -> str:
        """Give the progress, and failures and states side by side."""
        return self._told.value + static_page(self._failures.html, self._states.html)

    def _lay_out(self, sheet: Sheet) -> ipywidgets.VBox:
        title = ipywidgets.HTML(f"<b>{escape(sheet.label)}</b>")
        pane = ipywidgets.VBox([title, sheet])
        pane.layout.width = "50%"
        return pane

    def _offer_kinds(self) -> None:
        counts = self._failed.kind.value_counts()
        options = [(f"{self._name(k)} ({n})", k) for k, n in counts.items()]
        before = self._kind.value
        self._kind.options = [(say(self.lang, "all"), ""), *options]
        self._kind.value = before if before in set(counts.index) else ""

    def _draw(self, _: object = None) -> None:
        frame = self.frame
        rows = zip(frame.kind, frame.file, frame.reason, strict=True)
        named = frame.assign(
            kind=[self._name(kind) for kind in frame.kind],
            reason=[_explain(self.lang, *row) for row in rows],
        )
        self._failures.html = frame_to_html(
            named.rename(columns=NAMES), self.lang, marked={"cause": str}
        )

    def _name(self, kind: str) -> str:
        return translate(self.lang, KINDS.get(kind, kind))

    def _tell(self, counts: dict[str, int | None]) -> str:
        """A bar and the counts; what is left may be unknown."""
        done, left = counts["read"] + counts["failed"], counts["left"]
        parts = []
        for key, (word, verdict) in COUNTS.items():
            shown = "?" if counts[key] is None else f"{counts[key]:,}"
            told = escape(say(self.lang, word))
            parts.append(f'<span class="gi-{verdict}">{told} <b>{shown}</b></span>')
        whole = "" if left is None else f' max="{max(done + left, 1)}" value="{done}"'
        bar = f'<progress style="width:220px"{whole}></progress>'
        is_over = self._corpus.is_finished
        state = escape(say(self.lang, "build_over" if is_over else "build_open"))
        return f"<p>{bar} {state} · {' · '.join(parts)}</p>"


def corpus(path: str | PathLike, lang: str = "zh") -> CorpusView:
    """
    Explore what ``gi build`` wrote to a folder, or is writing there now.

    Raises DataError when the folder is no corpus.
    """
    return CorpusView(open_corpus(path), lang)


def _explain(lang: str, kind: str, file: str, reason: str) -> str:
    """The reason as HTML; in Chinese it opens to the words of the reader."""
    if lang != "zh":
        return escape(reason)
    told = word_failure(kind, reason.removeprefix(f"{PurePosixPath(file).name}: "))
    return (
        f"<details><summary>{escape(told)}</summary>"
        f'<span lang="en">{escape(reason)}</span></details>'
    )
