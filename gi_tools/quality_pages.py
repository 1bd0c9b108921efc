"""A statement of quality in, one page of HTML or Markdown out, in either language."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import regex
from pandas import DataFrame, isna

from gi_tools.exports import show, write_table
from gi_tools.knowledge import CODEBOOKS, read_toml

LANGS = ("zh", "en")
MOST_LINES = 20  # of one kind under one report
MOST_TEXT = 160  # characters of a cell
SHARES = ("common", "own", "other")
_MARKS = regex.compile(r"([\\`*_{}\[\]|#~!])")

_BOOK = read_toml(CODEBOOKS / "quality.toml")
COLUMNS, KINDS = _BOOK["columns"], _BOOK["kinds"]
DATES, WORDS = _BOOK["dates"], _BOOK["words"]
STYLE = (
    "body{font:15px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;margin:2em auto;"
    "max-width:80em;padding:0 1em}table{border-collapse:collapse;font-size:13px}"
    "th,td{border:1px solid #bbb;padding:2px 6px;text-align:right}th{background:#eee}"
    "th{word-break:keep-all}td:first-child{text-align:left;white-space:nowrap}.wide{overflow-x:auto}summary{cursor:pointer}"
)
Block = tuple[str, Any, Any]  # what it is, its title or heads, its rows or items


def to_html(quality: Any, lang: str, *, whole: bool = True) -> str:
    """Write the page; ``whole`` adds head, style and the lists of each report."""
    at = LANGS.index(lang)
    body = "\n".join(
        _to_html(block) for block in _list_blocks(quality, at, details=whole)
    )
    if not whole:
        return body
    title = f"<title>{WORDS['title'][at]}</title><style>{STYLE}</style>"
    head = f"<head><meta charset='utf-8'>{title}</head>"
    code = ("zh-CN", "en")[at]
    return (
        f"<!doctype html>\n<html lang='{code}'>{head}\n<body>\n{body}\n</body></html>"
    )


def to_markdown(quality: Any, lang: str) -> str:
    """Write the same as Markdown; every mark in the text of reports is escaped."""
    blocks = _list_blocks(quality, LANGS.index(lang), details=True)
    return "\n\n".join(map(_to_markdown, blocks)) + "\n"


def _list_blocks(quality: Any, at: int, *, details: bool) -> Iterator[Block]:
    rows = list(quality.reports.to_dict("records"))
    labels = [f"{group[at]}: {label[at]}" for _, group, label in COLUMNS]
    yield "h1", WORDS["title"][at], None
    yield "p", WORDS["note"][at], None
    yield "h2", f"{WORDS['corpus'][at]}: {len(rows)} {WORDS['reports'][at]}", None
    total = [WORDS["total"][at], *(_sum(rows, name) for name, *_ in COLUMNS)]
    yield "table", [WORDS["kind"][at], *labels], [total]
    heads = [KINDS["traces"][at], KINDS["hard"][at], KINDS["soft"][at], "n"]
    yield "table", heads, _list_kinds(quality.traces, at)
    yield "h2", WORDS["each"][at], None
    body = ([_name(row), *_list_values(row, at)] for row in rows)
    yield "table", [WORDS["report"][at], *labels], body
    if details:
        if loose := list(_list_loose(quality.traces, at)):
            yield "details", KINDS["traces"][at], loose
        for row, groups in _list_details(quality, rows, at):
            yield "details", _name(row), groups


def _to_html(block: Block) -> str:
    kind, title, items = block
    if kind == "table":
        rows = ([str(cell)[: MOST_TEXT * 4] for cell in row] for row in items)
        return f"<div class='wide'>{write_table(title, rows)}</div>"
    if kind == "details":
        lists = "\n".join(
            f"<h4>{_escape(name)}</h4><ul>"
            + "".join(f"<li>{_escape(line)}</li>" for line in lines)
            + "</ul>"
            for name, lines in items
        )
        return f"<details><summary>{_escape(title)}</summary>{lists}</details>"
    return f"<{kind}>{_escape(title)}</{kind}>"


def _to_markdown(block: Block) -> str:
    kind, title, items = block
    if kind == "table":
        rows = [title, ["---"] * len(title), *items]
        marked = ([_mark(cell) for cell in row] for row in rows)
        return "\n".join(f"| {' | '.join(row)} |" for row in marked)
    if kind == "details":
        lists = (
            f"**{_mark(name)}**\n\n" + "\n".join(f"- {_mark(line)}" for line in lines)
            for name, lines in items
        )
        return f"### {_mark(title)}\n\n" + "\n\n".join(lists)
    return {"h1": "# ", "h2": "## ", "p": ""}[kind] + title


def _name(row: dict) -> str:
    names = (row.get("agency"), row.get("file"), row["report_id"])
    who = next(name for name in names if name and isinstance(name, str))
    return f"{who} ({_show(row.get('year'))})"


def _sum(rows: list[dict], name: str) -> str:
    """Add up counts; what is no count, or was not looked for, is not added."""
    if name in ("confidence", "own", "other", "days"):
        return ""
    known = [int(row[name]) for row in rows if not isna(row.get(name))]
    return _show(sum(known) if known or not rows else None)


def _list_values(row: dict, at: int) -> Iterator[str]:
    for name, *_ in COLUMNS:
        value = row.get(name)
        if name == "confidence":
            yield DATES[value][at]
        else:
            yield _show(value) if name not in SHARES or isna(value) else f"{value:.0%}"


def _show(value: Any) -> str:
    return show(None if isna(value) else value)[:MOST_TEXT]


def _list_kinds(traces: DataFrame, at: int) -> Iterator[tuple]:
    """Count the findings of each kind, hard and soft, with the comparisons made."""
    for kind, group in traces.groupby("kind", sort=False):
        hard = int((group["severity"] == "hard").sum())
        yield KINDS[kind][at], hard, len(group) - hard, int(group["n"].max())


def _list_details(
    quality: Any, rows: list[dict], at: int
) -> Iterator[tuple[dict, list[tuple[str, list[str]]]]]:
    """Give for each report what there is to say, by kind; silent for clean ones."""
    message = ("message", "message_en")[at]
    groups = {
        "checks": _by_report(
            quality.findings[quality.findings["verdict"] == "fail"], message
        ),
        "suspects": _by_report(quality.suspects, None, ("reason", "reason_en")[at]),
        "claims": _by_report(
            quality.claims[quality.claims["verdict"] == "differ"], message
        ),
        "traces": _by_report(explode(quality.traces), message),
    }
    for row in rows:
        own = [
            (KINDS[k][at], g[row["report_id"]])
            for k, g in groups.items()
            if row["report_id"] in g
        ]
        if own:
            yield row, [(title, _cut(items, at)) for title, items in own]


def _list_loose(traces: DataFrame, at: int) -> Iterator[tuple[str, list[str]]]:
    """List the findings about no report that is there, by kind."""
    message = ("message", "message_en")[at]
    for kind, group in traces[traces["report_ids"] == ""].groupby("kind", sort=False):
        heads = zip(group["agency"], group["years"], group[message], strict=True)
        yield KINDS[kind][at], _cut([f"{a} ({y}): {m}" for a, y, m in heads], at)


def explode(traces: DataFrame) -> DataFrame:
    """Give a row for each report that a finding is about."""
    ids = traces["report_ids"].str.split("; ")
    return traces.assign(report_id=ids).explode("report_id")


def _by_report(
    frame: DataFrame, message: str | None, reason: str = ""
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in frame.to_dict("records"):
        text = row[message] if message else _tell_suspect(row, reason)
        found.setdefault(row["report_id"], []).append(str(text))
    return found


def _tell_suspect(row: dict, reason: str) -> str:
    who = row.get("applicant")
    cell = row["indicator"] + (f"[{who}]" if isinstance(who, str) else "")
    change = f"{_show(row.get('value'))} → {_show(row.get('proposal'))}"
    return f"{cell} {change} ({row['status']}) {row.get(reason) or ''}"


def _cut(items: list[str], at: int) -> list[str]:
    more = len(items) - MOST_LINES
    return [*items[:MOST_LINES], WORDS["more"][at].format(more)] if more > 0 else items


def _escape(value: object) -> str:
    return escape(str(value)[: MOST_TEXT * 4])


def _mark(value: object) -> str:
    text = " ".join(str(value)[: MOST_TEXT * 4].split())
    return _MARKS.sub(r"\\\1", escape(text, quote=False))
