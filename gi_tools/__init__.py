"""From Chinese government-information-disclosure annual reports to checked data.

>>> import gi_tools as gi
>>> document = gi.read("report.html")    # what the file says
>>> report = gi.parse(document)          # who, which year, which form, which cell
>>> facts = gi.tabulate(report)          # one row per figure, with state and place
>>> findings = gi.check(facts)           # pass, fail or unknown, rule by rule
>>> repaired = gi.repair(facts, findings)  # proved blanks, named suspects, a log
>>> panel = gi.build_panel(repaired.facts)  # body by year, refusals explained
>>> scores = gi.measure(panel)           # numerator, denominator, interval, reason
"""

from gi_tools.agreement import compare_claims
from gi_tools.blindspots import list_blind_spots
from gi_tools.checks import Findings, check
from gi_tools.codebook import entries
from gi_tools.corpus import Corpus, build_corpus, open_corpus
from gi_tools.datasets import Observed, Samples, observed, samples
from gi_tools.documents import Document
from gi_tools.edits import EditLog, apply_edits, read_edits
from gi_tools.errors import (
    CodebookError,
    ComparisonError,
    DataError,
    GiError,
    ParseError,
    ReadError,
)
from gi_tools.facts import encode_facts, tabulate
from gi_tools.fetching import fetch
from gi_tools.metrics import compare, measure, sensitivity
from gi_tools.panel import Panel, build_panel
from gi_tools.quality import Quality, assess
from gi_tools.readers import read
from gi_tools.registers import (
    list_claims,
    list_namings,
    list_reports,
    list_sections,
)
from gi_tools.repairs import Repaired, repair
from gi_tools.reports import Report, parse
from gi_tools.simulation import simulate
from gi_tools.versions import VERSION

__version__ = VERSION

__all__ = [
    "CodebookError",
    "ComparisonError",
    "Corpus",
    "DataError",
    "Document",
    "EditLog",
    "Findings",
    "GiError",
    "Observed",
    "Panel",
    "ParseError",
    "Quality",
    "ReadError",
    "Repaired",
    "Report",
    "Samples",
    "apply_edits",
    "assess",
    "build_corpus",
    "build_panel",
    "check",
    "compare",
    "compare_claims",
    "encode_facts",
    "entries",
    "fetch",
    "list_blind_spots",
    "list_claims",
    "list_namings",
    "list_reports",
    "list_sections",
    "measure",
    "observed",
    "open_corpus",
    "parse",
    "read",
    "read_edits",
    "repair",
    "samples",
    "sensitivity",
    "simulate",
    "tabulate",
]
