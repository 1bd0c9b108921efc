"""The tables of a form, a line before each, in the dresses of the simulation."""

from functools import partial

from gi_tools.simulation.dresses import DRESSES, FULL_DRESSES
from gi_tools.simulation.layouts import Line, to_sheets


def make_blocks(form, cells):
    """A title, then every table with a line after it."""
    lines = [Line("以下为下一部分。")] * 3
    sheets = to_sheets(form, cells)
    return [
        Line("2020年统计表"),
        *(block for pair in zip(sheets, lines, strict=False) for block in pair),
    ]


def dress_cells(write, form, cells):
    """The tables of a form, written in one dress."""
    return write(make_blocks(form, cells))


RENDERINGS = {name: partial(dress_cells, write) for name, write in DRESSES.items()}
FULL_RENDERINGS = {
    name: partial(dress_cells, write) for name, write in FULL_DRESSES.items()
}
to_html = RENDERINGS["html"]
