"""A function that draws on Axes to an image element, quickly and without a display."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from gi_tools.plots.style import list_settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE, DPI = (9.6, 4.2), 100
BOX = (0.08, 0.34, 0.9, 0.58)


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
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    data = io.BytesIO()
    with mpl.rc_context(list_settings(lang)):
        figure = Figure(figsize=size, dpi=DPI)
        axes = figure.add_axes(box)
        paint(axes)
        FigureCanvasAgg(figure).print_png(data, pil_kwargs={"compress_level": 1})
    alt = axes.get_title()
    code = base64.b64encode(data.getvalue()).decode("ascii")
    return (
        f'<img style="max-width:100%" alt="{escape(alt)}" '
        f'src="data:image/png;base64,{code}">'
    )
