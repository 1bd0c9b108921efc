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

from importlib import import_module
from typing import Any

from gi_tools.versions import VERSION

__version__ = VERSION

# The public names by room, in reading order. A room is loaded when one of its names
# is asked for: whoever reads one report does not wait for panels and plots.
ROOMS = {
    "readers": "read",
    "documents": "Document",
    "reports": "Report parse",
    "facts": "encode_facts tabulate",
    "registers": "list_claims list_namings list_reports list_sections",
    "checks": "Findings check",
    "repairs": "Repaired repair",
    "edits": "EditLog apply_edits read_edits",
    "blindspots": "list_blind_spots",
    "agreement": "compare_claims",
    "quality": "Quality assess",
    "panel": "Panel build_panel",
    "metrics": "compare measure sensitivity",
    "replication": "write_package",
    "corpus": "Corpus build_corpus open_corpus",
    "fetching": "fetch",
    "simulation": "simulate",
    "datasets": "Observed Samples observed samples",
    "codebook": "entries",
    "errors": "CodebookError ComparisonError DataError GiError ParseError ReadError",
}
HOMES = {name: room for room, names in ROOMS.items() for name in names.split()}

__all__ = sorted(HOMES)


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'gi_tools' has no attribute {name!r}")
    found = getattr(import_module(f"gi_tools.{HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
