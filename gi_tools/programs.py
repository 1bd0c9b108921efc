"""Mixed-integer programs: the limits of open cells, the cheapest change of figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf

from gi_tools.equations import EPSILON, Equation, Sheet

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
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    place = {cell: number for number, cell in enumerate(cells)}
    matrix, shift = np.zeros((len(equations), len(cells))), np.zeros(len(equations))
    for number, one in enumerate(equations):
        for cell, sign in one.terms:
            if cell in place:
                matrix[number, place[cell]] += sign
            else:
                shift[number] += sign * fixed[cell]
    slack = np.array([one.tolerance for one in equations])
    floor = np.where([one.is_equal for one in equations], -shift - slack, -inf)
    rows = LinearConstraint(matrix, floor, slack - shift)
    box = Bounds(np.maximum(lows, -ENDLESS), np.minimum(highs, ENDLESS))

    def solve(target: int, sense: int) -> list[float] | None:
        goal = np.zeros(len(cells))
        goal[target] = sense
        whole = np.array(is_count, dtype=int)
        found = milp(
            goal, constraints=rows, bounds=box, integrality=whole, options=dict(EXACT)
        )
        if found.status == 2:
            return []
        return found.x.tolist() if found.status == 0 else None

    return solve


def find_cheapest(
    sheet: Sheet, equations: Sequence[Equation], weights: Mapping[int, float]
) -> dict[int, float] | None:
    """
    Find new values for the cells whose change costs least and mends the equations.

    Only cells of ``weights`` may change; open cells take any value from 0. The largest
    change allowed is first the sum of all gaps, which makes the program fast; where
    that finds nothing, more. What it finds is good, not proved to be the best: None
    where it finds nothing. After Fellegi and Holt (1976).
    """
    tight = 1.0 + sum(abs(sheet.find_gap(one)) for one in equations)
    for limit in (tight, tight * WIDER):
        found = _solve_changes(sheet, equations, weights, limit)
        if found is not None:
            return found
    return None


def _solve_changes(
    sheet: Sheet,
    equations: Sequence[Equation],
    weights: Mapping[int, float],
    limit: float,
) -> dict[int, float] | None:
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import lil_array

    # Columns: how far a cell rises, how far it falls, whether it changes; open cells.
    cells, n = list(weights), len(weights)
    place = {cell: number for number, cell in enumerate(cells)}
    others = {c for one in equations for c, _ in one.terms if sheet.values[c] is None}
    extra = {cell: 3 * n + number for number, cell in enumerate(sorted(others))}
    rows = lil_array((len(equations) + n, 3 * n + len(extra)))
    low, high = np.full(rows.shape[0], -inf), np.zeros(rows.shape[0])
    for number, one in enumerate(equations):
        for cell, sign in one.terms:
            if (value := sheet.values[cell]) is None:
                rows[number, extra[cell]] += sign
                continue
            high[number] -= sign * value
            if cell in place:
                rows[number, place[cell]] += sign
                rows[number, n + place[cell]] -= sign
        if one.is_equal:
            low[number] = high[number] - one.tolerance
        high[number] += one.tolerance
    for number in range(n):
        line = len(equations) + number
        rows[line, number] = rows[line, n + number] = 1
        rows[line, 2 * n + number] = -limit
    signed = sheet.system.is_signed
    falls = [limit if signed[c] else max(sheet.values[c] or 0.0, 0.0) for c in cells]
    tops = [limit] * n + falls + [1.0] * n + [ENDLESS] * len(extra)
    floors = [-ENDLESS if c in extra and signed[c] else 0.0 for c in sorted(others)]
    cost = [1e-6] * (2 * n) + [weights[c] for c in cells] + [0.0] * len(extra)
    flags = [0] * (2 * n) + [1] * n + [0] * len(extra)
    found = milp(
        np.array(cost),
        constraints=LinearConstraint(rows.tocsr(), low, high),
        bounds=Bounds([0.0] * (3 * n) + floors, tops),
        integrality=flags,
        options=dict(QUICK),
    )
    if found.x is None:
        return None
    moves = found.x[:n] - found.x[n : 2 * n]
    return {
        cell: (sheet.values[cell] or 0.0) + float(round(move, 6))
        for cell, move in zip(cells, moves, strict=True)
        if abs(move) > EPSILON
    }
