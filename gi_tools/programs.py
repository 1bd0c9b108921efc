"""Mixed-integer programs: the limits of open cells, the cheapest change of figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf

import numpy as np
from numpy import ndarray

from gi_tools.equations import EPSILON, Equation, Sheet, write_matrix

# Limits on nodes, not on seconds: the same figures give the same answer anywhere.
EXACT = {"node_limit": 200}
QUICK = {"node_limit": 1, "mip_rel_gap": 0.05, "presolve": False}
ENDLESS = 1e9  # stands for no upper limit
WIDER = 1000.0  # times as large a change is allowed when the tight one finds nothing


def pose_limits(
    equations: Sequence[Equation],
    cells: Sequence[int],
    fixed: Mapping[int, float],
    lows: Sequence[float],
    highs: Sequence[float],
    is_count: Sequence[bool],
) -> Callable[[int, int], list[float] | None]:
    """
    Give a solver: (place of a cell, 1 for its least or -1 for its greatest) to values.

    It answers None where time runs out and an empty list where nothing fits.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix = write_matrix(equations, [*cells, *fixed])
    free, held = np.hsplit(matrix, [len(cells)])
    rows = LinearConstraint(free, *_bound(equations, held @ list(fixed.values())))
    box = Bounds(np.maximum(lows, -ENDLESS), np.minimum(highs, ENDLESS))
    whole = np.array(is_count, dtype=int)

    def solve(target: int, sense: int) -> list[float] | None:
        goal = np.zeros(len(cells))
        goal[target] = sense
        found = milp(
            goal, constraints=rows, bounds=box, integrality=whole, options=dict(EXACT)
        )
        if found.status == 2:
            return []
        return found.x.tolist() if found.status == 0 else None

    return solve


def _bound(equations: Sequence[Equation], known: ndarray) -> tuple[ndarray, ndarray]:
    """Give how low and high the rest of each sum may be, beside what is known."""
    slack = np.array([one.tolerance for one in equations])
    is_equal = [one.is_equal for one in equations]
    return np.where(is_equal, -known - slack, -inf), slack - known


def find_cheapest(
    sheet: Sheet, equations: Sequence[Equation]
) -> dict[int, float] | None:
    """
    Find new values for the fewest cells whose change mends the equations.

    Open cells take any value from 0. The largest change allowed is first the sum of
    all gaps, which makes the program fast; where that finds nothing, more. What it
    finds is good, not proved to be the best: None where it finds nothing. After
    Fellegi and Holt (1976).
    """
    tight = 1.0 + sum(abs(sheet.find_gap(one)) for one in equations)
    for limit in (tight, tight * WIDER):
        found = _solve_changes(sheet, equations, limit)
        if found is not None:
            return found
    return None


def _solve_changes(
    sheet: Sheet, equations: Sequence[Equation], limit: float
) -> dict[int, float] | None:
    from scipy.optimize import Bounds, LinearConstraint, milp

    held = sorted({cell for one in equations for cell, _ in one.terms})
    cells = [cell for cell in held if sheet.values[cell] is not None]
    others = [cell for cell in held if sheet.values[cell] is None]
    values = np.array([sheet.values[cell] for cell in cells])
    n, extra = len(cells), len(others)
    known, free = np.hsplit(write_matrix(equations, [*cells, *others]), [n])
    # Columns: how far a cell rises, how far it falls, whether it changes; open cells.
    rows = np.block([
        [known, -known, np.zeros_like(known), free],
        [np.eye(n), np.eye(n), -limit * np.eye(n), np.zeros((n, extra))],
    ])  # fmt: skip
    low, high = _bound(equations, known @ values)
    low, high = np.append(low, np.full(n, -inf)), np.append(high, np.zeros(n))
    signed = sheet.system.is_signed
    falls = [limit if signed[c] else max(sheet.values[c], 0.0) for c in cells]
    tops = [limit] * n + falls + [1.0] * n + [ENDLESS] * extra
    floors = [-ENDLESS if signed[c] else 0.0 for c in others]
    found = milp(
        np.repeat([1e-6, 1.0, 0.0], [2 * n, n, extra]),
        constraints=LinearConstraint(rows, low, high),
        bounds=Bounds([0.0] * (3 * n) + floors, tops),
        integrality=np.repeat([0, 1, 0], [2 * n, n, extra]),
        options=dict(QUICK),
    )
    if found.x is None:
        return None
    moves = found.x[:n] - found.x[n : 2 * n]
    return {
        cell: value + float(round(move, 6))
        for cell, value, move in zip(cells, values.tolist(), moves, strict=True)
        if abs(move) > EPSILON
    }
