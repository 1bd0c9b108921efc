"""What cells without a number can still be: bounds proved by equations, with proofs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, floor, inf
from typing import NamedTuple

from gi_tools.equations import EPSILON, Equation, Sheet
from gi_tools.programs import ENDLESS, pose_limits

MOST_SWEEPS = 60  # bounds may creep without end; stopping early only leaves them wide
MOST_SOLVED = 60  # open cells that a program is asked about, two questions each


class Interval(NamedTuple):
    """All a cell can be, the rules that prove it and in which sweep they did."""

    low: float
    high: float
    rules: frozenset[str] = frozenset()
    step: int = 0
    is_exact: bool = True

    @property
    def is_known(self) -> bool:
        """Whether one value is left."""
        return self.high - self.low <= EPSILON


class Conflict(Exception):
    """No values of the open cells satisfy these equations."""

    def __init__(self, rules: frozenset[str]) -> None:
        super().__init__(" ".join(sorted(rules)))
        self.rules = rules


class Bounds:
    """Lows and highs of the open cells, each with the rules that gave it."""

    def __init__(self, sheet: Sheet, equations: Sequence[Equation]) -> None:
        self.sheet, self.equations, self.step = sheet, equations, 0
        self.is_exact = True
        cells = {cell for one in equations for cell, _ in one.terms}
        values, signed = sheet.values, sheet.system.is_signed
        self.open = {cell for cell in sorted(cells) if values[cell] is None}
        self.limits = {cell: values[cell] for cell in cells - self.open}
        nothing: tuple[frozenset[str], int] = (frozenset(), 0)
        self.low = {c: -inf if signed[c] else 0.0 for c in self.open}
        self.high = dict.fromkeys(self.open, inf)
        self.low_proof = dict.fromkeys(self.open, nothing)
        self.high_proof = dict.fromkeys(self.open, nothing)

    def give(self, cell: int) -> Interval:
        """Put the two bounds of a cell together."""
        (low_rules, low_step), (high_rules, high_step) = (
            self.low_proof[cell],
            self.high_proof[cell],
        )
        step, rules = max(low_step, high_step), low_rules | high_rules
        is_exact = self.is_exact or self.low[cell] == self.high[cell]
        return Interval(self.low[cell], self.high[cell], rules, step, is_exact)

    def narrow(
        self, cell: int, value: float, rules: frozenset[str], is_low: bool
    ) -> bool:
        """Take a better bound and say whether it was; Conflict when none is left."""
        if self.sheet.system.is_count[cell]:
            value = ceil(value - EPSILON) if is_low else floor(value + EPSILON)
        held, proofs = (
            (self.low, self.low_proof) if is_low else (self.high, self.high_proof)
        )
        if value <= held[cell] + EPSILON if is_low else value >= held[cell] - EPSILON:
            return False
        held[cell], proofs[cell] = value, (rules, self.step)
        if self.low[cell] > self.high[cell] + EPSILON:
            raise Conflict(self.low_proof[cell][0] | self.high_proof[cell][0])
        return True


def find_bounds(sheet: Sheet, equations: Sequence[Equation]) -> dict[int, Interval]:
    """
    Bound every open cell of some equations by them and by counts being at least 0.

    Intervals are exact, the very least and greatest the equations allow, unless
    ``is_exact`` says that there were too many open cells to ask about each. Raises
    Conflict where no values satisfy the equations.
    """
    bounds = Bounds(sheet, equations)
    if bounds.open:
        _sweep(bounds)
        loose = [
            one for one in equations if any(_is_wide(bounds, c) for c, _ in one.terms)
        ]
        if _has_circle(bounds, loose):
            _sharpen(bounds, loose)
    return {cell: bounds.give(cell) for cell in sorted(bounds.open)}


def _sweep(bounds: Bounds) -> None:
    """Narrow each cell by what the rest of an equation leaves, until nothing moves."""
    active = [
        one for one in bounds.equations if any(c in bounds.open for c, _ in one.terms)
    ]
    while active and bounds.step < MOST_SWEEPS:
        bounds.step += 1
        moved = [_press(bounds, one) for one in active]
        if not any(moved):
            return


def _press(bounds: Bounds, equation: Equation) -> bool:
    moved = _press_down(bounds, equation, equation.terms)
    if equation.is_equal:
        away = [(cell, -sign) for cell, sign in equation.terms]
        moved |= _press_down(bounds, equation, away)
    return moved


def _press_down(
    bounds: Bounds, equation: Equation, terms: Iterable[tuple[int, int]]
) -> bool:
    """Use ``sum <= 0``: no term can exceed what the least of all others leaves."""
    least, without, proof = 0.0, None, {equation.rule}
    proofs = {1: bounds.low_proof, -1: bounds.high_proof}
    open_terms = []
    for cell, sign in terms:
        if cell not in bounds.open:
            least += sign * bounds.limits[cell]
            continue
        low = bounds.low[cell] if sign > 0 else -bounds.high[cell]
        open_terms.append((cell, sign, low))
        if low != -inf:
            least += low
        elif without is None:
            without = cell
        else:
            return False  # two terms without a floor: nothing follows
    moved = False
    for cell, sign, low in open_terms:
        if without in (None, cell):
            room = equation.tolerance - least + (0 if without == cell else low)
            held, is_low = bounds.low if sign < 0 else bounds.high, sign < 0
            better = -room > held[cell] if is_low else room < held[cell]
            if better:
                if len(proof) == 1:
                    proof = proof.union(*(proofs[s][c][0] for c, s, _ in open_terms))
                value = -room if is_low else room
                moved |= bounds.narrow(cell, value, frozenset(proof), is_low)
    if not open_terms and least > equation.tolerance + EPSILON:
        raise Conflict(frozenset(proof))
    return moved


def _is_wide(bounds: Bounds, cell: int) -> bool:
    return cell in bounds.open and bounds.low[cell] != bounds.high[cell]


def _has_circle(bounds: Bounds, loose: Sequence[Equation]) -> bool:
    """
    Whether open cells and equations form a circle.

    Without one, narrowing cell by cell already gives the exact bounds.
    """
    root: dict = {}

    def find(node: object) -> object:
        while root.setdefault(node, node) != node:
            node = root[node]
        return node

    for number, equation in enumerate(loose):
        for cell, _ in equation.terms:
            if _is_wide(bounds, cell):
                one, other = find(("rule", number)), find(cell)
                if one == other:
                    return True
                root[one] = other
    return False


def _sharpen(bounds: Bounds, loose: Sequence[Equation]) -> None:
    """Ask a program for the least and greatest of each cell that is still open."""
    cells = sorted({c for one in loose for c, _ in one.terms if _is_wide(bounds, c)})
    highs = [bounds.high[c] for c in cells]
    lows = [bounds.low[c] for c in cells]
    fixed = bounds.limits | {c: v for c, v in bounds.low.items() if c not in cells}
    sizes = (abs(v) for v in (*fixed.values(), *lows, *highs) if abs(v) != inf)
    # Past its stand-in for no limit the program would find a conflict that is none.
    if len(cells) > MOST_SOLVED or max(sizes, default=0) > ENDLESS:
        bounds.is_exact = False
        return
    bounds.is_exact = inf not in highs
    bounds.step += 1
    rules = frozenset({one.rule for one in loose}).union(
        *(bounds.low_proof[c][0] | bounds.high_proof[c][0] for c in cells)
    )
    whole = [bounds.sheet.system.is_count[c] for c in cells]
    solve = pose_limits(loose, cells, fixed, lows, highs, whole)
    seen: list[list[float]] = []
    for place, is_low in ((p, s) for p in range(len(cells)) for s in (True, False)):
        edge = (bounds.low if is_low else bounds.high)[cells[place]]
        if edge == inf or any(abs(one[place] - edge) <= EPSILON for one in seen):
            continue  # without end, or an earlier answer stands on this bound
        answer = solve(place, 1 if is_low else -1)
        if answer is None:
            bounds.is_exact = False
        elif not answer:
            raise Conflict(rules)
        else:
            seen.append(answer)
            bounds.narrow(cells[place], answer[place], rules, is_low)
