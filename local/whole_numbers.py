"""Whole numbers that a request writes as text."""

from __future__ import annotations

# More digits than any number here has; Python refuses to read a few thousand.
_DIGITS = 18


def whole_number(text: str) -> int | None:
    """The number that digits from 0 to 9 write, None for other text: `int` takes more, and `isdigit` other things."""
    plain = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if plain else None
