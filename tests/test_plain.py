"""Tables read off at once, against the same tables weighed row by row."""

from contextlib import suppress
from pathlib import Path

import pytest
from dressed import FORMS, make_tables
from mutations import spoil

from gi_tools import tables
from gi_tools.codebook import forms
from gi_tools.errors import ReadError
from gi_tools.readers import read
from gi_tools.simulation.layouts import to_sheets
from gi_tools.tokens import to_tokens

SAMPLES = sorted(Path("data/samples").glob("*_*.*"))
GRIDS = ("html", "word", "spanless")


def read_both(data, form, monkeypatch):
    """What the quick road says, what the long one says, and the tables of each."""
    tokens, quick = to_tokens(read(data, name="roads")), []
    plain = tables.read_plain
    with monkeypatch.context() as patch:
        patch.setattr(tables, "read_plain", lambda *a: quick.append(plain(*a)))
        slow = tables.read_tables(tokens, form)
    return tables.read_tables(tokens, form), slow, [bool(one) for one in quick]


@pytest.mark.parametrize("key", forms())
def test_both_roads_say_the_same_of_seeded_grids(key, monkeypatch):
    taken = []
    for name, form, _, data in make_tables(60, f"roads {key}", GRIDS, (key,)):
        quick, slow, plain = read_both(data, form, monkeypatch)
        assert quick == slow, name
        taken += plain
    assert any(taken) and not all(taken)


def find_row(rows):
    """The first row with a figure."""
    return next(row for row in rows if row[-1] == "3")


def put(*cells):
    """Put these in the place of the first figure."""
    return lambda rows: find_row(rows).__setitem__(slice(-1, None), cells)


def pad(rows):
    """Two figures as numbers of rows are printed."""
    put("01")(rows)
    put("02")(rows)


def renumber(rows):
    """Another code before the figures of each row."""
    for row in rows:
        row[2:3] = ["7"]


def to_html(rows):
    lines = ("".join(f"<td>{text}</td>" for text in row) for row in rows)
    return f"<table><tr>{'</tr><tr>'.join(lines)}</tr></table>"


def to_pipes(rows):
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


DOUBTS = {
    "none": ("2014", put("3"), to_html),
    "none, with codes": ("shanghai", put("3"), to_html),
    "remark": ("2014", put("3", "见附件"), to_html),
    "two figures": ("2014", put("3", "5"), to_html),
    "word": ("2014", put("口"), to_html),
    "note": ("2014", put("（12.34.56）"), to_html),
    "no figure": ("2014", put(), to_html),
    "no row": ("2014", lambda rows: rows.remove(find_row(rows)), to_html),
    "padded": ("2014", pad, to_html),
    "other codes": ("shanghai", renumber, to_html),
    "no grid": ("2014", put("3"), to_pipes),
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_doubt_takes_the_long_road(doubt, monkeypatch):
    form, spoil_rows, dress = DOUBTS[doubt]
    (sheet,) = to_sheets(form, {t[:2]: "3" for t in forms()[form].targets})
    rows = [list(row) for row in sheet.rows]
    spoil_rows(rows)
    data = f"2013年统计表\n{dress(rows)}\n".encode()
    quick, slow, taken = read_both(data, form, monkeypatch)
    assert quick == slow and quick.figures
    assert any(taken) == doubt.startswith("none")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_both_roads_say_the_same_of_samples(path, monkeypatch):
    for form in forms():
        quick, slow, _ = read_both(path.read_bytes(), form, monkeypatch)
        assert quick == slow, form


def test_both_roads_say_the_same_of_spoilt_pages(monkeypatch):
    for number in range(100):
        for form in FORMS:
            with suppress(ReadError):
                data = spoil("light", number)
                quick, slow, _ = read_both(data, form, monkeypatch)
                assert quick == slow, (number, form)
