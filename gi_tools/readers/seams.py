"""Tables cut by page breaks to whole grids: parts joined by their columns."""

from __future__ import annotations

from bisect import bisect_left

import regex

from gi_tools.documents import Cell, Grid
from gi_tools.readers.paper import Part, PartCell, join_lines

SAME_EDGE = 4.0  # points by which a column may stand off on the next page
SHARED = 0.75  # of the edges of the part with fewer, to be the same columns
LONGEST_HEAD = 6  # rows of a repeated header

_HAN = regex.compile(r"\p{Han}")
_NUMBER = regex.compile(
    r"\s*(?:[(（]?[一二三四五六七八九十]{1,3}[)）、.．,，]|\d{1,2}\s?[.．、)）](?!\d))"
)
_UNIT = regex.compile(r"\s*(?:人?次|[件条个人篇份项]|万?元)\s*")
_BEGINNING = regex.compile(r"\s*(?:第.{1,8}[条項项章]|其中|总计|合计|小计)")


def stitch(above: Part, below: Part) -> Part | None:
    """
    Join a table to its continuation on the next page; None when it is another table.

    A repeated header is left out, a row or a group label cut in two is put together.
    """
    below = _align(above, below)
    if below is None:
        return None
    xs = sorted({*above.xs, *below.xs})
    head = _find_head(above, below)
    rest = [cell for cell in below.cells if cell.top >= head]
    below = below._replace(height=below.height - head)
    shift = above.height - head
    if is_cut := _is_cut(above, rest, head, below.opened and not head):
        shift -= 1
    moved = [
        PartCell(top + shift, bottom + shift, *more) for top, bottom, *more in rest
    ]
    cells = _join_cells(above, moved, is_cut)
    height = above.height + below.height - is_cut
    return above._replace(
        xs=xs,
        height=height,
        cells=cells,
        last_page=below.page,
        unclosed=below.unclosed,
    )


def _align(above: Part, below: Part) -> Part | None:
    """Bring the columns of a part to those of the one above, if they are the same."""
    # Pages bound on both sides have mirrored margins.
    aside = above.xs[0] - below.xs[0]
    if abs(above.xs[-1] - below.xs[-1] - aside) > SAME_EDGE:
        return None
    places = {x: _nearest(x + aside, above.xs) for x in below.xs}
    known = set(above.xs)
    shared = sum(place in known for place in places.values())
    if shared < SHARED * min(len(above.xs), len(below.xs)):
        return None
    cells = [
        PartCell(top, bottom, places[left], places[right], *more)
        for top, bottom, left, right, *more in below.cells
    ]
    return below._replace(xs=sorted(places.values()), cells=cells)


def _nearest(x: float, places: list[float]) -> float:
    at = bisect_left(places, x)
    near = min(places[max(at - 1, 0) : at + 1], key=lambda place: abs(place - x))
    return near if abs(near - x) <= SAME_EDGE else x


def _find_head(above: Part, below: Part) -> int:
    """Count the header rows that the new page repeats from the top of the table."""
    for height in range(min(LONGEST_HEAD, below.height - 1, above.height), 0, -1):
        first, again = _top_rows(above, height), _top_rows(below, height)
        if first and first == again and _HAN.search("".join(c[-1] for c in first)):
            return height
    return 0


def _top_rows(part: Part, height: int) -> list[tuple] | None:
    """The first rows, texts without blanks; None when a cell runs on below them."""
    rows = []
    for cell in part.cells:
        if cell.top < height:
            text = "".join(cell.text.split())
            if cell.bottom > height or (text and not _HAN.search(text)):
                return None
            rows.append((cell.top, cell.left, cell.right, text))
    return sorted(rows)


def _last_row(part: Part) -> dict[tuple[float, float], PartCell]:
    return {(c.left, c.right): c for c in part.cells if c.bottom == part.height}


def _is_cut(above: Part, rest: list[PartCell], first: int, is_open: bool) -> bool:
    """Whether the first row of the new page is the end of the last row above."""
    last = _last_row(above)
    row = [cell for cell in rest if cell.top == first]
    pairs = [(last.get((cell.left, cell.right)), cell) for cell in row]
    if any(upper is None for upper, _ in pairs):
        return False
    own = [(a, b) for a, b in pairs if a.bottom - a.top == 1 and b.bottom - b.top == 1]
    labels = [(a, b) for a, b in own if _HAN.search(b.text)]
    if any(a.text and b.text for a, b in own if (a, b) not in labels):
        return False  # a figure stands on both pages: these are two rows
    if any(_begins(b) for _, b in labels):
        return False
    if above.unclosed and is_open:
        return True
    if len(labels) != 1:
        return False
    upper = labels[0][0]
    # A unit that stands above alone; a line that is full where labels are wrapped.
    has_unit = any(_UNIT.fullmatch(a.text) and not b.text for a, b in own)
    return has_unit or bool(_NUMBER.match(upper.text)) or _is_wrapped(above, upper)


def _is_wrapped(part: Part, cell: PartCell) -> bool:
    column = (c for c in part.cells if (c.left, c.right) == (cell.left, cell.right))
    return cell.is_full and any(c.lines > 1 for c in column)


def _join_cells(above: Part, moved: list[PartCell], is_cut: bool) -> list[PartCell]:
    """Put the parts of cut cells together, all of a cut row, else group labels."""
    last = _last_row(above)
    first = min((cell.top for cell in moved), default=0)
    joined: dict[PartCell, PartCell] = {}
    rest = []
    for cell in moved:
        upper = last.get((cell.left, cell.right)) if cell.top == first else None
        if upper is not None and (is_cut or _runs_on(upper, cell)):
            joined[upper] = _join(upper, cell)
        else:
            rest.append(cell)
    return [joined.get(cell, cell) for cell in above.cells] + rest


def _begins(cell: PartCell) -> bool:
    """Whether a label begins here, by its number or its first word."""
    return bool(_NUMBER.match(cell.text) or _BEGINNING.match(cell.text))


def _runs_on(upper: PartCell, lower: PartCell) -> bool:
    """Whether a group label over several rows goes on below the break."""
    if upper.bottom - upper.top == 1 and lower.bottom - lower.top == 1:
        return False
    if _is_again(upper, lower):
        return bool(upper.text)
    # The number itself may be cut: 三 above, 、本年度办理结果 below.
    if not _NUMBER.match(upper.text + lower.text):
        return False
    return not lower.text or bool(_HAN.search(lower.text) and not _begins(lower))


def _is_again(upper: PartCell, lower: PartCell) -> bool:
    return "".join(upper.text.split()) == "".join(lower.text.split())


def _join(upper: PartCell, lower: PartCell) -> PartCell:
    text = upper.text
    if not (_is_again(upper, lower) and lower.bottom - lower.top > 1):
        text = join_lines(upper.text, lower.text, "\n")
    confidence = min(upper.confidence, lower.confidence)
    return upper._replace(bottom=lower.bottom, text=text, confidence=confidence)


def to_grid(part: Part, number: int) -> Grid:
    """Give the cells of a table their rows and columns, from 1."""
    column = {x: n for n, x in enumerate(part.xs)}
    rows: list[list[Cell]] = [[] for _ in range(part.height)]
    for cell in sorted(part.cells, key=lambda cell: (cell.top, cell.left)):
        left, right = column[cell.left], column[cell.right]
        size = cell.bottom - cell.top, right - left
        place = cell.top + 1, left + 1
        rows[cell.top].append(Cell(cell.text, *place, *size, cell.confidence))
    return Grid(number, tuple(map(tuple, rows)), len(part.xs) - 1, part.page)
