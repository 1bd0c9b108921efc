"""Tables that leave no choice: their cells are read off at once, row by row."""

from __future__ import annotations

from gi_tools.items import Found
from gi_tools.rows import PADDED, find_code
from gi_tools.tokens import Token


def read_plain(
    tokens: list[Token], rows: list[Found]
) -> tuple[list[Token], list[Token]] | None:
    """
    The cells and the row codes of a table, or None if a row of it leaves a choice.

    Most tables are a grid with all rows of the form: in each its label, perhaps its
    unit and its code, then a cell for each column, in the order of the form. Nothing
    else that ``settle_rows`` weighs can matter then, and it would say the same.
    """
    is_coded = find_code(rows[0][1][0].indicator).isdigit()
    cells: list[Token] = []
    codes: list[Token] = []
    lines: list[int] = []
    order = None
    for (_, _, end, _), targets, stop, heads in rows:
        start = end + (end < stop and tokens[end].is_note) + is_coded
        width, line = len(targets), tokens[end - 1].row
        after = start + width
        if after > stop or (after < len(tokens) and tokens[after].row == line):
            return None
        if heads is not order:
            order = heads
            if heads and heads.order != tuple(range(width)):
                return None
        if is_coded:
            code = tokens[start - 1]
            if code.text.rstrip("*") != find_code(targets[0].indicator):
                return None
            codes.append(code)
        elif "0" in (first := tokens[start].text) and PADDED.fullmatch(first.strip()):
            return None  # perhaps the number of the row
        cells += tokens[start:after]
        lines += [line] * width
    plain = [
        cell.row
        for cell in cells
        if cell.is_slot and not cell.is_note and cell.dress == "grid"
    ]
    return (cells, codes) if plain == lines else None
