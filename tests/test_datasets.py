"""The data that come along: their statement, their facts, their place in a wheel."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import gi_tools as gi
from gi_tools.facts import COLUMNS

ROOT = Path(__file__).parents[1]


def test_the_observed_figures_come_with_their_statement():
    data = gi.observed()
    assert (len(data.figures), len(data.reports)) == (960, 171)
    assert "not a sample of anything" in data.statement
    assert "not a sample of anything" in data._repr_html_()
    facts = data.facts
    assert list(facts.columns) == COLUMNS and len(facts) == 960
    assert facts["origin"].value_counts().to_dict() == {"prose": 574, "table": 386}
    assert facts["region_code"].notna().all() and facts["form"].notna().all()
    assert facts.iloc[0][["region_code", "form", "value"]].tolist() == [
        "330300", "2014", 947,
    ]  # fmt: skip


def test_the_observed_figures_make_a_panel_and_nothing_unseen_is_zero():
    panel = gi.build_panel(gi.observed().facts)
    cells = panel.frame[panel.indicators]
    assert len(panel.frame) == 160 and cells.isna().to_numpy().mean() > 0.9
    scores = gi.measure(panel)
    assert (scores["value"].isna() == scores["reason"].notna()).all()


def test_the_samples_come_with_their_statement():
    data = gi.samples()
    assert len(data.paths) == len(data.manifest) == 16
    assert all(path.exists() for path in data.paths)
    assert "Invented, except one" in data.statement
    assert data.manifest["blank"].sum() == 141 and "wenzhou" in data._repr_html_()


@pytest.mark.long
def test_an_installed_wheel_finds_its_data(tmp_path):
    build = pytest.importorskip("hatchling.build")
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        name = build.build_wheel(str(tmp_path))
    finally:
        os.chdir(here)
    with zipfile.ZipFile(tmp_path / name) as wheel:
        wheel.extractall(tmp_path / "site")
    code = (
        "import gi_tools as gi; print(gi.__file__);"
        "print(len(gi.observed().figures), len(gi.samples().paths))"
    )
    run = [sys.executable, "-c", code]
    env = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(run, capture_output=True, text=True, env=env, cwd=tmp_path)
    place, counts = done.stdout.split("\n")[:2]
    assert place.startswith(str(tmp_path)) and counts == "960 16"
