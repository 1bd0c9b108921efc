"""
Views for JupyterLab: one report, a build, a review, comparisons, measures.

Each view has ``frame``, the rows it shows for the next cell, and ``to_html``.
"""

from gi_tools.explorers.builds import corpus
from gi_tools.explorers.laboratory import patterns
from gi_tools.explorers.panels import panel
from gi_tools.explorers.rankings import metrics
from gi_tools.explorers.readings import report
from gi_tools.explorers.reviews import review

__all__ = ["corpus", "metrics", "panel", "patterns", "report", "review"]
