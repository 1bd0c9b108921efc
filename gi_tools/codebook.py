"""Knowledge files in, frozen values out: forms, rows, indicators, applicants, rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import regex

from gi_tools.errors import CodebookError
from gi_tools.knowledge import CODEBOOKS, read_csv, read_toml
from gi_tools.text import fold

RULE_KINDS = ("equal", "at_most", "cover", "carry", "stock")
SEVERITIES = dict(official="error", structure="error", derived="warning", soft="note")
LAYOUTS = ("rows", "columns")
CUMULATIVE = ".cumulative"

_NUMERAL = r"[〇零一二三四五六七八九十\d]{1,3}"
_ENUMERATORS = regex.compile(
    rf"(?:\({_NUMERAL}\)|[一二三四五六七八九十]{{1,3}}[、.,:]|\d{{1,2}}[、,:)]"
    r"|\d{1,2}\.(?!\d)|[①-⒛㈠-㈩]|其中[:,]?|[*★※·•●■◆]){1,4}"
)
# What tells two labels apart is no note: 第二十条第（一）项, 复制费（纸张）.
_NAMES = regex.compile(rf"\(({_NUMERAL}|纸张|光盘|软盘)\)")
_NOTES = regex.compile(r"[(\[【](?:[^()\[\]【】]|\([^()]{0,60}\)){0,150}(?:[)\]】]|$)")
_MARKS = regex.compile(r"[\p{P}\p{S}]{1,9}")


class Indicator(NamedTuple):
    """One figure a form asks for; ``relation`` says what it is to ``parent``."""

    code: str
    form: str
    table: str
    order: int
    label_zh: str
    label_en: str
    unit: str
    parent: str | None = None
    relation: str | None = None


class Applicant(NamedTuple):
    """One applicant column of table 3."""

    code: str
    label_zh: str
    label_en: str
    parent: str | None = None


class Column(NamedTuple):
    """One value column; ``path`` holds the header labels above it, outermost first."""

    label: str
    variants: tuple[str, ...] = ()
    path: tuple[str, ...] = ()


class Target(NamedTuple):
    """What the figure in one value cell means."""

    indicator: str
    applicant: str | None
    unit: str


class Row(NamedTuple):
    """
    One printed row: its wording without enumerator and note, and its targets.

    ``group`` is the label of the heading row it stands under; a heading row has no
    targets, any other row has one for each column of the set named ``columns``.
    """

    label: str
    number: str = ""
    group: str = ""
    variants: tuple[str, ...] = ()
    note: str = ""
    article: str = ""
    columns: str = ""
    targets: tuple[Target, ...] = ()


class Table(NamedTuple):
    """One table of a form; ``furniture`` is printed words that are no row."""

    name: str
    heading: str
    layout: str
    columns: dict[str, tuple[Column, ...]]
    rows: tuple[Row, ...]
    furniture: tuple[str, ...] = ()


class Form(NamedTuple):
    """One version of the form, the decree that set it and the years it covers."""

    version: str
    family: str
    title_zh: str
    title_en: str
    decree: str
    first_year: int
    last_year: int | None = None
    headings: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every value cell in printed order."""
        rows = (row for table in self.tables for row in table.rows)
        return tuple(target for row in rows for target in row.targets)


class Term(NamedTuple):
    """One figure in a rule; ``previous``: from last year's report of the same body."""

    indicator: str
    applicant: str | None = None
    previous: bool = False
    sign: int = 1


class Rule(NamedTuple):
    """What should hold between figures of one report, or of two years' reports."""

    id: str
    form: str
    kind: str
    basis: str
    severity: str
    left: tuple[Term, ...]
    right: tuple[Term, ...]
    tolerance: float
    message_zh: str
    message_en: str
    source: str = ""


class Codebook(NamedTuple):
    """Everything one folder of knowledge files says, verified."""

    indicators: dict[tuple[str, str], Indicator]
    applicants: dict[str, Applicant]
    forms: dict[str, Form]
    rules: dict[str, tuple[Rule, ...]]


@lru_cache(maxsize=65536)
def label_key(text: str) -> str:
    """Reduce a label to what identifies it: no enumerator, note, punctuation, space."""
    text = fold(text).replace("其它", "其他")
    start = _ENUMERATORS.match(text)
    text = _NAMES.sub(r"\1", text[start.end() :] if start else text)
    return _MARKS.sub("", _NOTES.sub("", text)) or _MARKS.sub("", text)


def indicators() -> dict[tuple[str, str], Indicator]:
    """Give every indicator by (form, code)."""
    return _codebook().indicators


def applicants() -> dict[str, Applicant]:
    """Give the seven applicant columns of table 3 in printed order."""
    return _codebook().applicants


def forms() -> dict[str, Form]:
    """Give every form by key: 2014, 2019, 2021, dingxi, shanghai."""
    return _codebook().forms


def rules(form_key: str) -> tuple[Rule, ...]:
    """Give the rules of one form, written out; CodebookError for an unknown form."""
    return _find(_codebook().rules, form_key, "form", "codebook")


def entries(form_key: str | None = None) -> list[dict[str, str | None]]:
    """
    List a flat record of each value cell, of one form or of all.

    ``form``, ``indicator`` and ``applicant`` are those of the facts: join on them.
    """
    keys = forms() if form_key is None else [form_key]
    return [record for key in keys for record in _list_cells(key, rules(key))]


def _list_cells(key: str, found: tuple[Rule, ...]) -> Iterator[dict[str, str | None]]:
    uses = [(rule.id, {t[:2] for t in rule.left + rule.right}) for rule in found]
    form = forms()[key]
    for table in form.tables:
        for row, cell in ((r, target) for r in table.rows for target in r.targets):
            one = indicators()[key, cell.indicator]
            yield {
                "form": form.version,
                "family": form.family,
                "table": table.name,
                "indicator": cell.indicator,
                "applicant": cell.applicant,
                "label_zh": one.label_zh,
                "label_en": one.label_en,
                "unit": cell.unit,
                "article": row.article,
                "rules": " ".join(name for name, cells in uses if cell[:2] in cells),
            }


@cache
def _codebook() -> Codebook:
    return load_codebook(CODEBOOKS)


def load_codebook(folder: Traversable) -> Codebook:
    """Load and verify a folder; CodebookError for what is doubled, unknown, missing."""
    book = Codebook({}, {}, {}, {})
    for place, one in _read_csv(folder, "applicants.csv", Applicant):
        _add(book.applicants, one.code, one, place)
    for place, one in _read_csv(folder, "indicators.csv", Indicator):
        _add(book.indicators, (one.form, one.code), one, place)
    for one in book.indicators.values():
        if one.parent:
            where = f"indicators.csv, {one.form} {one.code}"
            _find(book.indicators, (one.form, one.parent), "parent", where)
    for path in sorted(folder.joinpath("forms").iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            key = path.name.removesuffix(".toml")
            book.forms[key] = _load_form(path, key, book)
    cells = {(key, t.indicator) for key in book.forms for t in book.forms[key].targets}
    for form, code in (key for key in book.indicators if key not in cells):
        where = f"indicators.csv: {form} {code} has no row in forms/{form}.toml"
        raise CodebookError(f"{where}; add it there or strike it here")
    _load_rules(folder, book)
    return book


def _load_form(path: Traversable, key: str, book: Codebook) -> Form:
    place = f"forms/{path.name}"
    data = read_toml(path)
    tables = [_to_table(table, key, place, book) for table in data.get("tables", ())]
    form = _record(Form, data | {"tables": tables}, place)
    cells: dict = {}
    for target in form.targets:
        _add(cells, target[:2], target, place)
    return form


def _to_table(data: dict, form: str, place: str, book: Codebook) -> Table:
    place = f"{place}, table {data.get('name', '?')}"
    sets, paths, rows = data.get("columns", {}), {}, []
    columns = {name: _to_columns(sets[name], f"{place}, {name}") for name in sets}
    for data_row in data.get("rows", ()):
        where = f"{place}, row {data_row.get('number', '')}{data_row.get('label', '?')}"
        row = _to_row(data_row, form, where, sets, book)
        _find({"", *sets, *(row.label for row in rows)}, row.group, "group", where)
        for label in dict.fromkeys(map(label_key, (row.label, *row.variants))):
            _add(paths, (label_key(row.group), label), row, where)
        rows.append(row)
    table = _record(Table, data | {"columns": columns, "rows": rows}, place)
    _find(LAYOUTS, table.layout, "layout", place)
    return table


def _to_columns(cells: list[dict], place: str) -> tuple[Column, ...]:
    own = ("applicant", "suffix")  # what a column adds to its targets
    known = [{k: v for k, v in cell.items() if k not in own} for cell in cells]
    columns = tuple(_record(Column, cell, place) for cell in known)
    paths: dict = {}
    for one in columns:
        for label in dict.fromkeys(map(label_key, (one.label, *one.variants))):
            _add(paths, (*map(label_key, one.path), label), one, place)
    return columns


def _to_row(data: dict, form: str, place: str, sets: dict, book: Codebook) -> Row:
    group = data.get("group", "")
    name = data.get("columns", group if group in sets else next(iter(sets), ""))
    cells = _find(sets, name, "column set", place)
    codes = data.get("codes", [data["code"]] * len(cells) if "code" in data else [])
    if len(codes) not in (0, len(cells)):
        problem = f"{len(codes)} codes for {len(cells)} columns"
        raise CodebookError(f"{place}: {problem}; give one code for each column")
    targets = []
    for code, cell in zip(codes, cells, strict=False):
        code, who = code + cell.get("suffix", ""), cell.get("applicant")
        unit = _find(book.indicators, (form, code), "indicator", place).unit
        if who is not None:
            _find(book.applicants, who, "applicant", place)
        targets.append(Target(code, who, unit))
    plain = {k: v for k, v in data.items() if k not in ("code", "codes")}
    return _record(Row, plain | {"columns": name, "targets": targets}, place)


def _load_rules(folder: Traversable, book: Codebook) -> None:
    found: dict[str, dict[str, Rule]] = {key: {} for key in book.forms}
    for entry in read_toml(folder.joinpath("rules.toml")).get("rules", ()):
        place = f"rules.toml, rule {entry.get('id', '?')}"
        for key in entry.get("forms", ()):
            _find(book.forms, key, "form", place)
            for rule in _to_rules(entry, key, place, book):
                _add(found[key], rule.id, rule, place)
    book.rules.update((key, tuple(rules.values())) for key, rules in found.items())


def _to_rules(entry: dict, key: str, place: str, book: Codebook) -> Iterator[Rule]:
    form = book.forms[key]
    cells = {target[:2] for target in form.targets}
    severity = _find(SEVERITIES, entry.get("basis"), "basis", place)
    for tail, given, zh, en in _repeat(entry.get("each", ""), key, place, book):
        data = {"tolerance": 0, "severity": severity, "form": key} | entry
        data["id"] = f"{key}.{entry.get('id')}{tail}"
        for side in ("left", "right"):
            data[side] = [_to_term(t, given, place) for t in entry.get(side, ())]
            for term in data[side] or [Term("")]:
                _find(cells, term[:2], f"value cell on the {side}", place)
        data["message_zh"] = entry.get("message_zh", "").replace("{each}", zh) or None
        data["message_en"] = entry.get("message_en", "").replace("{each}", en) or None
        data["source"] = entry.get("source", "").replace("{decree}", form.decree)
        data = {k: v for k, v in data.items() if k not in ("each", "forms")}
        rule = _record(Rule, data, place)
        _find(RULE_KINDS, rule.kind, "kind", place)
        yield rule


def _repeat(
    each: str, key: str, place: str, book: Codebook
) -> list[tuple[str, dict[str, str], str, str]]:
    """List the copies of an entry: id ending, what each term gets, labels."""
    cells = [cell for cell in book.forms[key].targets if cell.applicant]
    people = [book.applicants[c] for c in dict.fromkeys(c.applicant for c in cells)]
    rows = [book.indicators[key, c] for c in dict.fromkeys(c.indicator for c in cells)]
    copies = {
        "": [("", {}, "", "")],
        "applicant": [(f".{p.code}", {"applicant": p.code}, *p[1:3]) for p in people],
        "row": [(f".{i.code}", {"indicator": i.code}, *i[4:6]) for i in rows],
        "period": [
            ("", {}, "本期", "this period"),
            (CUMULATIVE, {"suffix": CUMULATIVE}, "累计", "cumulative"),
        ],
    }
    return _find(copies, each, "each", place)


def _to_term(term: str | dict, given: dict[str, str], place: str) -> Term:
    data = given | ({"indicator": term} if isinstance(term, str) else term)
    suffix = data.pop("suffix", "")
    term = _record(Term, data, place)
    return term._replace(indicator=term.indicator + suffix)


def _read_csv(folder: Traversable, name: str, kind: type) -> Iterator[tuple[str, Any]]:
    for line, row in enumerate(read_csv(folder.joinpath(name)), start=2):
        place = f"{name}, line {line}"
        data: dict = {key: value or None for key, value in row.items()}
        data["code"] = data.pop(name.removesuffix("s.csv"), None)
        if "order" in data:
            order = data["order"] or ""
            data["order"] = int(order) if order.isdecimal() else None
        yield place, _record(kind, data, place)


def _record(kind: type, data: dict[str, Any], place: str) -> Any:
    """Make a named tuple from a table, lists frozen; no key may lack or be unknown."""
    for key in kind._fields:
        if data.get(key) is None and key not in kind._field_defaults:
            raise CodebookError(f"{place}: {key!r} is missing; add it")
    for key in data:
        _find(kind._fields, key, "key", place)
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})


def _find(book: Collection, key: Any, what: str, place: str) -> Any:
    if key not in book:
        hint = "correct it or add it"
        if len(book) <= 12:
            hint = "use one of " + ", ".join(map(repr, book))
        raise CodebookError(f"{place}: unknown {what} {key!r}; {hint}")
    return book[key] if isinstance(book, dict) else key


def _add(book: dict, key: Any, value: Any, place: str) -> None:
    if key in book:
        raise CodebookError(f"{place}: {key!r} is there twice; remove one")
    book[key] = value
