"""The comparisons of a condition: an attribute of the attempt, an operator, and the values wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from local.cloud.authorization.names import ATTRIBUTES, ROLE_ASSIGNMENT


class ConditionError(ValueError):
    """The condition is malformed, or uses a part of the language that is not offered here."""


@dataclass(frozen=True)
class Attempt:
    """What somebody tries to do: the action, and the attributes of the request and of the existing resource."""

    action: str
    request: Mapping[str, object] = field(default_factory=dict)
    resource: Mapping[str, object] = field(default_factory=dict)


def comparison(attribute: str, operator: str, wanted: list[str]) -> Callable[[Attempt], bool]:
    """Whether an attempt's attribute compares so with the values; `ConditionError` for a word not offered here."""
    source, name = _attribute(attribute)
    how, equal = _operator(operator)

    def test(attempt: Attempt) -> bool:
        value = (attempt.request if source == "@request" else attempt.resource).get(name)
        # An attribute that is not there makes a comparison false, whatever the operator.
        return value is not None and how(equal(str(value), one) for one in wanted)

    return test


def _attribute(word: str) -> tuple[str, str]:
    source, _, name = word.rstrip("]").partition("[")
    if source.lower() not in ("@request", "@resource"):
        raise ConditionError(f"attribute source {source} is not supported here; use @Request or @Resource")
    if name.lower() not in ATTRIBUTES:
        raise ConditionError(f"attribute {name} is not supported here; only those of {ROLE_ASSIGNMENT}")
    return source.lower(), name.lower()


def literal(word: str) -> str:
    """The value a word stands for."""
    if word in "(){},!":
        raise ConditionError(f"expected a value, found {word}")
    return word.strip("'")


def _operator(word: str) -> tuple[Callable[[Iterable[bool]], bool], Callable[[str, str], bool]]:
    """How the outcomes for several values combine, and the comparison of one pair.

    The attributes offered here have one value each, so "any of" and "all of" on the left mean the same.
    """
    prefix, _, name = word.rpartition(":")
    combine = {
        "": any,
        "ForAnyOfAnyValues": any,
        "ForAllOfAnyValues": any,
        "ForAnyOfAllValues": all,
        "ForAllOfAllValues": all,
    }.get(prefix)
    compare = _COMPARISONS.get(name)
    if combine is None or compare is None:
        raise ConditionError(f"operator {word} is not supported here")
    return combine, compare


def _same(left: str, right: str) -> bool:
    return left.lower() == right.lower()


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "GuidEquals": _same,
    "GuidNotEquals": lambda left, right: not _same(left, right),
    "StringEquals": lambda left, right: left == right,
    "StringNotEquals": lambda left, right: left != right,
    "StringEqualsIgnoreCase": _same,
    "StringNotEqualsIgnoreCase": lambda left, right: not _same(left, right),
}
