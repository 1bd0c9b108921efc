"""Reports to a view: proposals one after another, decided by a person, logged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import ipywidgets
from pandas import DataFrame

from gi_tools.checks import check
from gi_tools.codebook import applicants, indicators
from gi_tools.decisions import list_hashes
from gi_tools.edits import EditLog, apply_edits, to_edit_frame
from gi_tools.errors import DataError
from gi_tools.explorers.sheet import Sheet
from gi_tools.explorers.views import View, show_number, static_page
from gi_tools.explorers.words import say, say_place, sign
from gi_tools.facts import add_confidence, iterate, set_values, tabulate
from gi_tools.ledger import Suspect
from gi_tools.repairs import repair
from gi_tools.reports import Report

SHORTCUTS = ["a", "r", "n", "p", "u", "e"]
MOST = 500  # cases of the list that are shown
LONGEST = 30  # characters of a label in the list
OPEN, ACCEPTED, REJECTED = "unknown", "pass", "fail"


class Case(NamedTuple):
    """
    What is wrong at one place of a report, and the changes that would settle it.

    Each change is the rows of its cells; the reason of the first is that of all.
    """

    report_id: str
    form: str
    changes: tuple[tuple[Suspect, ...], ...]


class ReviewView(View):
    """
    Cases of failing checks; accept, reject, edit with a reason, undo.

    Keys, with the pane of the case in focus: up and down choose a change, ``a``
    accepts it, ``r`` rejects the case, ``n`` and ``p`` go on and back, ``e`` goes to
    the fields for an edit of one's own, which Enter writes, ``u`` undoes the last
    decision. ``edits`` is the EditLog, ``facts`` the facts with it applied, ``frame``
    the log as a frame.
    """

    def __init__(
        self, reports: Iterable[Report], author: str, lang: str = "zh"
    ) -> None:
        reports = list(reports)
        self.lang = lang
        self._facts = add_confidence(tabulate(reports), reports)
        self._hashes = list_hashes(reports)
        names = ("report_id", "indicator", "applicant", "raw", "place", "origin")
        rows = iterate(self._facts, names)
        self._raws = {row[:3]: row[3:5] for row in rows if row[5] == "table"}
        forms = {r.report_id: r.form_key or r.form or "" for r in reports}
        self._cases = list(_list_cases(repair(self._facts).suspect_rows, forms))
        self._decided: dict[int, str] = {}
        self._history: list[tuple[int, int]] = []  # case, edits it added
        self.edits, self._at = EditLog(), 0
        self._list = Sheet(label=say(lang, "cases"))
        self._sheet = Sheet(label=say(lang, "case"), shortcuts=SHORTCUTS)
        self._author = _field(lang, "author", author)
        self._value = _field(lang, "own_value", "")
        self._reason = _field(lang, "own_reason", "")
        self._told = ipywidgets.HTML()
        buttons = [self._button(name) for name in ("accept", "reject", "edit", "undo")]
        super().__init__()
        self._list.layout.width, self._sheet.layout.width = "34%", "66%"
        for sheet in (self._list, self._sheet):
            sheet.layout.max_height = "280px"  # the buttons stay on a small screen
        self.children = [
            self._told,
            ipywidgets.HBox([self._list, self._sheet]),
            ipywidgets.HBox([self._author, self._value, self._reason]),
            ipywidgets.HBox(buttons),
        ]
        self._sheet.observe(self._press, "key")
        self._sheet.observe(self._tell_effect, "picked")
        self._list.observe(self._jump, "picked")
        for field in (self._value, self._reason):
            field.on_msg(self._enter)
        self._draw()

    @property
    def facts(self) -> DataFrame:
        """The facts with every decision applied."""
        return apply_edits(self._facts, self.edits) if self.edits.edits else self._facts

    @property
    def frame(self) -> DataFrame:
        """The log of edits as a frame, a row each."""
        return to_edit_frame(self.edits)

    def save(self, path: str | Path) -> Path:
        """Write the log of edits, for ``gi.apply_edits`` and ``gi repair --edits``."""
        Path(path).write_bytes(self.edits.encode())
        return Path(path)

    def to_html(self) -> str:
        """Give the cases and the one at hand, side by side."""
        return static_page(self._list.html, self._sheet.html) + self._told.value

    def accept(self, reason: str = "") -> None:
        """Accept the change that is picked; its own reason stands if none is given."""
        change = self._change
        reason = reason or self._give_reason(change)
        self._decide([(cell, cell.proposal) for cell in change], reason)

    def edit(self, value: float | None, reason: str) -> None:
        """Give the first cell of the change picked another value, or none."""
        self._decide([(self._change[0], value)], reason)

    def reject(self) -> None:
        """Leave the report as it is; nothing is logged."""
        self._decide([], "", REJECTED)

    def undo(self) -> None:
        """Take the last decision back."""
        if not self._history:
            return
        self._at, added = self._history.pop()
        for _ in range(added):
            self.edits = self.edits.undo()
        self._decided.pop(self._at)
        self._draw()

    @property
    def _change(self) -> tuple[Suspect, ...]:
        self._require_cases()
        changes = self._cases[self._at].changes
        picked = self._sheet.picked
        return changes[int(picked) if picked.isdigit() else 0]

    def _require_cases(self) -> None:
        if not self._cases:
            raise DataError(say(self.lang, "nothing_due"))

    def _give_reason(self, change: tuple[Suspect, ...]) -> str:
        return change[0].reason if self.lang == "zh" else change[0].reason_en

    def _decide(self, cells: list, reason: str, verdict: str = ACCEPTED) -> None:
        self._require_cases()
        if self._at in self._decided:
            raise DataError(say(self.lang, "decided"))
        log = self.edits
        edited = {edit[:3] for edit in log.edits}
        if any(cell[:3] in edited for cell, _ in cells):
            raise DataError(say(self.lang, "edited"))
        for cell, new in cells:
            log = log.add(
                *cell[:4],
                None if new is None else float(new),
                reason=reason,
                author=self._author.value,
                sha256=self._hashes[cell.report_id],
            )
        self._history.append((self._at, len(cells)))
        self.edits, self._decided[self._at] = log, verdict
        self._at = next(
            (n for n in range(len(self._cases)) if n not in self._decided), self._at
        )
        self._draw()

    def _button(self, name: str) -> ipywidgets.Button:
        button = ipywidgets.Button(description=say(self.lang, name))
        button.on_click(lambda _: self._act(name))
        return button

    def _press(self, change: dict) -> None:
        names = dict(a="accept", r="reject", u="undo")
        key = change["new"][:1]
        if key in names:
            self._act(names[key])
        elif key in "np" and self._cases:
            self._at = (self._at + (1 if key == "n" else -1)) % len(self._cases)
            self._draw()
        elif key == "e":
            self._value.focus()

    def _enter(self, _: object, content: dict, __: object) -> None:
        """Write an edit of one's own at Enter; to blank a cell takes the button."""
        if content.get("event") == "submit" and self._value.value.strip():
            self._act("edit")
            if not self._value.value:
                self._sheet.focus()

    def _act(self, name: str) -> None:
        """Do what a key or button asks for; a mistake is told in a line."""
        try:
            if not self._cases:
                return
            if name == "edit":
                value = self._value.value.strip()
                self.edit(float(value) if value else None, self._reason.value)
            elif name == "accept":
                self.accept(self._reason.value)
            else:
                getattr(self, name)()
        except (DataError, ValueError) as error:
            told = escape(f"✗ {error}")
            self._told.value = f'<span class="gi-fail">{told}</span>'
        else:
            self._value.value = self._reason.value = ""

    def _jump(self, change: dict) -> None:
        if change["new"].isdigit():
            self._at = int(change["new"])
            self._draw()

    def _draw(self) -> None:
        self._list.html = self._list_cases()
        self._list.picked = str(self._at) if self._cases else ""
        if not self._cases:
            self._sheet.html = f"<p>{escape(say(self.lang, 'nothing_due'))}</p>"
            return
        self._sheet.html = self._show_case(self._cases[self._at])
        self._sheet.picked = "0"
        self._tell_effect()

    def _list_cases(self) -> str:
        left = len(self._cases) - len(self._decided)
        head = escape(say(self.lang, "left", n=left, total=len(self._cases)))
        first = max(0, self._at - MOST // 2)
        rows = (
            f'<tr data-id="{n}"><td class="gi-number">{n + 1}</td>'
            f"<td>{self._sign(n)}</td><td>{escape(case.report_id)}</td>"
            f"<td>{escape(_name_case(case, self.lang))}</td></tr>"
            for n, case in enumerate(self._cases[first : first + MOST], first)
        )
        return f"<p>{head}</p><table>{''.join(rows)}</table>"

    def _sign(self, number: int) -> str:
        verdict = self._decided.get(number, OPEN)
        signs = {OPEN: "…", ACCEPTED: "✓", REJECTED: "✗"}
        return f'<span class="gi-{verdict}">{signs[verdict]}</span>'

    def _show_case(self, case: Case) -> str:
        lang = self.lang
        heads = ("indicator", "applicant", "raw", "value", "proposal", "place", "why")
        head = "".join(f"<th>{escape(say(lang, name))}</th>" for name in heads)
        rows = []
        for number, change in enumerate(case.changes):
            for cell in change:
                raw, place = self._raws.get(cell[:3], ("", ""))
                shown = (
                    *_name(case.form, cell, lang),
                    raw,
                    show_number(cell.value),
                    show_number(cell.proposal),
                    say_place(lang, place),
                    f"{say(lang, change[0].status)}: {self._give_reason(change)}",
                )
                texts = "".join(f"<td>{escape(text[:200])}</td>" for text in shown)
                rows.append(f'<tr data-id="{number}">{texts}</tr>')
        failed = escape(say(lang, "fails", rules=case.changes[0][0].rule))
        keys = escape(say(lang, "keys"))
        title = f"<p><b>{escape(case.report_id)}</b> {sign(lang, 'fail')} {failed}</p>"
        table = f"<table><tr>{head}</tr>{''.join(rows)}</table>"
        return f"{title}{table}<p><small>{keys}</small></p>"

    def _tell_effect(self, _: object = None) -> None:
        """Say what the change picked would do to the checks, before it is applied."""
        if not self._cases:
            return
        case, change = self._cases[self._at], self._change
        facts = self.facts
        facts = facts[(facts.report_id == case.report_id).to_numpy()]
        facts = facts.reset_index(drop=True)
        rows = iterate(facts, ("indicator", "applicant", "origin"))
        places = {row[:2]: n for n, row in enumerate(rows) if row[2] == "table"}
        values = {places[cell[1:3]]: cell.proposal for cell in change}
        counts = [
            check(frame).count()
            for frame in (facts, set_values(facts, values, "corrected"))
        ]
        told = " · ".join(
            f"{sign(self.lang, name)} {counts[0][name]} → {counts[1][name]}"
            for name in counts[0]
        )
        self._told.value = f"<p>{escape(say(self.lang, 'effect'))} {told}</p>"


def review(
    reports: Report | Iterable[Report], author: str, lang: str = "zh"
) -> ReviewView:
    """
    Review what ``gi.repair`` proposes for reports, case by case, and keep a log.

    ``author`` is who decides. Nothing is changed but by a decision; each is an edit
    with its reason in ``edits``, to be written by ``save`` and replayed.
    """
    reports = [reports] if isinstance(reports, Report) else reports
    return ReviewView(reports, author, lang)


def _field(lang: str, name: str, value: str) -> ipywidgets.Text:
    field = ipywidgets.Text(value=value, description=say(lang, name))
    field.style.description_width = "initial"
    field.layout.width = "32%"
    return field


def _list_cases(rows: Iterable[Suspect], forms: dict[str, str]) -> Iterator[Case]:
    rows = sorted(rows, key=lambda row: (row.report_id, row.group, row.rank))
    for (report_id, _), found in groupby(rows, lambda row: (row.report_id, row.group)):
        changes = (tuple(cells) for _, cells in groupby(found, lambda row: row.rank))
        yield Case(report_id, forms.get(report_id, ""), tuple(changes))


def _name(form: str, cell: Suspect, lang: str) -> tuple[str, str]:
    place = f"label_{lang}"
    one, who = (
        indicators().get((form, cell.indicator)),
        applicants().get(cell.applicant),
    )
    label = getattr(one, place) if one else cell.indicator
    return label, getattr(who, place) if who else ""


def _name_case(case: Case, lang: str) -> str:
    """The first figure under suspicion, by its label and who asked."""
    label, who = _name(case.form, case.changes[0][0], lang)
    short = label if len(label) <= LONGEST else f"{label[:LONGEST]}…"
    return f"{short} · {who}" if who else short
