"""A function that draws on Axes to an image element, quickly and without a display."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from functools import cache
from html import escape
from threading import Lock
from typing import TYPE_CHECKING

from gi_tools.plots.style import list_settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg

_ONE_AT_A_TIME = Lock()  # the canvas and matplotlib's settings are the process's
SIZE, DPI = (9.6, 4.2), 100
BOX = (0.08, 0.34, 0.9, 0.58)
UNDER = 19  # points from the axes to the label under them, ticks between
# On a screen: fitting Chinese glyphs to the grid of dots, and a place for the title
# found by laying out all ticks, take a fifth of the drawing.
SCREEN = {"text.hinting": "none", "axes.titley": 1.0}


def draw(
    paint: Callable[[Axes], object],
    lang: str = "zh",
    size: tuple[float, float] = SIZE,
    box: tuple[float, float, float, float] = BOX,
) -> str:
    """
    Draw on a figure of ``size`` inches; give it as an image element.

    ``box`` is where the axes stand, in shares of the figure: laying them out by
    what they hold takes longer than drawing them.
    """
    import matplotlib as mpl

    data, canvas = io.BytesIO(), _open_canvas(size)
    with _ONE_AT_A_TIME, mpl.rc_context(list_settings(lang) | SCREEN):
        axes = canvas.figure.add_axes(box)
        try:
            paint(axes)
            _spare_layout(axes)
            canvas.print_png(data, pil_kwargs={"compress_level": 1})
            alt = axes.get_title("left")
        finally:
            canvas.figure.delaxes(axes)
    code = base64.b64encode(data.getvalue()).decode("ascii")
    return (
        f'<img style="max-width:100%" alt="{escape(alt)}" '
        f'src="data:image/png;base64,{code}">'
    )


@cache
def _open_canvas(size: tuple[float, float]) -> FigureCanvasAgg:
    """One canvas a size: it remembers how wide the texts drawn before are."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    return FigureCanvasAgg(Figure(figsize=size, dpi=DPI))


def _spare_layout(axes: Axes) -> None:
    """
    Keep the ticks in view, and put the labels of the axes where they mostly are.

    Ticks out of view are made and measured for nothing; to place the labels all
    ticks are measured once more.
    """
    from matplotlib.transforms import ScaledTranslation

    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        axis.set_ticks([tick for tick in axis.get_ticklocs() if low <= tick <= high])
    under = ScaledTranslation(0, -UNDER / 72, axes.figure.dpi_scale_trans)
    axes.xaxis.set_label_coords(0.5, 0, axes.transAxes + under)
    if not axes.get_ylabel():
        axes.yaxis.set_label_coords(0, 0.5)
