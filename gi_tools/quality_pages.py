"""A statement of quality in, one page of HTML or Markdown out, in either language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING, Any

import regex

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_LINES = 20  # of one kind under one report
MOST_TEXT = 160  # characters of a cell
_MARKS = regex.compile(r"([\\`*_{}\[\]<>|#~!&])")

# Columns of the table of reports: name, group and label in Chinese and English.
COLUMNS = (
    ("reported", ("单元格", "cells"), ("有数", "reported")),
    ("blank", ("单元格", "cells"), ("空白", "blank")),
    ("dash", ("单元格", "cells"), ("横线", "dash")),
    ("none_text", ("单元格", "cells"), ("“无”", "none")),
    ("unreadable", ("单元格", "cells"), ("不可读", "unreadable")),
    ("absent", ("单元格", "cells"), ("缺行", "absent")),
    ("derived", ("单元格", "cells"), ("推得", "derived")),
    ("corrected", ("单元格", "cells"), ("更正", "corrected")),
    ("pass", ("勾稽", "checks"), ("通过", "pass")),
    ("fail", ("勾稽", "checks"), ("不符", "fail")),
    ("soft_fail", ("勾稽", "checks"), ("存疑", "soft")),
    ("unknown", ("勾稽", "checks"), ("未定", "unknown")),
    ("unique", ("疑似误", "suspects"), ("唯一", "unique")),
    ("ambiguous", ("疑似误", "suspects"), ("多解", "ambiguous")),
    ("agree", ("正文", "prose"), ("相符", "agree")),
    ("differ", ("正文", "prose"), ("不符", "differ")),
    ("unclear", ("正文", "prose"), ("未定", "unclear")),
    ("days", ("时限", "delay"), ("晚（天）", "days")),
    ("confidence", ("时限", "delay"), ("日期", "date")),
    ("own", ("文字", "text"), ("同本机关", "own")),
    ("other", ("文字", "text"), ("同他机关", "other")),
    ("hard", ("跨年", "across"), ("矛盾", "hard")),
    ("soft", ("跨年", "across"), ("存疑", "soft")),
)
KINDS = {
    "carry": ("结转衔接", "carried over"),
    "stock": ("文件存量", "documents in force"),
    "revised": ("修订报告", "revised report"),
    "versions": ("同年两份报告", "two reports of a year"),
    "repeated": ("数字重复", "figures repeated"),
    "shared": ("数字与他机关相同", "figures of another body"),
    "reused": ("文字沿用", "text reused"),
    "copied": ("文字与他机关相同", "text of another body"),
    "late": ("晚于期限", "after the deadline"),
    "missing": ("缺报告", "reports missing"),
    "rounded": ("尾数取整", "rounded figures"),
    "uneven": ("尾数不均", "uneven digits"),
    "checks": ("勾稽不符", "failed checks"),
    "suspects": ("疑似误", "suspects"),
    "claims": ("正文与表不符", "prose against table"),
    "traces": ("跨年跨机关", "across years and bodies"),
}
WORDS = {
    "title": ("数据质量报告", "Data quality report"),
    "corpus": ("总体", "All reports"),
    "each": ("各报告", "Each report"),
    "reports": ("份报告", "reports"),
    "kind": ("类别", "kind"),
    "report": ("机关（年度）", "body (year)"),
    "none": ("无可列事项。", "Nothing to list."),
    "more": ("另有 {} 条", "{} more"),
    "total": ("合计", "total"),
    "note": (
        "各类证据分列，不合成一个分数。勾稽通过只说明数字相互一致，不说明数字正确；“存疑”可能合法；"
        "页面日期未必是首次公布日期。",
        "Each kind of evidence stands alone; there is no score. A pass shows that figures "
        "agree, not that they are right; what is soft may be lawful; the date of a page "
        "need not be that of first publication.",
    ),
}
STYLE = (
    "body{font:15px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;margin:2em auto;max-width"
    ":80em;padding:0 1em;color:#1a1a1a}table{border-collapse:collapse;font-size:13px}"
    "th,td{border:1px solid #bbb;padding:2px 6px;text-align:right}th{background:#f2f2f2}"
    "td:first-child,.text td{text-align:left}.wide{overflow-x:auto}summary{cursor:pointer}"
)


def to_html(quality: Any, lang: str, *, whole: bool = True) -> str:
    """Write the page; ``whole`` adds head, style and the lists of each report."""
    at = _place(lang)
    rows = list(quality.reports.to_dict("records"))
    lines = [f"<h1>{WORDS['title'][at]}</h1>", f"<p>{WORDS['note'][at]}</p>"]
    lines += [f"<h2>{WORDS['corpus'][at]}: {len(rows)} {WORDS['reports'][at]}</h2>"]
    heads = [WORDS["kind"][at], *_labels(at)]
    total = [WORDS["total"][at], *(_sum(rows, name) for name, *_ in COLUMNS)]
    kinds = [(name, *counts) for name, *counts in _list_kinds(quality.traces, at)]
    lines += _html_table(heads, [total])
    lines += _html_table([KINDS["traces"][at], "hard", "soft", "n"], kinds)
    lines += [f"<h2>{WORDS['each'][at]}</h2>"]
    body = ([_name(row), *(_show(row.get(n)) for n, *_ in COLUMNS)] for row in rows)
    lines += _html_table([WORDS["report"][at], *_labels(at)], body)
    for row, groups in _list_details(quality, rows, at) if whole else ():
        lines.append(f"<details><summary>{_escape(_name(row))}</summary>")
        for title, items in groups:
            lines.append(f"<h4>{title}</h4><ul>")
            lines += [f"<li>{_escape(item)}</li>" for item in items]
            lines.append("</ul>")
        lines.append("</details>")
    page = "\n".join(lines)
    if not whole:
        return page
    head = f"<meta charset='utf-8'><title>{WORDS['title'][at]}</title>"
    code = ("zh-CN", "en")[at]
    head += f"<style>{STYLE}</style>"
    return f"<!doctype html>\n<html lang='{code}'><head>{head}</head>\n<body>\n{page}\n</body></html>\n"


def to_markdown(quality: Any, lang: str) -> str:
    """Write the same as Markdown; every mark in the text of reports is escaped."""
    at = _place(lang)
    rows = list(quality.reports.to_dict("records"))
    lines = [f"# {WORDS['title'][at]}", "", WORDS["note"][at], ""]
    lines += [f"## {WORDS['corpus'][at]}: {len(rows)} {WORDS['reports'][at]}", ""]
    total = [WORDS["total"][at], *(_sum(rows, name) for name, *_ in COLUMNS)]
    lines += _md_table([WORDS["kind"][at], *_labels(at)], [total])
    kinds = list(_list_kinds(quality.traces, at))
    lines += _md_table([KINDS["traces"][at], "hard", "soft", "n"], kinds)
    lines += [f"## {WORDS['each'][at]}", ""]
    body = ([_name(row), *(_show(row.get(n)) for n, *_ in COLUMNS)] for row in rows)
    lines += _md_table([WORDS["report"][at], *_labels(at)], body)
    for row, groups in _list_details(quality, rows, at):
        lines += [f"### {_mark(_name(row))}", ""]
        for title, items in groups:
            lines += [f"**{title}**", "", *(f"- {_mark(item)}" for item in items), ""]
    return "\n".join(lines) + "\n"


def _place(lang: str) -> int:
    return ("zh", "en").index(lang)


def _labels(at: int) -> list[str]:
    return [f"{group[at]}: {label[at]}" for _, group, label in COLUMNS]


def _name(row: dict) -> str:
    who = row.get("agency") or row.get("file") or row["report_id"]
    return f"{who} ({_show(row.get('year'))})"


def _sum(rows: list[dict], name: str) -> str:
    """Add up counts; what is no count is not added."""
    if name in ("confidence", "own", "other", "days"):
        return ""
    return str(sum(int(row[name]) for row in rows if row.get(name) == row.get(name)))


def _show(value: Any) -> str:
    if value is None or value != value or str(value) == "<NA>":
        return "–"
    if isinstance(value, float):
        return f"{value:.0%}" if 0 < value < 1 else f"{value:g}"
    return str(value)[:MOST_TEXT]


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
        "suspects": _by_report(quality.suspects, None),
        "claims": _by_report(
            quality.claims[quality.claims["verdict"] == "differ"], message
        ),
        "traces": _by_report(_explode(quality.traces), message),
    }
    for row in rows:
        own = [
            (KINDS[k][at], g[row["report_id"]])
            for k, g in groups.items()
            if row["report_id"] in g
        ]
        if own:
            yield row, [(title, _cut(items, at)) for title, items in own]


def _explode(traces: DataFrame) -> DataFrame:
    ids = traces["report_ids"].str.split("; ")
    return traces.assign(report_id=ids).explode("report_id")


def _by_report(frame: DataFrame, message: str | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in frame.to_dict("records"):
        text = row[message] if message else _tell_suspect(row)
        found.setdefault(row["report_id"], []).append(str(text))
    return found


def _tell_suspect(row: dict) -> str:
    who = row.get("applicant")
    cell = row["indicator"] + (f"[{who}]" if isinstance(who, str) else "")
    change = f"{_show(row.get('value'))} → {_show(row.get('proposal'))}"
    return f"{cell} {change} ({row['status']}) {row.get('reason') or ''}"


def _cut(items: list[str], at: int) -> list[str]:
    more = len(items) - MOST_LINES
    return [*items[:MOST_LINES], WORDS["more"][at].format(more)] if more > 0 else items


def _html_table(heads: list[str], rows: Iterable[Iterable]) -> Iterator[str]:
    yield "<div class='wide'><table>"
    yield "<tr>" + "".join(f"<th>{_escape(head)}</th>" for head in heads) + "</tr>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{_escape(cell)}</td>" for cell in row) + "</tr>"
    yield "</table></div>"


def _md_table(heads: list[str], rows: Iterable[Iterable]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(_mark(cell) for cell in row) + " |"
    yield ""


def _escape(value: object) -> str:
    return escape(str(value)[: MOST_TEXT * 4])


def _mark(value: object) -> str:
    text = " ".join(str(value)[: MOST_TEXT * 4].split())
    return _MARKS.sub(r"\\\1", text)
