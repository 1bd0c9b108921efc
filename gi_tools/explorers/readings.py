"""One report to a view: its source beside its figures, each leading to the other."""

from __future__ import annotations

from html import escape

import ipywidgets
import traitlets
from pandas import DataFrame

from gi_tools.checks import VERDICTS, check
from gi_tools.codebook import applicants, indicators, rules
from gi_tools.explorers.links import link_claims, list_links, place_cells
from gi_tools.explorers.sheet import Sheet
from gi_tools.explorers.sources import to_html
from gi_tools.explorers.views import View, frame_to_html, static_page
from gi_tools.explorers.words import say, say_place, sign, translate
from gi_tools.facts import tabulate
from gi_tools.registers import list_sections
from gi_tools.reports import Report

PROSE = "prose"
SHOWN = ["label", "applicant_label", "value", "unit", "state", "raw", "place"]
MOST = 1000  # rows of a pane


class ReportView(View):
    """
    The source of a report on one side, its facts, checks and sections on the other.

    ``picked`` is the place chosen on either side, written as facts write it.
    """

    picked = traitlets.Unicode("")

    def __init__(self, report: Report, lang: str = "zh") -> None:
        self.lang, self.report = lang, report
        self._facts = _label(tabulate(report), report, lang)
        self._findings = _find_failures(self._facts, report.form_key)
        self._sections = list_sections(report)[["heading", "place"]]
        places = {*self._facts.place, *self._sections.place} - {""}
        source = to_html(report.document, places, lang)
        self._source = Sheet(html=source, label=say(lang, "source"))
        self._source.layout.width = "52%"
        self._sheets = {name: Sheet() for name in ("facts", "checks", "sections")}
        self._links = link_claims(report, self._facts, lang)
        self._claims = Sheet(html=list_links(self._links, lang))
        self._table = self._choose("table")
        self._state = self._choose("state")
        self._find = ipywidgets.Text(placeholder=say(lang, "find"))
        self._find.layout.width = "160px"
        super().__init__()
        self.children = [
            ipywidgets.HTML(self._head()),
            ipywidgets.HBox([self._table, self._state, self._find]),
            ipywidgets.HBox([self._source, self._lay_out_tabs()]),
        ]
        for sheet in (self._source, *self._sheets.values()):
            traitlets.link((self, "picked"), (sheet, "picked"))
        self._claims.observe(self._follow, "picked")
        self.observe(lambda _: self._mark(()), "picked")
        for control in (self._table, self._state, self._find):
            control.observe(self._draw, "value")
        self._draw()

    @property
    def frame(self) -> DataFrame:
        """The facts that fit the choices, with label and table."""
        facts = self._facts
        for control, name in ((self._table, "table"), (self._state, "state")):
            if control.value:
                facts = facts[facts[name] == control.value]
        if word := self._find.value.strip():
            texts = facts.indicator + " " + facts.label + " " + facts.raw
            facts = facts[texts.str.contains(word, case=False, regex=False)]
        return facts.reset_index(drop=True)

    def to_html(self) -> str:
        """Give source and figures side by side."""
        sheets = (sheet.html for sheet in self._sheets.values())
        figures = "".join((*sheets, self._claims.html))
        return self._head() + static_page(self._source.html, figures)

    def _follow(self, change: dict) -> None:
        """Lead from a figure of the prose to its sentence and cells, or to one cell."""
        if not change["new"].isdigit():
            self.picked = change["new"]
            return
        link = self._links[int(change["new"])]
        self.picked = link.place
        self._mark(link.cells)

    def _mark(self, places: tuple[str, ...]) -> None:
        for sheet in (self._source, self._sheets["facts"]):
            sheet.beside = list(places)

    def _choose(self, name: str) -> ipywidgets.Dropdown:
        found = dict.fromkeys(self._facts[name])
        known = [(translate(self.lang, word), word) for word in found]
        options = [(say(self.lang, "all"), ""), *known]
        control = ipywidgets.Dropdown(
            options=options, description=say(self.lang, name), value=""
        )
        control.layout.width = "220px"
        control.style.description_width = "initial"
        return control

    def _lay_out_tabs(self) -> ipywidgets.Tab:
        titles = [say(self.lang, name) for name in (*self._sheets, "claims")]
        tabs = ipywidgets.Tab([*self._sheets.values(), self._claims], titles=titles)
        tabs.layout.width = "48%"
        return tabs

    def _draw(self, _: object = None) -> None:
        lang = self.lang

        def state(word: str) -> str:
            return sign(lang, word)

        def place(where: str) -> str:
            return escape(say_place(lang, where))

        frame = self.frame
        shown = frame[SHOWN].assign(ids=frame.place)
        self._sheets["facts"].html = frame_to_html(
            shown, lang, "ids", MOST, {"state": state, "place": place}
        )
        message = "message" if lang == "zh" else "message_en"
        checks = self._findings[["verdict", "rule", message, "place"]]
        note = f"<p><small>{escape(say(lang, 'not_proof'))}</small></p>"
        checks = frame_to_html(checks, lang, "place", MOST, {"verdict": state})
        self._sheets["checks"].html = checks + note
        self._sheets["sections"].html = frame_to_html(self._sections, lang, "place")

    def _head(self) -> str:
        who = self.report.identity
        parts = {"agency": who.agency, "year": who.year, "form": self.report.form}
        shown = (
            f"{say(self.lang, name)} <b>{escape(str(value))}</b>"
            for name, value in parts.items()
            if value is not None
        )
        return f"<p>{' · '.join(shown)}</p>"


def report(report: Report, lang: str = "zh") -> ReportView:
    """
    Explore one report: choosing a figure shows its place in the source, and back.

    ``lang`` is zh or en. The view's ``frame`` is the facts now listed.
    """
    return ReportView(report, lang)


def _label(facts: DataFrame, report: Report, lang: str) -> DataFrame:
    """Add the printed label and the table of each fact; name the applicants."""
    key, labels, tables = report.form_key or report.form, [], []
    place = ("label_zh", "label_en")[lang == "en"]
    for code, origin in zip(facts.indicator, facts.origin, strict=True):
        one = indicators().get((key, code))
        labels.append(getattr(one, place) if one else code)
        tables.append(PROSE if origin == PROSE or one is None else one.table)
    people = {code: getattr(one, place) for code, one in applicants().items()}
    who = facts.applicant.map(people).fillna("")
    return facts.assign(label=labels, table=tables, applicant_label=who)


def _find_failures(facts: DataFrame, form_key: str | None) -> DataFrame:
    """The findings, fails first, each with the place of its first cell."""
    found = check(facts).frame
    book = {rule.id: rule.left[0][:2] for rule in rules(form_key)} if form_key else {}
    cells = place_cells(facts)
    found = found.assign(place=[cells.get(book.get(rule), "") for rule in found.rule])
    return found.sort_values("verdict", key=lambda names: names.map(VERDICTS.index))
