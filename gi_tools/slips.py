"""Two figures in, the small slip of the pen that turns one into the other out."""

from __future__ import annotations

from collections import Counter

UNIT_SLIP = 10_000  # 元 and 万元


def name_slip(written: float, meant: float) -> str | None:
    """
    Name the slip that makes ``meant`` into ``written``; None when no one slip does.

    One of lost_digit, extra_digit, doubled_digit, transposed_digits, wrong_digit,
    unit_slip. A wrong digit among fewer than three explains too much: it gives None.
    """
    if written == meant or min(written, meant) < 0:
        return None
    # Divided, not multiplied: 0.07 * 10,000 is not 700 in floats.
    if written and (written == meant / UNIT_SLIP or meant == written / UNIT_SLIP):
        return "unit_slip"
    if written != int(written) or meant != int(meant):
        return None
    a, b = str(int(written)), str(int(meant))
    name = name_digit_slip(a, b)
    return None if name == "wrong_digit" and len(a) < 3 else name


def name_digit_slip(written: str, meant: str) -> str | None:
    """Name the slip of digits that makes one number into another of any length."""
    if len(written) == len(meant):
        pairs = enumerate(zip(written, meant, strict=True))
        wrong = [place for place, (a, b) in pairs if a != b]
        if len(wrong) == 1:
            return "wrong_digit"
        swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1
        swapped = swapped and Counter(written) == Counter(meant)
        return "transposed_digits" if swapped else None
    if written in _drop_one(meant):
        return "lost_digit"
    if meant not in _drop_one(written):
        return None
    doubled = (meant[: n + 1] + meant[n:] for n in range(len(meant)))
    return "doubled_digit" if written in doubled else "extra_digit"


def _drop_one(digits: str) -> set[str]:
    return {digits[:i] + digits[i + 1 :] for i in range(len(digits))}
