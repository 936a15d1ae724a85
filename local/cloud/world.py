"""The fixed world of the local Azure: who and what exists when it starts, and how long things take.

Names and ids are constants so that the app's configuration, the tests and the documentation can rely on them.
Nothing here is secret: keys, tokens and identity headers are drawn at random each time the local Azure starts.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

TENANT = "11111111-1111-1111-1111-111111111111"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
RESOURCE_GROUP = "slipway-local"
WORKSPACE = "slipway-workspace"
REGION = "eastus"
WORKSPACE_STORAGE = "slipwaylocal"
FEATURE_STORAGE = "slipwayfeatures"
FEATURE_CONTAINER = "features"
# The function app's own, in a resource group of its own in Azure; here there is one group.
APP_STORAGE = "slipwayapp"
LOG_CONTAINER = "deployment-logs"
STORAGE_ACCOUNTS = (WORKSPACE_STORAGE, FEATURE_STORAGE, APP_STORAGE)
REGISTRY = "slipwaylocalacr"
WORKSPACE_VAULT = "slipwaylocalkv"
DATASTORE = "workspaceblobstore"
CONNECTION = "help-desk"

# Another customer's endpoint: names are unique per region across all subscriptions, and this one is gone.
NAME_TAKEN_IN_REGION = "taken-in-this-region"

_NAMESPACE = uuid.UUID("6f1d7a3c-5f0e-4b57-9a43-2c6f0d1f8e55")


def stable_id(*parts: object) -> str:
    """A UUID that depends on `parts` alone: the same world has the same ids on every machine."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(str(part) for part in parts)))


WORKSPACE_GUID = stable_id("workspace", WORKSPACE)
BLOB_CONTAINER = f"azureml-blobstore-{WORKSPACE_GUID}"

SUBSCRIPTION_ID = f"/subscriptions/{SUBSCRIPTION}"
RESOURCE_GROUP_ID = f"{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}"
WORKSPACE_ID = f"{RESOURCE_GROUP_ID}/providers/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}"
REGISTRY_ID = f"{RESOURCE_GROUP_ID}/providers/Microsoft.ContainerRegistry/registries/{REGISTRY}"
ACTION_GROUP_ID = f"{RESOURCE_GROUP_ID}/providers/Microsoft.Insights/actionGroups/slipway-on-call"
WORKSPACE_INSIGHTS_ID = f"{RESOURCE_GROUP_ID}/providers/Microsoft.Insights/components/slipway-local"


def storage_id(account: str) -> str:
    """The ARM id of a storage account of this world."""
    return f"{RESOURCE_GROUP_ID}/providers/Microsoft.Storage/storageAccounts/{account}"


def vault_id(vault: str) -> str:
    """The ARM id of a key vault of this world."""
    return f"{RESOURCE_GROUP_ID}/providers/Microsoft.KeyVault/vaults/{vault}"


@dataclass(frozen=True)
class Identity:
    """Somebody who can hold a token. `resource_id` is the ARM id of a user-assigned identity, else None."""

    name: str
    principal_id: str
    client_id: str
    resource_id: str | None = None


def _identity(name: str) -> Identity:
    return Identity(name=name, principal_id=stable_id("principal", name), client_id=stable_id("client", name))


def user_assigned_identity(name: str, use: int = 0) -> Identity:
    """The user-assigned identity of that name; `use` tells those apart that had the name one after the other."""
    parts = (name.lower(), use) if use else (name.lower(),)
    return Identity(
        name=name,
        principal_id=stable_id("principal", *parts),
        client_id=stable_id("client", *parts),
        resource_id=f"{RESOURCE_GROUP_ID}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}",
    )


APP = _identity("slipway-app")
DEVELOPER = _identity("developer")
USER_ASSIGNED = tuple(
    user_assigned_identity(name) for name in ("credit-risk-identity", "spare-identity", "chat-flow-identity")
)
PRINCIPALS = {identity.name: identity for identity in (APP, DEVELOPER, *USER_ASSIGNED)}


@dataclass(frozen=True)
class Durations:
    """How long Azure's long operations take, in virtual time."""

    # Two public recordings of the SDK's own tests: 90 s from PUT to Succeeded.
    endpoint_create: timedelta = timedelta(seconds=90)
    # Same recordings: a traffic switch took 70 s (10:44:30 to 10:45:40).
    endpoint_update: timedelta = timedelta(seconds=70)
    # Same recordings: two Standard_F2s_v2 instances took about 7 minutes.
    deployment_create: timedelta = timedelta(minutes=7)
    # On top, when its image has to be built: the documents speak of more than 15 minutes in all, and of up to 20.
    image_build: timedelta = timedelta(minutes=8)
    # When a deployment first uses its endpoint's identity, after its PUT. Not compared with live Azure.
    deployment_startup: timedelta = timedelta(seconds=60)
    # Reported by practitioners for endpoints and for deployments: up to 20 minutes.
    delete: timedelta = timedelta(minutes=20)
    # Not compared with live Azure; the service answers 202 and the new key works soon after.
    keys_regenerate: timedelta = timedelta(seconds=10)

    @property
    def container_start(self) -> timedelta:
        """What of a deployment's creation is left for its container once it has begun to use its identity."""
        return max(self.deployment_create - self.deployment_startup, timedelta())
