"""A seed in, form-true synthetic reports and panels with known truth out."""

from gi_tools.simulation.panels import simulate_facts

__all__ = ["simulate_facts"]
