"""Which rights Slipway's own identity lacks, as Azure itself computes them (the permissions API), read before a write.

The API does not apply conditions: a condition that forbids one role is met only when granting it.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from azure_api import looking, versions
from contracts.errors import MissingRight


@dataclass(frozen=True)
class Right:
    """An action of Azure's role definitions, on an ARM id."""

    action: str
    scope: str


def missing_rights(needed: Iterable[Right]) -> list[MissingRight]:
    """One error for each right that Slipway lacks, in the order asked for; what is asked twice is told once."""
    permissions: dict[str, list[dict[str, Any]]] = {}
    missing = []
    for right in dict.fromkeys(needed):
        if right.scope not in permissions:
            permissions[right.scope] = _permissions(right.scope)
        if not any(allows(permission, right.action) for permission in permissions[right.scope]):
            message = f"Slipway's identity may not {right.action} on {right.scope}"
            missing.append(MissingRight(message, cause=right.action))
    return missing


def allows(permission: dict[str, Any], action: str, *, on_data: bool = False) -> bool:
    """Whether one permission (actions with wildcards, minus notActions) covers `action`, a data action if `on_data`."""

    def listed(patterns: list[str] | None) -> bool:
        return any(_names(pattern.lower(), action.lower()) for pattern in patterns or [])

    granted, excluded = ("dataActions", "notDataActions") if on_data else ("actions", "notActions")
    return listed(permission.get(granted)) and not listed(permission.get(excluded))


def _names(pattern: str, action: str) -> bool:
    # `a/*/b` names `a/b` too: Managed Identity Operator grants `userAssignedIdentities/assign/action` so, and AzureML
    # Data Scientist may not write computes by `computes/*/write`.
    return any(fnmatch.fnmatchcase(action, one) for one in (pattern, pattern.replace("/*/", "/")))


def _permissions(scope: str) -> list[dict[str, Any]]:
    # By the scope's own path: azure-mgmt-authorization's client asks in its own subscription, whatever the scope's is.
    # Documented for resource groups and resources; at a subscription it was never compared with live Azure.
    return looking.listed(f"{scope.rstrip('/')}/providers/Microsoft.Authorization/permissions", versions.PERMISSIONS)
