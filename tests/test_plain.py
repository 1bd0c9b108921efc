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
from gi_tools.tokens import to_tokens

SAMPLES = sorted(Path("data/samples").glob("*.html"))
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
