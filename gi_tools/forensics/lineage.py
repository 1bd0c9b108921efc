"""Agency and region code in, one body through renames and code changes out."""

from __future__ import annotations

from functools import lru_cache

from gi_tools.regions import find_mentions, history

Body = tuple[str, str]  # the code its place has today, and its name without the place


@lru_cache(maxsize=65536)
def find_body(
    agency: str | None, region_code: str | None, *, merged: bool = True
) -> Body | None:
    """
    Find the body that an agency is today; None without an agency.

    Names of places in its name are taken out, its code is followed to the one
    successor in the list of divisions; a place that was split keeps its own, and so
    does, without ``merged``, one that went into another with others.
    """
    if not agency:
        return None
    stem, end = [], 0
    for mention in find_mentions(agency):
        stem.append(agency[end : mention.start])
        end = mention.end
    stem.append(agency[end:])
    if not region_code:
        return "", agency
    return follow_code(region_code, merged=merged), "".join(stem)


@lru_cache(maxsize=8192)
def follow_code(code: str, *, merged: bool = True) -> str:
    """Follow a region code to the one it has today, through mergers or up to one."""
    seen = {code}
    while True:
        units = [unit for unit in history(code) if unit.code == code]
        after = {s for unit in units for s in unit.successors} - {code}
        if len(after) != 1 or after <= seen:
            return code
        (new,) = after
        into = {unit.code for unit in history(new) if new in unit.successors}
        if not merged and len(into - {new}) > 1:
            return code
        code = new
        seen.add(code)


@lru_cache(maxsize=65536)
def was_reorganised(region_code: str | None, year: int) -> bool:
    """Whether a unit ended in or right before a year that went into this one."""
    if not region_code:
        return False
    return any(year - 1 <= unit.end <= year for unit in history(region_code))
