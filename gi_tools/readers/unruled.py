"""Lines of a table without rules: labels wrapped around their figures made whole."""

from __future__ import annotations

from itertools import pairwise

import regex

from gi_tools.readers.paper import GAP, TextLine, join_lines

MOST = 3  # lines of a label above its figures, and as many below
TIGHT = 0.35  # of the line height: a wider gap parts two labels
MIDDLE = 0.4  # of the line height by which figures may stand off their label's middle

_FIGURE = regex.compile(r"[\d.,%+\-－—–/]{1,18}|无")
_HAN = regex.compile(r"\p{Han}")
_NUMBER = regex.compile(
    r"[(（]?[一二三四五六七八九十]{1,3}[)）、.．,，]|\d{1,2}\s?[.．、)）](?!\d)"
)


def gather_labels(lines: list[TextLine]) -> list[TextLine]:
    """
    Put labels of several lines in front of the figures that stand at their middle.

    Where no rule parts the rows, such figures would otherwise lose their label.
    """
    gathered: list[TextLine] = []
    done = 0
    for at, line in enumerate(lines):
        if at < done:
            continue
        if reach := _find_reach(lines, at, done):
            above, below = gathered[-reach:], lines[at + 1 : at + 1 + reach]
            del gathered[-reach:]
            line, done = _wrap(above, line, below), at + 1 + reach
        gathered.append(line)
    return gathered


def _find_reach(lines: list[TextLine], at: int, done: int) -> int:
    """How many lines above and below a row of figures are its label."""
    if not _is_figures(lines[at]):
        return 0
    for reach in range(min(MOST, at - done, len(lines) - at - 1), 0, -1):
        above, below = lines[at - reach : at], lines[at + 1 : at + 1 + reach]
        if _is_label(above, lines[at], below):
            return reach
    return 0


def _is_figures(line: TextLine) -> bool:
    """Whether a line is figures in columns, with or without a label before them."""
    first, *rest = line.text.split(GAP)
    is_row = all(map(_FIGURE.fullmatch, rest))
    return bool(rest) and is_row and bool(_FIGURE.fullmatch(first) or len(rest) > 1)


def _is_label(above: list[TextLine], row: TextLine, below: list[TextLine]) -> bool:
    """Whether lines of text stand around a row as the lines of one label do."""
    lines = above + below
    if any(GAP in line.text or not _HAN.search(line.text) for line in lines):
        return False
    if any(_NUMBER.match(line.text) for line in lines[1:]):
        return False
    first, last, size = lines[0], lines[-1], lines[0].size
    middle = first.top + last.bottom - row.top - row.bottom
    label = row.text.split(GAP)[0]
    own = [] if _FIGURE.fullmatch(label) else [row]
    if own and _NUMBER.match(label):
        return False
    gaps = (b.top - a.bottom for a, b in pairwise([*above, *own, *below]))
    is_block = all(abs(line.left - first.left) < size for line in lines + own)
    return (
        abs(middle) / 2 < MIDDLE * size
        and is_block
        and all(gap < TIGHT * size for gap in gaps)
    )


def _wrap(above: list[TextLine], row: TextLine, below: list[TextLine]) -> TextLine:
    label, *figures = row.text.split(GAP)
    if _FIGURE.fullmatch(label):
        label, figures = "", [label, *figures]
    text = ""
    for part in (*(n.text for n in above), label, *(n.text for n in below)):
        text = join_lines(text, part, " ")
    left = min(line.left for line in (*above, row))
    return row._replace(text=GAP.join((text, *figures)), left=left)
