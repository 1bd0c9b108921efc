"""Frames of the panel and the scores to matplotlib Axes, in Chinese or English."""

from gi_tools.plots.comparisons import funnel, ranking, sensitivity
from gi_tools.plots.grids import coverage, heatmap, tilemap
from gi_tools.plots.series import composition, trend
from gi_tools.plots.style import PALETTE, save, settings

__all__ = [
    "PALETTE",
    "composition",
    "coverage",
    "funnel",
    "heatmap",
    "ranking",
    "save",
    "sensitivity",
    "settings",
    "tilemap",
    "trend",
]
