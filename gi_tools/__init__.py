"""From Chinese government-information-disclosure annual reports to checked data.

>>> import gi_tools as gi
>>> document = gi.read("report.html")    # what the file says
>>> report = gi.parse(document)          # who, which year, which form, which cell
>>> facts = gi.tabulate(report)          # one row per figure, with state and place
>>> findings = gi.check(facts)           # pass, fail or unknown, rule by rule
"""

from gi_tools.checks import Findings, check
from gi_tools.codebook import entries
from gi_tools.corpus import Corpus, build_corpus, open_corpus
from gi_tools.documents import Document
from gi_tools.errors import CodebookError, DataError, GiError, ParseError, ReadError
from gi_tools.facts import tabulate
from gi_tools.fetching import fetch
from gi_tools.readers import read
from gi_tools.registers import list_claims, list_reports, list_sections
from gi_tools.reports import Report, parse
from gi_tools.versions import VERSION

__version__ = VERSION

__all__ = [
    "CodebookError",
    "Corpus",
    "DataError",
    "Document",
    "Findings",
    "GiError",
    "ParseError",
    "ReadError",
    "Report",
    "build_corpus",
    "check",
    "entries",
    "fetch",
    "list_claims",
    "list_reports",
    "list_sections",
    "open_corpus",
    "parse",
    "read",
    "tabulate",
]
