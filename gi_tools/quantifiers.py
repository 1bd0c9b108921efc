"""Words of quantity in prose (均, 全部) against the cells they speak of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import regex

from gi_tools.comparisons import Comparison, Table
from gi_tools.text import simplify_script
from gi_tools.wordings import find_parts, load_knowledge

MOST = 200_000  # characters of a report that are looked at
SHOWN = 80
_REST = regex.compile("其余|其他|其它|剩余|另外|除")  # not all of it then
_SENTENCE = regex.compile(r"[^。；;\n]{2,600}")


def compare_all(text: str, table: Table) -> Iterator[Comparison]:
    """
    Compare what a text says of all reviews, lawsuits or requests with their cells.

    ``stated`` is the whole as the table gives it, ``table`` the part that the prose
    takes for the whole; what else there is comes as ``source``.
    """
    seen: set[tuple] = set()
    for sentence in _SENTENCE.findall(simplify_script(text[:MOST])):
        for entry, words, about in _patterns(table.form):
            found = words.search(sentence)
            scope = _find_scope(sentence, found.start()) if found else ""
            if not found or _REST.search(scope) or not about.search(scope):
                continue
            for pair in map(tuple, entry["pairs"]):
                if pair not in seen and (row := _compare(pair, table)):
                    seen.add(pair)
                    yield row._replace(quote=_quote(sentence, found.end()))


def _find_scope(sentence: str, end: int) -> str:
    """The words before, from 其中 on: 复议3件、诉讼2件，其中诉讼均被驳回."""
    return sentence[max(sentence.rfind("其中", 0, end), 0) : end]


def _quote(sentence: str, end: int) -> str:
    return sentence[max(end - SHOWN, 0) : end].strip()


def _compare(pair: tuple, table: Table) -> Comparison | None:
    whole, part = table.get(pair[0]), table.get(pair[1])
    if whole == 0 or table.find_low(pair) is None:
        return None  # of none, all may be said
    head = (table.report_id, table.agency, table.year, -1, "all")
    figures = (pair[1], "word", whole, part, None)
    row = Comparison(*head, *figures, "unclear", "blank", "", "", 0, False, "")
    if whole is None or part is None:
        return row
    others = [
        code for code in find_parts(table.form).get(pair[0], ()) if code != pair[1]
    ]
    rest = "+".join(code for code in others if table.get(code))
    verdict = "agree" if whole == part else "differ"
    row = row._replace(gap=part - whole, verdict=verdict, reason="")
    return row._replace(explanation="rest", source=rest) if rest and row.gap else row


@cache
def _patterns(
    form: str,
) -> tuple[tuple[dict[str, Any], regex.Pattern, regex.Pattern], ...]:
    entries = [entry for entry in load_knowledge()["all"] if form in entry["forms"]]
    return tuple(
        (e, regex.compile(e["words"]), regex.compile(e["about"])) for e in entries
    )
