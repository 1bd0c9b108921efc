"""What hostile files may try: spoilt bytes, slow patterns, markup, formulas."""

import ast
import html
import json
import random
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import regex
from fuzz import SHARES, main, try_one
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import list_seeds, mutate, spoil
from test_house import TREES

import gi_tools as gi
from gi_tools.edits import Edit, EditLog
from gi_tools.errors import GiError
from gi_tools.exports import guard_row
from gi_tools.lessons import Verdict
from gi_tools.scoring import Score, Scores

parser = pytest.importorskip("re._parser", reason="the syntax trees of Python 3.11")

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data" / "samples"
SCRIPT = "<script>alert(1)</script>"


# Spoilt files


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.sampled_from(["light", "office"]))
def test_spoilt_files_are_read_or_refused_and_nothing_else(seed, kind):
    chance, seeds = random.Random(seed), list_seeds()[kind]
    try_one(mutate(chance, chance.choice(seeds), chance.choice(seeds)))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(data):
    try_one(data)


def test_what_is_spoilt_is_the_same_for_a_number():
    assert spoil("light", 7) == spoil("light", 7) != spoil("light", 8)
    assert len(SHARES) == 100


@pytest.mark.long
def test_a_thousand_spoilt_files(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["fuzz", "--count", "1000", "--workers", "2"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("1000 inputs in ")


LABEL = "不计其他情形）\n".encode()
TABLE = b"".join((SAMPLES / "tangxi_health_2021.txt").read_bytes().partition(LABEL)[:2])
HOSTILE = {
    "nested": b"<div>" * 20_000,
    "nested tables": b"<table><tr><td>" * 3_000,
    "wide span": b"<table><tr><td colspan=999999999>1</table>" * 50,
    "tall span": b"<table><tr><td rowspan=999999999>1</table>" * 50,
    "many cells": b"<table>" + b"<tr>" + b"<td>1" * 300_000,
    "one line": "公开1".encode() * 300_000,
    "spaces": b" " * 1_000_000 + b"x",
    "brackets": "（".encode() * 200_000,
    "references": b"<p>" + b"&#xD800;&#0;&#x110000;" * 20_000,
    "attribute": b'<p title="' + b"a" * 2_000_000 + b'">',
    "links": b'<a href="x.pdf">y</a>' * 30_000,
    "digits": b"<table><tr><td>" + b"9" * 500_000 + b"</table>",
    "numerals": "万亿".encode() * 100_000,
    "rules": b"|---" * 100_000,
    "pipes": b"|" * 500_000,
    "lines": "件\n".encode() * 100_000,
    "rtf": b"{\\rtf1" + b"{" * 300_000,
    "empty cells": TABLE + b"|" * 20_000,
    "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
}


QUICK = (
    "nested",
    "wide span",
    "tall span",
    "references",
    "digits",
    "rtf",
    "xml",
    "empty cells",
)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n in QUICK else pytest.mark.long) for n in HOSTILE],
)
def test_a_hostile_file_costs_seconds_not_hours(name):
    """Ten seconds of CPU are thrice what the slowest takes; a hang takes hours."""
    start = time.process_time()
    heads = b"", "2021年政府信息公开工作年度报告 公开\n".encode()
    for head in heads:
        try_one(head + HOSTILE[name])
    assert time.process_time() - start < 10


# Patterns


@pytest.fixture(scope="module")
def patterns():
    """Every pattern that the package compiles, at import or on the samples."""
    samples = [SAMPLES / "wenzhou_sti_2017.txt", SAMPLES / "chenglan_city_2022.html"]
    command = [sys.executable, ROOT / "tests" / "regexes.py", *samples]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
    found = json.loads(done.stdout)
    assert len(found) > 100
    return found


def find_repeats(tree, inside=False):
    """Repeats without a bound that stand in another repeat and give back."""
    for name, value in tree:
        name = str(name)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            endless = value[1] == parser.MAXREPEAT
            if endless and inside:
                yield name
            yield from find_repeats(value[2], inside or value[1] > 1)
        elif name == "POSSESSIVE_REPEAT":
            yield from find_repeats(value[2], inside or value[1] > 1)
        elif name == "SUBPATTERN":
            yield from find_repeats(value[3], inside)
        elif name == "BRANCH":
            for branch in value[1]:
                yield from find_repeats(branch, inside)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from find_repeats(value[1], inside)
        elif name == "ATOMIC_GROUP":
            yield from find_repeats(value, inside)


def parse_pattern(text, flags):
    """The syntax tree; classes of characters that only ``regex`` knows become \\w."""
    text = re.sub(r"\\[pP]\{\^?\w+\}", r"\\w", text)
    return parser.parse(text, re.I if flags & regex.I else 0)


def test_no_endless_repeat_stands_in_another(patterns):
    bad = [
        (module, text)
        for module, text, _, flags, _ in patterns
        if any(find_repeats(parse_pattern(text, flags)))
    ]
    assert not bad, "bound it, or make it possessive"


@pytest.mark.parametrize("text", [r"(a+)+", r"(?:x|a*){2,}", r"(?=(a*)*)b"])
def test_the_audit_finds_what_it_looks_for(text):
    assert list(find_repeats(parser.parse(text)))


@pytest.fixture
def alarm():
    """Give a function that has five seconds for what comes next."""

    def ring(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    yield lambda: signal.setitimer(signal.ITIMER_REAL, 5)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_every_pattern_is_quick_on_what_could_slow_it(patterns, alarm):
    """Long runs of what a pattern itself speaks of, and an end that never fits."""
    for module, text, is_bytes, flags, engine in patterns:
        source = text.encode("latin-1") if is_bytes else text
        pattern = {"re": re, "regex": regex}[engine].compile(source, flags)
        plain = set(re.sub(r"\\[a-zA-Z]|[\\^$.|?*+()\[\]{}]", "", text))
        for sign in [*sorted(plain)[:4], " ", "1"]:
            attack = (sign * 2000 + "☒").encode() if is_bytes else sign * 2000 + "☒"
            alarm()
            try:
                pattern.search(attack)
                pattern.fullmatch(attack)
            except TimeoutError:
                pytest.fail(f"{module}: {text} takes too long on {sign!r}")


def test_a_line_of_dashes_is_read_at_once(alarm):
    """It took years once: ways to part the dashes double with each three of them."""
    alarm()
    lines = "\n".join("-" * n + "x" for n in range(30, 300, 30))
    assert try_one(f"2021年政府信息公开工作年度报告 公开\n{lines}".encode()) == "read"


# Markup, sockets, formulas


def make_hostile_report():
    """A report whose title, agency, heads and cells all bear markup."""
    escaped = html.escape(SCRIPT)
    cells = "".join(f"<tr><td>{escaped}</td><td>{escaped}</td></tr>" for _ in range(3))
    title = f"温州市{escaped}局2022年政府信息公开工作年度报告"
    page = f"""<html><head><title>{title}</title></head><body><h1>{title}</h1>
    <h2>一、{escaped}情况</h2><p>公开{escaped}3件</p><table><tr><td>信息内容</td>
    <td>本年处理决定数量</td></tr><tr><td>行政许可</td><td>{escaped}</td></tr>
    <tr><td>行政处罚</td><td>5{escaped}</td></tr><tr><td>行政强制</td><td>4</td></tr>
    {cells}</table></body></html>"""
    return gi.parse(gi.read(page.encode(), name=f"{SCRIPT}.html"))


def list_shown():
    """What shows itself in a notebook, made of nothing but markup."""
    report = make_hostile_report()
    facts = gi.tabulate(report)
    texts = facts.columns.difference(["value", "year", "indicator", "origin", "form"])
    spiked = facts.assign(**dict.fromkeys(texts.difference(["state"]), SCRIPT))
    yield report.document
    yield report
    yield gi.check(facts)
    yield gi.check(spiked)
    yield gi.repair(facts)
    yield gi.repair(spiked.assign(applicant=None))
    yield gi.build_panel(facts)
    yield gi.assess(report)
    yield Scores((Score(SCRIPT, 1, 2, 0.5, 0.1, 0.9, SCRIPT),), ())
    yield Verdict(SCRIPT, True, SCRIPT, SCRIPT)
    row = dict.fromkeys(Edit._fields, SCRIPT) | {"old": None, "new": 1.0}
    yield EditLog((Edit(**row),))


def test_what_a_notebook_shows_is_escaped():
    shown = list(list_shown())
    for value in shown:
        assert "<script" not in value._repr_html_().lower(), type(value)
    assert html.escape(SCRIPT) in "".join(value._repr_html_() for value in shown)


def test_everything_that_shows_itself_is_tested_so():
    """A new class with a picture of its own belongs into ``list_shown``."""
    owners = {
        node.name
        for name, tree in TREES.items()
        if not name.startswith(("gi_tools.explorers", "gi_tools.datasets"))
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any(getattr(part, "name", "") == "_repr_html_" for part in node.body)
    }
    assert owners == {type(value).__name__ for value in list_shown()}


def test_reading_opens_no_socket(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a reader asked for the network")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    for kind in ("light", "office", "pdf"):
        for data in list_seeds()[kind][::2]:
            try:
                facts = gi.tabulate(gi.parse(gi.read(data)))
                gi.check(facts)
            except GiError:
                pass


@given(st.text(max_size=20))
def test_no_export_begins_with_a_sign_of_a_formula(text):
    (guarded,) = guard_row([text])
    assert not guarded or guarded[0] not in "=+-@\t\r\n＝＋－＠"
    assert guarded.removeprefix("'") == text.removeprefix("'") or guarded == text


def test_numbers_are_not_guarded():
    assert guard_row([-5, None, 1.5, "-5"]) == (-5, None, 1.5, "'-5")


def test_the_commands_write_csv_through_the_guard():
    for name in ("gi_tools.cli", "gi_tools.commands"):
        assert "csv.writer" not in ast.unparse(TREES[name])
        assert "to_csv(index" not in ast.unparse(TREES[name])
