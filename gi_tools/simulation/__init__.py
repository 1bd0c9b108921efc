"""A seed in, form-true synthetic reports and panels with known truth out."""

from gi_tools.simulation.corpora import FORMATS, PLAIN, simulate
from gi_tools.simulation.defects import DEFECTS
from gi_tools.simulation.panels import EFFECTS, simulate_facts

__all__ = ["DEFECTS", "EFFECTS", "FORMATS", "PLAIN", "simulate", "simulate_facts"]
