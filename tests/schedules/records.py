"""What the Azure of random schedules holds: endpoints, deployments, role assignments, and who did what to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.marks import MARK_TAG
from settings import Settings

Document = dict[str, Any]

WORKSPACE = Settings.read(
    {
        "SLIPWAY_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000001",
        "SLIPWAY_RESOURCE_GROUP": "rg",
        "SLIPWAY_WORKSPACE": "ws",
    }
)
WORKSPACE_ID = WORKSPACE.workspace_id
IDENTITY_ID = f"{WORKSPACE.resource_group_id}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/scorer"
IDENTITY_PRINCIPAL = "22222222-2222-2222-2222-222222222222"
REGISTRY_ID = f"{WORKSPACE.resource_group_id}/providers/Microsoft.ContainerRegistry/registries/acr"
STORAGE_ID = f"{WORKSPACE.resource_group_id}/providers/Microsoft.Storage/storageAccounts/store"
OUTSIDER = "an outsider"


@dataclass
class Operation:
    """A long operation: when it ends, and how; `error` begins with a code, as Azure writes it."""

    name: str
    ends_at: datetime
    error: str | None = None
    log: str = ""
    ended: bool = False


@dataclass
class Deployment:
    """An online deployment. `answers` is what its model does with a request, and did as what came up before."""

    name: str
    body: Document
    operation: Operation
    state: str = "Creating"
    answers: str = "right"
    known: dict[str, str] = field(default_factory=dict)

    @property
    def mark(self) -> str | None:
        """Whose it is."""
        return mark_in(self.body)

    @property
    def instances(self) -> int:
        """How many there are of it: one where nobody says more."""
        return int((self.body.get("sku") or {}).get("capacity") or 1)


@dataclass
class Endpoint:
    """An online endpoint with its deployments, and the identity that is its own or was given to it."""

    name: str
    body: Document
    operation: Operation
    principal: str
    state: str = "Creating"
    deployments: dict[str, Deployment] = field(default_factory=dict)

    @property
    def mark(self) -> str | None:
        """Whose it is."""
        return mark_in(self.body)

    @property
    def traffic(self) -> dict[str, int]:
        """Shares, without those of nothing."""
        shares: dict[str, int] = self.body["properties"].get("traffic") or {}
        return {name: share for name, share in shares.items() if share}

    @property
    def busy(self) -> bool:
        """Whether an operation runs on it or on one of its deployments."""
        operations = [self.operation, *(one.operation for one in self.deployments.values())]
        return not all(one.ended for one in operations)


@dataclass(frozen=True)
class Act:
    """Somebody's write that took effect: `what` is put, delete or gone (a deletion that has come to its end).

    `served` says whether what is deleted had traffic.
    """

    moment: datetime
    by: str
    what: str
    key: str
    served: bool = False


def mark_in(body: Document) -> str | None:
    """The mark in the tags of a document."""
    tags = body.get("tags") or body.get("properties", {}).get("tags") or {}
    mark: str | None = tags.get(MARK_TAG)
    return mark


def endpoint_key(name: str) -> str:
    """The ledger's reference of an endpoint."""
    return f"onlineEndpoints/{name}"


def deployment_key(endpoint: str, name: str) -> str:
    """The ledger's reference of a deployment."""
    return f"onlineEndpoints/{endpoint}/deployments/{name}"
