"""What no rule sees is computed from the rules, and is truly unseen."""

import random
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
import pytest

import gi_tools as gi
from gi_tools.blindspots import BlindSpot, count_blind_spots, find_blind_spots
from gi_tools.codebook import forms, rules
from gi_tools.equations import build_matrix, build_system

SAMPLE = Path(__file__).parents[1] / "data" / "samples" / "chenglan_city_2022.html"
each_form = pytest.mark.parametrize("form", forms())


def list_spots(form, kind):
    return [spot for spot in find_blind_spots(form) if spot.kind == kind]


def find_free(form):
    """All ways in which figures may differ and still satisfy every equation."""
    _, sizes, rows = np.linalg.svd(build_matrix(form))
    return rows[np.count_nonzero(sizes > 1e-9) :].T


def is_seen(matrix, free, one, other):
    """Whether an exchange breaks an equation of some table that satisfies them all."""
    used = np.flatnonzero(matrix[:, one + other].any(axis=1))
    moved = matrix[used]
    moved[:, one + other] = matrix[used][:, other + one]
    return bool(np.abs(moved @ free).max(initial=0) > 1e-9)


@each_form
def test_every_exchange_listed_leaves_the_equations_as_they_were(form):
    matrix, system = build_matrix(form), build_system(form)
    free = find_free(form)
    for spot in find_blind_spots(form):
        if spot.kind == "unseen":
            assert not matrix[:, [system.index[m[0]] for m in spot.members]].any()
            continue
        assert spot.swaps == comb(len(spot.members), 2)
        for one, other in combinations(spot.members, 2):
            a, b = ([system.index[key] for key in side] for side in (one, other))
            assert not is_seen(matrix, free, a, b)


def test_every_other_exchange_of_rows_and_columns_is_seen():
    system, matrix = build_system("2021"), build_matrix("2021")
    free = find_free("2021")
    grid = system.grids[1]
    for kind, lines in (("rows", grid), ("columns", list(zip(*grid, strict=True)))):
        hidden = {
            frozenset(pair)
            for spot in list_spots("2021", kind)
            for pair in combinations(
                [tuple(system.index[k] for k in m) for m in spot.members], 2
            )
        }
        for one, other in combinations(lines, 2):
            seen = is_seen(matrix, free, list(one), list(other))
            assert seen == (frozenset((one, other)) not in hidden)


def test_the_form_of_2021_as_the_documents_tell_it():
    told = [(s.kind, len(s.members), s.swaps) for s in find_blind_spots("2021")]
    assert told == [
        ("rows", 2, 1),
        ("rows", 21, 210),
        ("columns", 6, 15),
        ("cells", 4, 6),
        ("cells", 4, 6),
        ("cells", 4, 6),
        ("blocks", 3, 3),
        ("unseen", 10, 0),
    ]
    new, carried_in = (m[0][0] for m in find_blind_spots("2021")[0].members)
    assert (new, carried_in) == ("requests.new", "requests.carried_in")
    carry = {r.id for r in rules("2021") if r.kind == "carry"}
    assert set(find_blind_spots("2021")[0].seen_by) == carry
    assert not find_blind_spots("2021")[1].seen_by
    assert count_blind_spots("2021") == (247, 10)


def test_a_table_with_an_exchange_passes_every_rule():
    facts = gi.tabulate(gi.parse(gi.read(SAMPLE)))
    index = {
        (row.indicator, row.applicant): n
        for n, row in enumerate(facts.itertuples())
        if row.origin == "table"
    }
    chance = random.Random(2)
    for spot in find_blind_spots("2021"):
        if spot.kind != "unseen":
            one, other = chance.sample(spot.members, 2)
            a, b = ([index[key] for key in side] for side in (one, other))
            values = facts.value.copy()
            values.iloc[a + b] = facts.value.iloc[b + a].array
            assert gi.check(facts.assign(value=values)).count()["fail"] == 0


@each_form
def test_the_list_is_a_frame_in_two_languages(form):
    frame = gi.list_blind_spots(form)
    assert list(frame.columns) == list(BlindSpot._fields)
    assert len(frame) == len(find_blind_spots(form)) > 0
    assert frame.text.str.contains("[一-鿿]").all()
    assert not frame.text_en.str.contains("[一-鿿]").any()


def test_all_forms_at_once_and_an_unknown_one():
    assert set(gi.list_blind_spots().form) == set(forms())
    with pytest.raises(gi.CodebookError, match="unknown form"):
        gi.list_blind_spots("1999")


def test_every_summary_of_a_check_says_what_it_cannot_see():
    report = gi.parse(gi.read(SAMPLE))
    found = gi.check(gi.tabulate(report))
    assert "247 exchanges no rule sees" in repr(found)
    assert "247 exchanges of figures pass every rule" in found._repr_html_()
    assert "有 247 种对调" in found.warn("zh")[0]
    assert gi.check(gi.tabulate([])).warn() == []
