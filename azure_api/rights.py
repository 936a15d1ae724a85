"""Which rights Slipway's own identity lacks, as Azure itself computes them (the permissions API), read before a write.

The API does not apply conditions: a condition that forbids one role is met only when granting it.
"""

from __future__ import annotations

import fnmatch
from typing import Any

from azure_api.clients import clients
from azure_api.errors import translated
from contracts.errors import MissingRight

API_VERSION = "2022-04-01"  # Microsoft.Authorization/permissions

# What Slipway's own identity must be allowed, before it starts.
ENDPOINT_WRITE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write"
DEPLOYMENT_WRITE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/write"
ASSIGN_ROLES = "Microsoft.Authorization/roleAssignments/write"
ATTACH_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"


def missing_rights(*, grant_scopes: list[str], user_assigned_id: str | None) -> list[MissingRight]:
    """One error per right that a request needs and Slipway lacks: to write endpoints and deployments, grant, attach.

    What else it needs (registering assets, keys, logs) is met when it is used.
    """
    wanted = [(clients().settings.workspace_id, ENDPOINT_WRITE), (clients().settings.workspace_id, DEPLOYMENT_WRITE)]
    wanted += [(scope, ASSIGN_ROLES) for scope in dict.fromkeys(grant_scopes)]
    if user_assigned_id:
        wanted.append((user_assigned_id, ATTACH_IDENTITY))
    permissions: dict[str, list[dict[str, Any]]] = {}
    missing = []
    for scope, action in wanted:
        if scope not in permissions:
            with translated():
                permissions[scope] = _permissions(scope)
        if not any(allows(permission, action) for permission in permissions[scope]):
            missing.append(MissingRight(f"Slipway's identity may not {action} on {scope}", cause=action))
    return missing


def allows(permission: dict[str, Any], action: str) -> bool:
    """Whether one permission (actions with wildcards, minus notActions) covers `action`."""
    # Managed Identity Operator writes `userAssignedIdentities/*/assign/action` for what errors call
    # `userAssignedIdentities/assign/action`: both forms name the same right.
    forms = {action.lower(), action.lower().replace("/userassignedidentities/", "/userassignedidentities/x/")}

    def listed(patterns: list[str] | None) -> bool:
        return any(fnmatch.fnmatchcase(form, pattern.lower()) for pattern in patterns or [] for form in forms)

    return listed(permission.get("actions")) and not listed(permission.get("notActions"))


def _permissions(scope: str) -> list[dict[str, Any]]:
    # By the scope's own path: azure-mgmt-authorization's client asks in its own subscription, whatever the scope's is.
    # Documented for resource groups and resources; at a subscription it was never compared with live Azure.
    found: list[dict[str, Any]] = []
    page = clients().get(f"{scope.rstrip('/')}/providers/Microsoft.Authorization/permissions", API_VERSION)
    while True:
        found += page.get("value") or []
        if not page.get("nextLink"):
            return found
        page = clients().get(page["nextLink"])
