"""The operators of advanced filters. Strings compare without regard to case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _text(compare: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: isinstance(value, str) and compare(value.lower(), str(wanted).lower())


def _number(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def test(value: Any, wanted: Any) -> bool:
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        return numeric and isinstance(wanted, int | float) and compare(value, wanted)

    return test


# Those that compare with one value rather than with a list.
SINGLE = {
    "NumberGreaterThan",
    "NumberGreaterThanOrEquals",
    "NumberLessThan",
    "NumberLessThanOrEquals",
    "BoolEquals",
}
# Each operator: the test of one value, and whether the operator holds when the test does not.
OPERATORS: dict[str, tuple[Callable[[Any, Any], bool], bool]] = {
    "StringIn": (_text(str.__eq__), False),
    "StringNotIn": (_text(str.__eq__), True),
    "StringBeginsWith": (_text(str.startswith), False),
    "StringNotBeginsWith": (_text(str.startswith), True),
    "StringEndsWith": (_text(str.endswith), False),
    "StringNotEndsWith": (_text(str.endswith), True),
    "StringContains": (_text(str.__contains__), False),
    "StringNotContains": (_text(str.__contains__), True),
    "NumberIn": (_number(lambda value, wanted: value == wanted), False),
    "NumberNotIn": (_number(lambda value, wanted: value == wanted), True),
    "NumberGreaterThan": (_number(lambda value, wanted: value > wanted), False),
    "NumberGreaterThanOrEquals": (_number(lambda value, wanted: value >= wanted), False),
    "NumberLessThan": (_number(lambda value, wanted: value < wanted), False),
    "NumberLessThanOrEquals": (_number(lambda value, wanted: value <= wanted), False),
    "BoolEquals": (lambda value, wanted: isinstance(value, bool) and value is wanted, False),
    "IsNullOrUndefined": (lambda value, wanted: value is None, False),
    "IsNotNull": (lambda value, wanted: value is None, True),
}
