"""pyproject.toml, environment.yml and requirements.lock must name the same set."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]

# conda-forge's name, where it is not PyPI's
CONDA_TO_PYPI = {
    "dask-core": "dask",
    "playwright-python": "playwright",
    "py-opencv": "opencv-python-headless",
    "python-duckdb": "duckdb",
}
CONDA_ONLY = {"pip", "python"}
EDITABLE = "-e ."


def merge(lines):
    """Map each canonical name to its version range; two ranges for one name fail."""
    merged = {}
    for line in lines:
        requirement = Requirement(line)
        name = canonicalize_name(requirement.name)
        assert merged.setdefault(name, requirement.specifier) == requirement.specifier
    return merged


def read_project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def read_declared():
    project = read_project()["project"]
    extras = project["optional-dependencies"].values()
    return merge([*project["dependencies"], *(line for e in extras for line in e)])


def read_conda():
    """Return the entries resolved by conda, and those left to pip."""
    entries = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    conda = [entry for entry in entries["dependencies"] if isinstance(entry, str)]
    (section,) = [e for e in entries["dependencies"] if isinstance(e, dict)]
    assert list(section) == ["pip"]
    return entries, merge(conda), section["pip"]


def read_lock():
    """Return one (requirement, number of hashes) for each pinned line of the lock."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    records = re.sub(r"\\\n\s*", "", text).splitlines()
    split = (record.split("--hash=sha256:") for record in records)
    return [(Requirement(head.strip()), len(hashes)) for head, *hashes in split]


DECLARED = read_declared()


def test_conda_has_the_same_names_and_floors():
    _, conda, by_pip = read_conda()
    by_conda = {
        CONDA_TO_PYPI.get(name, name): ranges
        for name, ranges in conda.items()
        if name not in CONDA_ONLY
    }
    by_pip = merge(line for line in by_pip if line != EDITABLE)
    assert not by_conda.keys() & by_pip.keys()
    assert by_conda | by_pip == DECLARED


def test_conda_has_the_same_python_one_channel_and_the_package():
    entries, conda, by_pip = read_conda()
    project = read_project()["project"]
    assert conda["python"] == SpecifierSet(project["requires-python"])
    assert entries["name"] == project["name"]
    assert entries["channels"] == ["conda-forge"]
    assert "pip" in conda
    assert EDITABLE in by_pip


def test_every_declared_range_is_one_floor():
    for name, ranges in DECLARED.items():
        assert [one.operator for one in ranges] == [">="], name


def test_build_requirements_are_locked_for_an_editable_install_offline():
    for line in read_project()["build-system"]["requires"]:
        requirement = Requirement(line)
        assert DECLARED[requirement.name] == requirement.specifier


def test_lock_holds_no_address():
    assert "://" not in (ROOT / "requirements.lock").read_text("utf-8")


def test_every_pin_is_exact_and_hashed():
    lock = read_lock()
    assert len(lock) > len(DECLARED)
    for requirement, hashes in lock:
        assert [one.operator for one in requirement.specifier] == ["=="], requirement
        assert hashes, requirement


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_lock_meets_every_floor(name):
    pins = [
        Version(one.version)
        for requirement, _ in read_lock()
        if canonicalize_name(requirement.name) == name
        for one in requirement.specifier
    ]
    assert pins
    assert all(pin in DECLARED[name] for pin in pins)


def test_lock_pulls_no_gpu_stack():
    names = {canonicalize_name(requirement.name) for requirement, _ in read_lock()}
    heavy = re.compile(r"torch|nvidia|cuda|tensorflow|paddle")
    assert [name for name in names if heavy.match(name)] == []
