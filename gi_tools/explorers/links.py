"""Figures of a report's prose to rows that say what the tables have, and where."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from pandas import DataFrame

from gi_tools.agreement import compare_claims
from gi_tools.codebook import indicators
from gi_tools.explorers.views import show_number
from gi_tools.explorers.words import say, sign
from gi_tools.facts import iterate
from gi_tools.registers import list_claims
from gi_tools.reports import Report

WORDS = {"agree": "agrees", "differ": "differs", "no_cell": "no_cell"}
MOST, LONGEST = 500, 80  # rows shown; characters of the labels of one
HEADS = ("verdict", "label", "stated", "table_value", "quote")


class Link(NamedTuple):
    """One figure of the prose, the places of its cells, and its row as HTML."""

    place: str
    cells: tuple[str, ...]
    shown: str


def place_cells(facts: DataFrame) -> dict[tuple[str, str | None], str]:
    """Give the place of each table cell by indicator and applicant."""
    rows = iterate(facts, ("indicator", "applicant", "origin", "place"))
    return {row[:2]: row[3] for row in rows if row[2] == "table"}


def link_claims(report: Report, facts: DataFrame, lang: str) -> list[Link]:
    """Compare every figure and share of the prose with the cells that it means."""
    claims = list_claims(report)
    places = dict(zip(claims.order, claims.place, strict=True))
    cells = place_cells(facts)
    found = compare_claims(report)
    found = found[found.kind.isin(["figure", "share"])].head(MOST)
    return list(_link(found, places, cells, report.form_key, lang))


def _link(
    found: DataFrame, places: dict, known: dict, form: str | None, lang: str
) -> Iterator[Link]:
    for row in found.itertuples(index=False):
        codes = row.cells.split("+") if row.cells else []
        spots = (known.get((c, "total")) or known.get((c, None)) for c in codes)
        spots = tuple(spot for spot in spots if spot)
        word = WORDS.get(row.verdict, "unknown")
        labels = (indicators().get((form, code)) for code in codes)
        names = [getattr(one, f"label_{lang}") for one in labels if one]
        shown = " + ".join(names or codes)
        shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
        told = sign(lang, word, value=show_number(row.table))
        lead = f' data-id="{escape(spots[0])}"' if spots else ""
        cells = f"<td><div>{told}</div></td><td>{escape(shown)}</td>"
        cells += (
            f"<td>{show_number(row.stated)}</td><td{lead}>{show_number(row.table)}</td>"
        )
        cells += f"<td>{escape(row.quote[:200])}</td>"
        yield Link(places.get(row.order, ""), spots, cells)


def list_links(links: list[Link], lang: str) -> str:
    """Write the rows as a table: a number picks a row, a place the cell it has."""
    heads = "".join(f"<th>{escape(say(lang, head))}</th>" for head in HEADS)
    rows = "".join(
        f'<tr data-id="{number}">{link.shown}</tr>' for number, link in enumerate(links)
    )
    none = "" if links else f"<p>{escape(say(lang, 'none'))}</p>"
    return f"<table><tr>{heads}</tr>{rows}</table>{none}"
