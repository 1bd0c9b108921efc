"""Two figures in, the small slip of the pen that turns one into the other out."""

from __future__ import annotations

UNIT_SLIP = 10_000  # 元 and 万元


def name_slip(written: float, meant: float) -> str | None:
    """
    Name the slip that makes ``meant`` into ``written``; None when no one slip does.

    One of lost_digit, extra_digit, doubled_digit, transposed_digits, wrong_digit,
    unit_slip. Whole figures of one digit are told apart by nothing: they give None.
    """
    if written == meant or min(written, meant) < 0:
        return None
    if written in (meant * UNIT_SLIP, meant / UNIT_SLIP) and written and meant:
        return "unit_slip"
    if written != int(written) or meant != int(meant):
        return None
    a, b = str(int(written)), str(int(meant))
    if max(len(a), len(b)) < 2:
        return None
    if len(a) == len(b):
        return _name_exchange(a, b)
    if len(a) + 1 == len(b):
        return "lost_digit" if a in _drop_one(b) else None
    if len(a) == len(b) + 1 and b in _drop_one(a):
        doubled = any(
            a[i] == a[i + 1] and a[:i] + a[i + 1 :] == b for i in range(len(b))
        )
        return "doubled_digit" if doubled else "extra_digit"
    return None


def _drop_one(digits: str) -> set[str]:
    return {digits[:i] + digits[i + 1 :] for i in range(len(digits))}


def _name_exchange(a: str, b: str) -> str | None:
    wrong = [i for i in range(len(a)) if a[i] != b[i]]
    if len(wrong) == 1:
        return "wrong_digit" if len(a) > 2 else None
    i, j = wrong[0], wrong[-1]
    swapped = len(wrong) == 2 and j == i + 1 and a[i] == b[j] and a[j] == b[i]
    return "transposed_digits" if swapped else None
