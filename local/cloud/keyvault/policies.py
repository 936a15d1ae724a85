"""Access policies as they are changed a few at a time: added, replaced, removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ArmError

_Change: TypeAlias = Callable[[list[str], list[str]], list[str]]


def _without(words: list[str], others: list[str]) -> list[str]:
    """Words match in any case."""
    known = {word.lower() for word in others}
    return [word for word in words if word.lower() not in known]


# What becomes of the permissions that a principal has, with those that are named.
_OPERATIONS: Mapping[str, _Change] = {
    "add": lambda held, given: [*held, *_without(given, held)],
    "replace": lambda _held, given: given,
    "remove": _without,
}
_KINDS = ("keys", "secrets", "certificates", "storage")


def changed(operation: str, told: Json, given: Json) -> list[Json]:
    """All policies of a vault after `operation` with those given. Raises ArmError for an operation there is not."""
    change = _OPERATIONS.get(operation.lower())
    if change is None:
        message = f"The operation '{operation}' is none of {', '.join(_OPERATIONS)}."
        raise ArmError(400, "BadRequest", message)
    policies = {_principal(one): one for one in _listed(told)}
    for one in _listed(given):
        policies[_principal(one)] = _with(policies.get(_principal(one), {}), one, change)
    return [one for one in policies.values() if any(as_json(one["permissions"]).values())]


def _listed(properties: Json) -> list[Json]:
    policies = properties.get("accessPolicies")
    return policies if isinstance(policies, list) else []


def _principal(policy: Json) -> str:
    return str(policy["objectId"]).lower()


def _with(held: Json, given: Json, change: _Change) -> Json:
    before, named = as_json(held.get("permissions")), as_json(given["permissions"])
    after = {kind: change(_words(before, kind), _words(named, kind)) for kind in _KINDS}
    return {**given, "permissions": {kind: words for kind, words in after.items() if words}}


def _words(permissions: Json, kind: str) -> list[str]:
    words = permissions.get(kind)
    return [str(word) for word in words] if isinstance(words, list) else []
