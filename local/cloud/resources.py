"""The resources beside the workspace that a deployment refers to: identities, storage accounts, the registry."""

from __future__ import annotations

from collections.abc import Callable

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json
from local.cloud.arm.errors import ArmError, resource_not_found
from local.cloud.arm.route import ArmRoute
from local.cloud.hosts import blob_url
from local.cloud.world import (
    APP_STORAGE,
    FEATURE_STORAGE,
    REGION,
    REGISTRY,
    REGISTRY_ID,
    RESOURCE_GROUP,
    RESOURCE_GROUP_ID,
    TENANT,
    USER_ASSIGNED,
    WORKSPACE_STORAGE,
    storage_id,
)

# The api-versions of the current management SDKs and of those before them.
_IDENTITY_VERSIONS = ("2018-11-30", "2023-01-31")
_STORAGE_VERSIONS = ("2022-09-01", "2023-01-01", "2023-05-01", "2024-01-01")
_REGISTRY_VERSIONS = ("2022-12-01", "2023-07-01", "2024-11-01-preview", "2025-04-01")
_GROUP_VERSIONS = ("2021-04-01", "2022-09-01", "2024-03-01", "2025-04-01")
_BASE = "/subscriptions/{subscription}/resourceGroups/{group}"


def routes() -> list[ArmRoute]:
    """GET of each of them."""
    providers = f"{_BASE}/providers"
    identity = f"{providers}/Microsoft.ManagedIdentity/userAssignedIdentities/{{name}}"
    storage = f"{providers}/Microsoft.Storage/storageAccounts/{{name}}"
    registry = f"{providers}/Microsoft.ContainerRegistry/registries/{{name}}"
    return [
        ArmRoute("GET", _BASE, _GROUP_VERSIONS, _group),
        ArmRoute("GET", identity, _IDENTITY_VERSIONS, _named(_identities, "Microsoft.ManagedIdentity")),
        ArmRoute("GET", storage, _STORAGE_VERSIONS, _named(_storage_accounts, "Microsoft.Storage")),
        ArmRoute("GET", registry, _REGISTRY_VERSIONS, _named(_registries, "Microsoft.ContainerRegistry")),
    ]


def exists(scope: str) -> bool:
    """Whether a role may be assigned at `scope`: the subscription, the group, or something inside the group."""
    wanted = f"{scope.rstrip('/').lower()}/"
    group = f"{RESOURCE_GROUP_ID.lower()}/"
    return group.startswith(wanted) or wanted.startswith(group)


def _group(call: Call) -> Answer:
    if call.parameters["group"].lower() != RESOURCE_GROUP:
        raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{call.parameters['group']}' could not be found.")
    body = {
        "id": RESOURCE_GROUP_ID,
        "name": RESOURCE_GROUP,
        "type": "Microsoft.Resources/resourceGroups",
        "location": REGION,
        "tags": {},
        "properties": {"provisioningState": "Succeeded"},
    }
    return Answer(200, body)


def _named(documents: Callable[[], dict[str, Json]], provider: str) -> Callable[[Call], Answer]:
    def get(call: Call) -> Answer:
        name, group = call.parameters["name"], call.parameters["group"]
        document = documents().get(name.lower()) if group.lower() == RESOURCE_GROUP else None
        if document is None:
            raise resource_not_found(f"{provider}/{name}", group)
        return Answer(200, {"location": REGION, "tags": {}, **document})

    return get


def _identities() -> dict[str, Json]:
    return {
        one.name: {
            "id": one.resource_id,
            "name": one.name,
            "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
            "properties": {"tenantId": TENANT, "principalId": one.principal_id, "clientId": one.client_id},
        }
        for one in USER_ASSIGNED
    }


def _storage_accounts() -> dict[str, Json]:
    return {
        name: {
            "id": storage_id(name),
            "name": name,
            "type": "Microsoft.Storage/storageAccounts",
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS", "tier": "Standard"},
            "properties": {
                "provisioningState": "Succeeded",
                "isHnsEnabled": False,
                "primaryEndpoints": {"blob": f"{blob_url(name)}/"},
            },
        }
        for name in (WORKSPACE_STORAGE, FEATURE_STORAGE, APP_STORAGE)
    }


def _registries() -> dict[str, Json]:
    properties = {"provisioningState": "Succeeded", "loginServer": f"{REGISTRY}.azurecr.io", "adminUserEnabled": False}
    return {
        REGISTRY: {
            "id": REGISTRY_ID,
            "name": REGISTRY,
            "type": "Microsoft.ContainerRegistry/registries",
            "sku": {"name": "Standard", "tier": "Standard"},
            "properties": properties,
        }
    }
