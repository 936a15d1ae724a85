"""Which rights Slipway's own identity lacks, as Azure itself computes them (the permissions API), read before a write.

The API does not apply conditions: a condition that forbids one role is met only when granting it.
"""

from __future__ import annotations

import fnmatch
from typing import Any

from activities.azure_errors import translated
from activities.roles import ASSIGN_ROLES, ATTACH_IDENTITY, DEPLOYMENT_WRITE, ENDPOINT_WRITE
from clients import clients
from contracts.errors import MissingRight


def missing_rights(*, grant_scopes: list[str], user_assigned_id: str | None) -> list[MissingRight]:
    """One error per right that Slipway needs for a request and does not have."""
    wanted = [(clients().settings.workspace_id, ENDPOINT_WRITE), (clients().settings.workspace_id, DEPLOYMENT_WRITE)]
    wanted += [(scope, ASSIGN_ROLES) for scope in dict.fromkeys(grant_scopes)]
    if user_assigned_id:
        wanted.append((user_assigned_id, ATTACH_IDENTITY))
    permissions: dict[str, list[Any]] = {}
    missing = []
    for scope, action in wanted:
        if scope not in permissions:
            with translated():
                permissions[scope] = _permissions(scope)
        if not any(allows(permission, action) for permission in permissions[scope]):
            missing.append(MissingRight(f"Slipway's identity may not {action} on {scope}", cause=action))
    return missing


def allows(permission: Any, action: str) -> bool:
    """Whether one permission (actions with wildcards, minus notActions) covers `action`."""
    # Managed Identity Operator writes `userAssignedIdentities/*/assign/action` for what errors call
    # `userAssignedIdentities/assign/action`: both forms name the same right.
    forms = {action.lower(), action.lower().replace("/userassignedidentities/", "/userassignedidentities/x/")}

    def listed(patterns: list[str] | None) -> bool:
        return any(fnmatch.fnmatchcase(form, pattern.lower()) for pattern in patterns or [] for form in forms)

    return listed(permission.actions) and not listed(permission.not_actions)


def _permissions(scope: str) -> list[Any]:
    parts = scope.strip("/").split("/")
    operations = clients().authorization.permissions
    group = parts[3] if len(parts) > 3 else clients().settings.resource_group
    if len(parts) < 8:
        # The API knows resource groups and resources; a subscription's rights are inherited by its groups.
        return list(operations.list_for_resource_group(group))
    provider, rest = parts[5], parts[6:]
    parents, (kind, name) = rest[:-2], rest[-2:]
    return list(operations.list_for_resource(group, provider, "/".join(parents), kind, name))
