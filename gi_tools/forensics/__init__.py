"""Forensics across years and bodies: frames in, findings out, hard and soft apart."""

from gi_tools.forensics.chains import trace_chains
from gi_tools.forensics.delays import find_late, measure_delays
from gi_tools.forensics.digits import find_odd_digits, measure_digits
from gi_tools.forensics.presence import find_missing, register_reports
from gi_tools.forensics.repeats import find_repeats
from gi_tools.forensics.texts import find_copied, measure_reuse
from gi_tools.forensics.traces import Trace

__all__ = [
    "Trace",
    "find_copied",
    "find_late",
    "find_missing",
    "find_odd_digits",
    "find_repeats",
    "measure_delays",
    "measure_digits",
    "measure_reuse",
    "register_reports",
    "trace_chains",
]
