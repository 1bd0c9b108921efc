"""Proposals to decisions: a file in which a person accepts or rejects each change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

from gi_tools.edits import VERSION, EditLog, read_json
from gi_tools.errors import DataError
from gi_tools.ledger import Suspect
from gi_tools.repairs import Repaired

DECISIONS = ("accept", "reject", None)


def encode_proposals(
    repaired: Repaired, hashes: Mapping[str, str], package: str = ""
) -> bytes:
    """
    Write the proposals of a repair as JSON, an entry a change, for a person to decide.

    ``hashes`` gives the SHA-256 of each report's source by report_id. A person fills
    in ``decision`` (accept, reject or null), ``author`` and, if need be, ``note``.
    """
    changes: dict[tuple, list[Suspect]] = {}
    for row in repaired.suspect_rows:
        name = row.report_id, row.group, row.rank, row.rule
        changes.setdefault(name, []).append(row)
    found = [_to_proposal(rows, hashes) for rows in changes.values()]
    data = {"version": VERSION, "package": package, "proposals": found}
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def _to_proposal(rows: list[Suspect], hashes: Mapping[str, str]) -> dict[str, Any]:
    first = rows[0]
    names = ("report_id", "group", "rank", "status", "weight", "settles", "rule")
    return {
        **{name: getattr(first, name) for name in names},
        "sha256": hashes[first.report_id],
        "cells": [
            {
                "indicator": row.indicator,
                "applicant": row.applicant,
                "old": row.value,
                "new": row.proposal,
                "remedy": row.remedy,
                "reason": row.reason,
                "reason_en": row.reason_en,
            }
            for row in rows
        ],
        "decision": None,
        "author": None,
        "note": None,
    }


def read_decisions(path: str | PathLike) -> EditLog:
    """
    Turn the accepted proposals of a file into a log of edits.

    DataError where a decision is neither accept, reject nor null, an accepted one has
    no author, or two changes for the same rules are accepted: they are alternatives.
    """
    data = read_json(path)
    found = data.get("proposals") if isinstance(data, dict) else None
    if not isinstance(found, list) or data.get("version") != VERSION:
        raise DataError(
            f"{path}: no proposals of version {VERSION}; as gi repair writes them"
        )
    log, taken = EditLog(), set()
    for number, one in enumerate(found):
        place = f"{path}, proposal {number}"
        if not isinstance(one, dict) or one.get("decision") not in DECISIONS:
            raise DataError(f"{place}: decision must be accept, reject or null")
        if one["decision"] != "accept":
            continue
        head = str(one.get("report_id")), str(one.get("group"))
        names = {(*head, rule) for rule in str(one.get("rule")).split()}
        if names & taken:
            raise DataError(
                f"{place}: another change for the same rules is accepted too; keep one"
            )
        taken |= names
        log = _accept(log, one, str(data.get("package") or ""), place)
    return log


def _accept(log: EditLog, one: dict[str, Any], package: str, place: str) -> EditLog:
    try:
        for cell in one["cells"]:
            figures = (cell[name] for name in ("indicator", "applicant", "old", "new"))
            words = {"reason": one.get("note") or cell["reason_en"]}
            words |= {"author": one.get("author"), "sha256": one["sha256"]}
            log = log.add(one["report_id"], *figures, **words, package=package)
    except DataError as error:
        raise DataError(f"{place}: {error}") from None
    except (KeyError, TypeError) as error:
        raise DataError(f"{place}: {error!r} is amiss; write the file anew") from None
    return log


def list_hashes(reports: Iterable[Any]) -> dict[str, str]:
    """Give the SHA-256 of each report's source by report_id."""
    return {report.report_id: report.document.source.sha256 for report in reports}
