"""Which roles an endpoint's identity needs: data, with sources.

Source of the role matrix: concept-endpoints-online-auth and the seed how-to "Grant permissions to the endpoint": a
system-assigned identity gets image pull, blob read and metrics from the service itself; a user-assigned one gets
nothing, and must hold its roles before the deployment is created. Metrics are optional there, so not granted unasked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from azure_api.clients import clients
from azure_api.errors import translated
from contracts.errors import RoleNotFound
from contracts.plan import NeededRole
from contracts.request import AccessRequest

ScopeName = Literal["container registry", "default storage", "workspace"]


@dataclass(frozen=True)
class BuiltInRole:
    """A built-in role: name and GUID as in Azure's list of built-in roles."""

    name: str
    guid: str


ACR_PULL = BuiltInRole("AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d")
BLOB_READER = BuiltInRole("Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1")
KNOWN_ROLES = {
    role.name.lower(): role
    for role in (
        ACR_PULL,
        BLOB_READER,
        BuiltInRole("AzureML Metrics Writer (preview)", "635dd51f-9968-44d3-b7fb-6d9a6bd613ae"),
        BuiltInRole(
            "Azure Machine Learning Workspace Connection Secrets Reader", "ea01e6af-a1c1-4350-9563-ad00f8c72ec5"
        ),
        BuiltInRole("Cognitive Services OpenAI User", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"),
    )
}

# (role, scope, why), for a user-assigned identity.
USER_ASSIGNED_NEEDS: tuple[tuple[BuiltInRole, ScopeName, str], ...] = (
    (ACR_PULL, "container registry", "pulls the serving image"),
    (BLOB_READER, "default storage", "mounts the model and the code"),
)


def needed_roles(access: AccessRequest, *, user_assigned: bool, workspace: Any) -> list[NeededRole]:
    """The least the endpoint's identity needs, without repeats; `workspace` is the SDK's workspace entity."""
    scopes: dict[str, str] = {
        "container registry": str(workspace.container_registry or ""),
        "default storage": str(workspace.storage_account or ""),
        "workspace": str(workspace.id),
    }
    needed = [
        NeededRole(role=grant.role, guid=_guid(grant.role, grant.scope), scope=grant.scope, reason="asked for")
        for grant in access.additional
    ]
    if access.grants == "auto" and user_assigned:
        # A workspace without a registry of its own has nothing to pull from it.
        needed += [
            NeededRole(role=role.name, guid=role.guid, scope=scopes[scope], reason=why)
            for role, scope, why in USER_ASSIGNED_NEEDS
            if scopes[scope]
        ]
    return list({(role.guid, role.scope.lower()): role for role in needed}.values())


def role_definition_id(scope: str, guid: str) -> str:
    """ARM id of a role definition, as role assignments name it."""
    subscription = scope.split("/")[2]
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


def _guid(role: str, scope: str) -> str:
    known = KNOWN_ROLES.get(role.lower())
    if known:
        return known.guid
    quoted = role.replace("'", "''")
    with translated():
        for definition in clients().authorization.role_definitions.list(scope, filter=f"roleName eq '{quoted}'"):
            return str(definition.name)
    raise RoleNotFound(f"there is no role named {role!r} at {scope}")
