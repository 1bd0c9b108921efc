"""A figure that differs from its cells in, the slips that would explain it out."""

from __future__ import annotations

from collections.abc import Iterator

from gi_tools.codebook import CUMULATIVE
from gi_tools.comparisons import Table
from gi_tools.slips import name_slip
from gi_tools.wordings import find_group, find_parts, list_rows

Slip = tuple[str, str]  # its name, and the cells it took


def explain(
    value: float, codes: tuple[str, ...], table: Table, last: Table | None
) -> list[Slip]:
    """
    List the slips that would have made ``value`` out of these cells, likeliest first.

    column: another applicant's column; row: one row for the sum or total of several;
    row_column: both; group: the group for one of its rows; last_year;
    neighbour_copied: the row above or below; sum: that row added; then those of
    ``name_slip``. A figure of 0 is explained by nothing: nearly every table holds 0.
    """
    if not value:
        return []
    found = [
        slip for slip, amount in _list_cells(codes, table, last) if amount == value
    ]
    right = table.add(codes)
    if right is not None and (name := name_slip(value, right)):
        found.append((name, "+".join(codes)))
    return list(dict.fromkeys(found))


def _list_cells(
    codes: tuple[str, ...], table: Table, last: Table | None
) -> Iterator[tuple[Slip, float | None]]:
    columns = [
        a for code, a in table.cells if code == codes[0] and a not in ("total", None)
    ]
    for who in columns:
        yield ("column", _write(codes, who)), table.add(codes, who)
    twin = {code: _find_twin(code) for code in codes}
    if all((code, None) in table.cells for code in twin.values()):
        yield ("column", "+".join(twin.values())), table.add(tuple(twin.values()))
    parts = find_parts(table.form).get(codes[0], ()) if len(codes) == 1 else codes
    for code in parts:
        yield ("row", _write([code], _own(table, code))), table.get(code)
    if len(codes) > 1:
        for code, who in ((code, who) for code in codes for who in columns):
            yield ("row_column", _write([code], who)), table.get(code, who)
    else:
        group = find_group(table.form, codes[0])
        if len(group) > 1:
            yield ("group", _write(group, _own(table, group[0]))), table.add(group)
    if last and last.form == table.form:
        yield ("last_year", "+".join(codes)), last.add(codes)
    for code in _list_neighbours(codes, table.form):
        here = _write([code], _own(table, code))
        yield ("neighbour_copied", here), table.get(code)
        yield ("sum", f"{'+'.join(codes)}+{here}"), table.add((*codes, code))


def _find_twin(code: str) -> str:
    """The other column of a pre-2014 sheet: this period, or all so far."""
    plain = code.removesuffix(CUMULATIVE)
    return plain if plain != code else code + CUMULATIVE


def _list_neighbours(codes: tuple[str, ...], form: str) -> list[str]:
    rows = list_rows(form)
    places = [rows.index(code) for code in codes if code in rows]
    if not places:
        return []
    around = (min(places) - 1, max(places) + 1)
    return [rows[i] for i in around if 0 <= i < len(rows) and rows[i] not in codes]


def _own(table: Table, code: str) -> str | None:
    return table.find_column(code)[1]


def _write(codes: tuple[str, ...] | list[str], applicant: str | None) -> str:
    end = f"[{applicant}]" if applicant else ""
    return "+".join(code + end for code in codes)
