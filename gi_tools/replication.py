"""Facts, panel and scores to a data package that others can check and rebuild."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

from gi_tools.catalogue import metrics
from gi_tools.codebook import entries
from gi_tools.crosswalk import crosswalk
from gi_tools.errors import DataError
from gi_tools.exports import STARTERS, write_markdown
from gi_tools.facts import COLUMNS, STATES
from gi_tools.frames import require
from gi_tools.knowledge import CODEBOOKS, read_csv
from gi_tools.versions import VERSION, list_versions

MISSING = "NA"
CSV = {"profile": "tabular-data-resource", "format": "csv"}
CSV |= {"mediatype": "text/csv", "encoding": "utf-8"}
SOFTWARE = ("pandas", "numpy", "scipy")
ROWS = {  # the tables of a package and what a row of each is
    "reports": "one source report, with its SHA-256",
    "facts": "one figure of one report, with its state and place",
    "panel": "one body in one year",
    "coverage": "one body in one year, with the report used or that it is missing",
    "notes": "one caveat, refusal or override that the panel carries",
    "scores": "one metric of one body in one year, with numerator and denominator",
    "log": "one change to a figure, with its reason",
}
KINDS = {"i": "integer", "u": "integer", "f": "number", "b": "boolean"}
LONGEST_STATA = 2045  # bytes of a plain string; longer ones become strL
EPOCH = datetime(1960, 1, 1)  # a fixed stamp keeps the bytes equal


class Variable(NamedTuple):
    """One entry of the codebook: a column, a cell of a form, or a code."""

    dataset: str
    name: str
    stata_name: str = ""
    type: str = ""
    unit: str = ""
    label_zh: str = ""
    label_en: str = ""
    form: str = ""
    source_cell: str = ""
    article: str = ""


def write_package(
    folder: str | Path,
    facts: DataFrame,
    *,
    reports: DataFrame | None = None,
    panel: Any = None,
    scores: DataFrame | None = None,
    log: DataFrame | None = None,
    edits: str | Path | None = None,
    title: str = "政府信息公开工作年度报告数据",
    date: str | None = None,
) -> Path:
    """
    Write a Frictionless data package and give its folder back.

    ``panel`` is a Panel or its frame, ``log`` that of ``repair``, ``edits`` the path of
    an edit log, ``date`` an ISO date to be written (none otherwise). Equal input gives
    equal bytes: rows are sorted, no clock is read. DataError when the folder holds
    other things. README after the template of the Social Science Data Editors.
    """
    require(facts, "write_package: facts", COLUMNS, "use gi.tabulate")
    frames = {
        "reports": reports,
        "facts": facts,
        "panel": getattr(panel, "frame", panel),
        "coverage": getattr(panel, "coverage", None),
        "notes": getattr(panel, "notes", None),
        "scores": scores,
        "log": log,
    }
    tables = {name: arrange(f) for name, f in frames.items() if f is not None}
    parts = {}
    for name, frame in tables.items():
        style = {"index": False, "na_rep": MISSING, "lineterminator": "\n"}
        parts[f"data/{name}.csv"] = frame.to_csv(**style).encode()
        parts[f"stata/{name}.dta"] = _to_stata(name, frame, date)
    book = list(describe(tables))
    parts["codebook.csv"] = _to_csv([Variable._fields, *book])
    parts["codebook.md"] = _to_markdown(book)
    if edits is not None:
        parts["edits.json"] = Path(edits).read_bytes()
    said = {"title": title, "overrides": _tell_overrides(panel, scores)}
    parts["README.md"] = _fill_readme(tables, said, parts)
    parts["datapackage.json"] = _to_descriptor(tables, parts, title, date)
    sums = [(name, len(parts[name]), _hash(parts[name])) for name in sorted(parts)]
    parts["manifest.csv"] = _to_csv([("path", "bytes", "sha256"), *sums])
    # Last, so that a fault keeps the package that is there, and edits may lie in it.
    folder = _open_folder(Path(folder))
    for name, data in parts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def arrange(frame: DataFrame) -> DataFrame:
    """Sort rows by all columns and keep texts from being run or read as missing."""
    frame = frame.reset_index(drop=True).copy()
    for name in frame.columns:
        if get_kind(frame[name]) == "string":
            codes, texts = pd.factorize(frame[name])  # -1 is missing: the last one
            texts = np.array([*map(_to_text, texts), None], dtype=object)
            frame[name] = pd.Series(texts[codes], dtype=object)
    return frame.sort_values(list(frame.columns), kind="stable", ignore_index=True)


def _to_text(value: object) -> str:
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    return "'" + text if text.startswith(STARTERS) or text == MISSING else text


def get_kind(column: Series) -> str:
    """Name the Frictionless type of a column: integer, number, boolean or string."""
    return KINDS.get(getattr(column.dtype, "kind", "O"), "string")


def to_stata_names(columns: Iterable[str]) -> dict[str, str]:
    """Give each column a name Stata takes: 32 letters, digits and _, no two alike."""
    names: dict[str, str] = {}
    for column in columns:
        name = re.sub(r"\W", "_", str(column), flags=re.ASCII)[:32] or "_"
        name = f"_{name}"[:32] if name[0].isdigit() else name
        number, short = 1, name
        while short in names.values():
            number += 1
            short = f"{name[: 31 - len(str(number))]}_{number}"
        names[str(column)] = short
    return names


def describe(tables: Mapping[str, DataFrame]) -> Iterator[Variable]:
    """List the codebook: columns of each table, cells of the forms, state codes."""
    for table, frame in tables.items():
        names = to_stata_names(frame.columns)
        for column in frame.columns:
            zh, en, unit, sums = _find_labels(table, column)
            head = (table, column, names[column], get_kind(frame[column]))
            yield Variable(*head, unit, zh, en, source_cell=sums)
    used = set(zip(tables["facts"]["form"], tables["facts"]["indicator"], strict=True))
    for cell in entries():
        if (cell["form"], cell["indicator"]) in used:
            name = ":".join(filter(None, (cell["indicator"], cell["applicant"])))
            labels = (cell["unit"], cell["label_zh"], cell["label_en"])
            place = f"{cell['family']} {cell['table']}"
            tail = (cell["form"], place, cell["article"] or "")
            yield Variable("cell", name, "", "number", *labels, *tail)
    yield from _describe_metrics(tables)
    for state in STATES:
        yield Variable(
            "state", state, "", "code", "", *_find_labels("state", state)[:2]
        )


def _describe_metrics(tables: Mapping[str, DataFrame]) -> Iterator[Variable]:
    """Say of each metric in the scores what is divided by what, and in which forms."""
    used = set(tables["scores"]["metric"]) if "scores" in tables else set()
    for one in (one for name, one in metrics().items() if name in used):
        sides = (" + ".join(side) for side in (one.numerator, one.denominator) if side)
        sums = " / ".join(sides).replace("+ -", "- ")
        names = (one.unit, one.zh, one.en, " ".join(one.forms))
        yield Variable("metric", one.id, "", one.kind, *names, sums, one.citation)


@cache
def _list_labels() -> dict[tuple[str, str], tuple[str, str]]:
    rows = (tuple(row.values()) for row in read_csv(CODEBOOKS / "variables.csv"))
    return {row[:2]: row[2:] for row in rows}


def _find_labels(table: str, name: str) -> tuple[str, str, str, str]:
    """Give a column's Chinese and English label, its unit, and what it sums."""
    if (table, name) in _list_labels():
        return *_list_labels()[table, name], "", ""
    one = crosswalk().get(name) if table == "panel" else None
    if one is None:
        return *_list_labels().get(("state", name), (name, name)), "", ""
    sums = (
        f"{form}: "
        + " ".join(f"{'-' if p.sign < 0 else '+'} {p.indicator}" for p in ps)
        for form, ps in one.parts.items()
    )
    return one.label_zh, one.label_en, one.unit, "; ".join(sums).replace(": + ", ": ")


def _to_stata(table: str, frame: DataFrame, date: str | None) -> bytes:
    """Write doubles and texts; the states are numbers with value labels."""
    names, long, out = to_stata_names(frame.columns), [], {}
    for column, short in names.items():
        if column == "state":
            codes = {state: number for number, state in enumerate(STATES, 1)}
            out[short] = frame[column].map(codes).astype(float)
        elif get_kind(frame[column]) == "string":
            out[short] = frame[column].astype(object).where(frame[column].notna(), "")
            sizes = (len(text.encode()) for text in out[short].unique())
            if max(sizes, default=0) > LONGEST_STATA:
                long.append(short)
        else:
            out[short] = (
                frame[column].astype("Float64").to_numpy(float, na_value=float("nan"))
            )
    labels = {short: _find_labels(table, c)[1][:80] for c, short in names.items()}
    values = {names["state"]: dict(enumerate(STATES, 1))} if "state" in names else None
    stamp = datetime.fromisoformat(date) if date else EPOCH
    buffer = io.BytesIO()
    pd.DataFrame(out, columns=list(names.values())).to_stata(
        buffer,
        write_index=False,
        version=118,
        time_stamp=stamp,
        convert_strl=long,
        variable_labels=labels,
        value_labels=values,
        data_label=f"gi_tools {table}",
    )
    return buffer.getvalue()


def _to_csv(rows: Iterable[Iterable]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def _to_markdown(book: list[Variable]) -> bytes:
    names = ("dataset", "name", "type", "unit", "label_zh", "label_en", "form")
    names += ("source_cell", "article")
    lines = write_markdown(names, ([getattr(one, n) for n in names] for one in book))
    return "\n".join(["# Codebook 编码本", "", *lines, ""]).encode()


def _to_descriptor(
    tables: Mapping[str, DataFrame],
    parts: Mapping[str, bytes],
    title: str,
    date: str | None,
) -> bytes:
    """Write datapackage.json (Frictionless Data Package, version 1)."""
    resources = []
    for name, frame in tables.items():
        path = f"data/{name}.csv"
        fields = []
        for column in frame.columns:
            zh, en = _find_labels(name, column)[:2]
            field = {"name": column, "type": get_kind(frame[column])}
            fields.append(field | {"title": zh, "description": en})
        schema: dict[str, Any] = {"fields": fields, "missingValues": [MISSING]}
        if name == "reports":
            schema["primaryKey"] = "report_id"
        elif "report_id" in frame and "reports" in tables:
            there = {"resource": "reports", "fields": "report_id"}
            schema["foreignKeys"] = [{"fields": "report_id", "reference": there}]
        seal = {"bytes": len(parts[path]), "hash": f"sha256:{_hash(parts[path])}"}
        resources.append({"name": name, "path": path, **CSV, **seal, "schema": schema})
    package = {"profile": "tabular-data-package", "name": "gi-tools-package"}
    package |= {"title": title, "version": VERSION}
    package |= {"created": date} if date else {}
    package |= {"software": _list_software(), "resources": resources}
    return (json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode()


def _fill_readme(
    tables: Mapping[str, DataFrame], said: Mapping[str, str], parts: Mapping[str, bytes]
) -> bytes:
    reports, log = tables.get("reports"), tables.get("log")
    states = tables["facts"]["state"].value_counts().reindex(STATES).dropna()
    rows = (f"| `data/{n}.csv` | {len(f):,} | {ROWS[n]} |" for n, f in tables.items())
    changes = [f"{len(log):,} rows in `data/log.csv`"] if log is not None else []
    changes += ["`edits.json`"] if "edits.json" in parts else []
    values = {
        "version": VERSION,
        "sources": "no register given"
        if reports is None
        else f"{len(reports):,} reports",
        "files": "\n".join(rows),
        "states": ", ".join(f"{name} {int(k):,}" for name, k in states.items())
        or "none",
        "changes": " and ".join(changes) or "none",
        "software": ", ".join(f"{k} {v}" for k, v in _list_software().items()),
        "outputs": "\n".join(f"- `{name}`" for name in sorted(parts)),
    }
    frame = (CODEBOOKS / "package_readme.md").read_text("utf-8")
    return Template(frame).substitute(values | said).encode()


def _tell_overrides(panel: Any, scores: DataFrame | None) -> str:
    found = (getattr(panel, "override", None),
             getattr(scores, "attrs", {}).get("override"))  # fmt: skip
    told = sorted({" ".join(str(text).split()) for text in found if text})
    notes = getattr(panel, "notes", None)
    refused = 0 if notes is None else int((notes["kind"] == "refusal").sum())
    lines = [f"- Overridden, reason given: {text}" for text in told]
    lines = lines or ["No refusal of the crosswalk was overridden."]
    more = f"{refused} joins between forms are refused: `data/notes.csv` says why."
    return "\n".join(lines + ([more] if refused else []))


def _list_software() -> dict[str, str]:
    ours = {f"gi_tools {name}": text for name, text in list_versions().items()}
    theirs = {name: version(name) for name in SOFTWARE}
    return ours | {"python": platform.python_version()} | theirs


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _open_folder(folder: Path) -> Path:
    """Make the folder; clear the files of an earlier package, refuse any other."""
    folder.mkdir(parents=True, exist_ok=True)
    ours = {f"data/{n}.csv" for n in ROWS} | {f"stata/{n}.dta" for n in ROWS}
    ours |= {"codebook.csv", "codebook.md", "README.md", "manifest.csv"}
    ours |= {"datapackage.json", "edits.json"}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    if there - ours:
        problem = f"{folder}: holds {sorted(there - ours)[0]}, which is no package file"
        raise DataError(f"{problem}; give a new folder")
    for name in there:
        (folder / name).unlink()
    return folder
