"""Which roles an endpoint's identity needs: data, with sources.

Source of the role matrix: concept-endpoints-online-auth and the seed how-to "Grant permissions to the endpoint": a
system-assigned identity gets image pull, blob read and metrics from the service itself; a user-assigned one gets
nothing, and must hold its roles before the deployment is created. Metrics are optional there, so not granted unasked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from azure_api.clients import clients
from azure_api.errors import translated
from contracts.errors import RoleNotFound
from contracts.operator_limits import RoleNotGrantable
from contracts.plan import NeededRole
from contracts.request import RoleGrant

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
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


def asked_for(grant: RoleGrant) -> NeededRole:
    """The role that a request names, by its name in any case or by its GUID.

    Raises RoleNotFound, and RoleNotGrantable for one that Slipway does not grant.
    """
    role = _known(grant.role) or _defined(grant.role, grant.scope)
    check_grantable(role)
    return NeededRole(role=role.name, guid=role.guid, scope=grant.scope, reason="asked for")


def automatic_roles(workspace: Any) -> list[NeededRole]:
    """What a user-assigned identity needs; `workspace` is the SDK's workspace entity."""
    scopes: dict[str, str] = {
        "container registry": str(workspace.container_registry or ""),
        "default storage": str(workspace.storage_account or ""),
        "workspace": str(workspace.id),
    }
    # A workspace without a registry of its own has nothing to pull from it.
    return [
        NeededRole(role=role.name, guid=role.guid, scope=scopes[scope], reason=why)
        for role, scope, why in USER_ASSIGNED_NEEDS
        if scopes[scope]
    ]


def check_grantable(role: BuiltInRole) -> None:
    """Raises RoleNotGrantable for a role that is neither of this page nor of the settings.

    So Owner, Contributor and whatever else could change more than an endpoint has need of are never asked of Azure.
    """
    if not is_of_this_page(role) and not _is_of_the_settings(role):
        names = ", ".join([*(known.name for known in KNOWN_ROLES.values()), *clients().settings.grantable_roles])
        raise RoleNotGrantable(f"Slipway does not grant {role.name}; it grants {names}")


def is_of_this_page(role: BuiltInRole) -> bool:
    """Whether Azure's condition on Slipway's right to grant, as `infra/` has it, allows the role too."""
    return role.guid.lower() in {known.guid for known in KNOWN_ROLES.values()}


def _is_of_the_settings(role: BuiltInRole) -> bool:
    added = {one.lower() for one in clients().settings.grantable_roles}
    return not added.isdisjoint({role.name.lower(), role.guid.lower()})


def role_definition_id(scope: str, guid: str) -> str:
    """ARM id of a role definition, as role assignments name it."""
    subscription = scope.split("/")[2]
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


def _known(role: str) -> BuiltInRole | None:
    by_guid = {known.guid: known for known in KNOWN_ROLES.values()}
    return KNOWN_ROLES.get(role.lower()) or by_guid.get(role.lower())


def _defined(role: str, scope: str) -> BuiltInRole:
    """What Azure knows of a role at a scope."""
    definitions = clients().authorization.role_definitions
    quoted = role.replace("'", "''")
    with translated(not_found=RoleNotFound):
        if GUID.fullmatch(role):
            found = definitions.get(scope, role.lower())
            return BuiltInRole(str(found.role_name), role.lower())
        for found in definitions.list(scope, filter=f"roleName eq '{quoted}'"):
            return BuiltInRole(str(found.role_name), str(found.name))
    raise RoleNotFound(f"there is no role named {role!r} at {scope}")
