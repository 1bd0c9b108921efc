"""The commands of ``gi``: what each is for, and the module that has it."""

from typing import NamedTuple


class Command(NamedTuple):
    """The module of a command and one line on what it does."""

    module: str
    text: str


COMMANDS = {
    "lab": Command("lab", "open JupyterLab on the notebooks of a folder"),
    "parse": Command("reading", "print the figures of reports with state and place"),
    "check": Command(
        "reading", "check the figures of reports against their form's rules"
    ),
    "codebook": Command(
        "reading",
        "print the codebook: every value cell with its label, unit, source and rules",
    ),
    "repair": Command(
        "mending",
        "fill in proved blanks, name suspect figures, apply decided corrections",
    ),
    "quality": Command(
        "mending",
        "state the quality of reports: cells, checks, prose, dates, years, no score",
    ),
    "package": Command(
        "packages",
        "write a data package of reports: facts, panel, scores, codebook, README",
    ),
    "build": Command(
        "corpora", "read a folder of reports into Parquet datasets; run again to go on"
    ),
    "sql": Command("corpora", "answer one SELECT over a corpus as CSV"),
    "fetch": Command(
        "corpora", "fetch the reports of a study list, politely; run again to go on"
    ),
    "simulate": Command(
        "truths", "write invented reports whose every figure is known, with their truth"
    ),
    "score": Command(
        "truths", "compare what is read of reports with the truth that lies beside them"
    ),
}
