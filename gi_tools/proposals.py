"""Why a figure may be wrong: slips that explain a change, and evidence that weighs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from gi_tools.equations import EPSILON, Sheet
from gi_tools.slips import UNIT_SLIP, name_digit_slip
from gi_tools.suspects import Change

SLIP = 0.5  # what a wholly plausible slip takes off the weight of a cell
WITNESS = 0.3  # what a figure that agrees adds or takes off
USUAL = 0.1  # the same for a usual relation
PERSON = 0.5  # what a correction by a person adds
SPREAD = 0.01  # what each further cell of one move adds


class Slip(NamedTuple):
    """One cell with the figure printed and the one proposed."""

    sheet: Sheet
    cell: int
    old: float
    new: float

    @property
    def digits(self) -> tuple[str, str]:
        """Both figures as they are written, without sign and decimals."""
        return str(int(abs(self.old))), str(int(abs(self.new)))


class Remedy(NamedTuple):
    """A slip by name: how plausible it is, in words, when it explains one figure."""

    plausibility: float
    zh: str
    en: str
    explains: Callable[[Slip], bool] = lambda _: False  # digits or a move tell


class Evidence(NamedTuple):
    """What is known of the cells of a report beside its equations."""

    witnesses: Mapping[int, tuple[float, ...]]
    tainted: frozenset[int] = frozenset()
    corrected: frozenset[int] = frozenset()
    confidence: Mapping[int, float] = {}


class Weighed(NamedTuple):
    """A change with its weight, less is better, and the remedy that explains it."""

    change: Change
    weight: float
    remedies: tuple[str, ...]
    supported: tuple[bool | None, ...]


def _is_unit_slip(slip: Slip) -> bool:
    if slip.sheet.system.is_count[slip.cell] or not slip.old or not slip.new:
        return False
    ratio = max(slip.old, slip.new) / min(slip.old, slip.new)
    return abs(ratio - UNIT_SLIP) <= EPSILON * UNIT_SLIP


def _list_parts(slip: Slip) -> list[list[float]]:
    """List the parts of each equation whose total the cell is and the proposal is."""
    found = []
    for number, sign in slip.sheet.system.uses[slip.cell]:
        others = [t for t in slip.sheet.system.hard[number].terms if t[0] != slip.cell]
        shown = (slip.sheet.values[cell] for cell, _ in others)
        parts = [value for value in shown if value is not None]
        is_total = len(others) > 1 and all(other == -sign for _, other in others)
        if is_total and abs(sum(parts) - slip.new) <= EPSILON:
            found.append(parts)
    return found


def _is_total_unfilled(slip: Slip) -> bool:
    return slip.old == 0 and slip.new > 0 and bool(_list_parts(slip))


def _is_total_copied(slip: Slip) -> bool:
    return slip.old != 0 and any(slip.old in parts for parts in _list_parts(slip))


def _is_neighbour(slip: Slip) -> bool:
    """Whether the figure printed is that of a cell beside, above or below."""
    return slip.old != 0 and slip.old in (
        slip.sheet.values[cell] for cell in _list_neighbours(slip.sheet, slip.cell)
    )


def _list_neighbours(sheet: Sheet, cell: int) -> list[int]:
    found = []
    for grid in sheet.system.grids:
        for line, row in enumerate(grid):
            if cell in row:
                place = row.index(cell)
                found += [row[n] for n in (place - 1, place + 1) if 0 <= n < len(row)]
                near = [grid[n] for n in (line - 1, line + 1) if 0 <= n < len(grid)]
                found += [other[place] for other in near if place < len(other)]
    return found


REMEDIES: dict[str, Remedy] = {
    "split_digits": Remedy(0.95, "数字被拆开", "digits were split"),
    "swapped_cells": Remedy(0.9, "两格对调", "two cells were exchanged"),
    "swapped_rows": Remedy(0.9, "两行对调", "two rows were exchanged"),
    "swapped_columns": Remedy(0.9, "两列对调", "two columns were exchanged"),
    "row_slip": Remedy(0.8, "整行错一列", "a row slipped by one column"),
    "column_slip": Remedy(0.8, "列内错一行", "a column slipped by one row"),
    "rotated_columns": Remedy(0.8, "各行整体错一列", "all rows slipped by one column"),
    "column_copied": Remedy(
        0.8, "总计列照抄另一列", "the column of totals copies another column"
    ),
    "transposed_digits": Remedy(0.8, "相邻数字颠倒", "two digits were transposed"),
    "doubled_digit": Remedy(0.75, "数字重复", "a digit was doubled"),
    "unit_slip": Remedy(0.7, "元与万元混淆", "元 was taken for 万元", _is_unit_slip),
    "lost_digit": Remedy(0.7, "漏一位数字", "a digit was lost"),
    "total_unfilled": Remedy(
        0.65, "合计未填", "the total was left at 0", _is_total_unfilled
    ),
    "total_copied": Remedy(
        0.65, "合计照抄分项", "the total copies one part", _is_total_copied
    ),
    "extra_digit": Remedy(0.6, "多一位数字", "a digit is too many"),
    "wrong_digit": Remedy(0.4, "一位数字有误", "a digit is wrong"),
    "neighbour_copied": Remedy(
        0.35, "误抄相邻单元格", "a neighbouring cell was copied", _is_neighbour
    ),
    "recomputed": Remedy(0.0, "按规则推算", "computed from the rules"),
}


def explain(slip: Slip) -> str:
    """Name the most plausible remedy for one cell; ``recomputed`` where none is."""
    names = [name for name, one in REMEDIES.items() if one.explains(slip)]
    digits = name_digit_slip(*slip.digits)
    if digits and (digits != "wrong_digit" or "0" not in slip.digits):
        names.append(digits)  # a lone 0 is no digit misread
    return max(names, key=lambda n: REMEDIES[n].plausibility, default="recomputed")


def weigh(sheet: Sheet, change: Change, evidence: Evidence) -> Weighed:
    """
    Weigh a change: 1 for each slip, less where it is plausible or a figure agrees.

    A figure stated in prose, or standing where the same one belongs, counts for the
    proposal or for what is printed; so does a usual relation that the change mends or
    breaks. What a person has corrected weighs more, what was hardly legible less.
    """
    remedies = _name_remedies(sheet, change)
    supported = tuple(
        _ask_witnesses(sheet.values[cell], new, evidence.witnesses.get(cell, ()))
        for cell, new in change.values
    )
    cells = [cell for cell, _ in change.values]
    if change.move:
        slips = 1 - SLIP * REMEDIES[change.move].plausibility + SPREAD * len(cells)
    else:
        slips = sum(1 - SLIP * REMEDIES[name].plausibility for name in remedies)
    witnesses = sum(
        WITNESS * (-1 if one else 1) for one in supported if one is not None
    )
    doubts = sum(WITNESS * (1 - evidence.confidence.get(cell, 1.0)) for cell in cells)
    persons = PERSON * sum(cell in evidence.corrected for cell in cells)
    usual = USUAL * _count_usual(sheet, change, evidence.tainted)
    usual += WITNESS * _count_runs(sheet, change)
    weight = round(slips + witnesses - doubts + persons + usual, 6)
    return Weighed(change, weight, remedies, supported)


def _name_remedies(sheet: Sheet, change: Change) -> tuple[str, ...]:
    values = change.values
    if change.move:
        return (change.move,) * len(values)
    if len(values) == 2:
        (one, a), (other, b) = values
        if (a, b) == (sheet.values[other], sheet.values[one]):
            return ("swapped_cells",) * 2
    return tuple(
        explain(Slip(sheet, cell, sheet.values[cell] or 0.0, new or 0.0))
        for cell, new in values
    )


def _ask_witnesses(
    old: float | None, new: float | None, witnesses: tuple[float, ...]
) -> bool | None:
    """Whether witnesses speak for the proposal, against it, or not at all."""
    for_new, for_old = witnesses.count(new), witnesses.count(old)
    return None if for_new == for_old else for_new > for_old


def _count_usual(sheet: Sheet, change: Change, tainted: frozenset[int]) -> int:
    """Count usual relations to sound cells that a change breaks, less those mended."""
    touched, after = {cell for cell, _ in change.values}, sheet.change(change.values)
    found = 0
    for equation in sheet.system.soft:
        cells = {cell for cell, _ in equation.terms}
        if cells & touched and not (cells - touched) & tainted:
            found += bool(after.find_gap(equation)) - bool(sheet.find_gap(equation))
    return found


def _count_runs(sheet: Sheet, change: Change) -> int:
    """Count running totals that a change puts below their period, less the mended."""
    touched, after = {cell for cell, _ in change.values}, sheet.change(change.values)
    pairs = [pair for pair in sheet.system.runs if touched & set(pair)]
    return sum(_is_below(after, pair) - _is_below(sheet, pair) for pair in pairs)


def _is_below(sheet: Sheet, pair: tuple[int, int]) -> bool:
    period, total = (sheet.values[cell] for cell in pair)
    return period is not None and total is not None and total < period - EPSILON
