"""Frames of the panel and the scores to matplotlib Axes, in Chinese or English."""

from gi_tools.plots.comparisons import compare, rank
from gi_tools.plots.grids import heatmap, map_tiles
from gi_tools.plots.style import save

__all__ = ["compare", "heatmap", "map_tiles", "rank", "save"]
