"""What the machine learning service knows: plain data, changed only under `WorkspaceState.lock`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from local.cloud.arm.documents import Json
from local.cloud.arm.errors import not_found
from local.cloud.arm.states import OperationState, ProvisioningState
from local.cloud.machinelearning.quota import Quota
from local.cloud.serving import ServingProcess
from local.cloud.world import Identity

AssetKind: TypeAlias = Literal["models", "codes", "environments"]
AuthMode: TypeAlias = Literal["Key", "AMLToken", "AADToken"]


@dataclass
class Stamps:
    """Who made a resource and who changed it last, and when."""

    created_at: datetime
    created_by: str
    modified_at: datetime
    modified_by: str

    @classmethod
    def new(cls, now: datetime, by: str) -> Stamps:
        """The stamps of something made now."""
        return cls(now, by, now, by)

    def touch(self, now: datetime, by: str) -> None:
        """Note a change."""
        self.modified_at, self.modified_by = now, by


@dataclass
class Asset:
    """One version of a model, code or environment; `properties` as the caller gave them."""

    kind: AssetKind
    name: str
    version: str
    properties: Json
    stamps: Stamps

    @property
    def archived(self) -> bool:
        """Whether lists of active versions leave it out."""
        return bool(self.properties.get("isArchived"))


@dataclass
class Operation:
    """A long operation. `error` is its message, which begins with the code, once it has failed."""

    name: str
    api_version: str
    started: datetime
    status: OperationState = "Updating"
    ended: datetime | None = None
    error: str | None = None


@dataclass
class Deployment:
    """An online deployment.

    `process` serves it, `starting` is about to, and `log` is what a start that never came so far left behind.
    """

    name: str
    tags: Json
    capacity: int
    properties: Json
    stamps: Stamps
    operation: Operation
    state: ProvisioningState = "Creating"
    process: ServingProcess | None = None
    starting: ServingProcess | None = None
    log: str = ""
    # The header secret with which each process gets tokens; useless once the process is stopped.
    identity_headers: dict[int, str] = field(default_factory=dict)


@dataclass
class Endpoint:
    """An online endpoint, its identities, keys and deployments."""

    name: str
    tags: Json
    identities: tuple[Identity, ...]
    auth_mode: AuthMode
    properties: Json
    traffic: dict[str, int]
    stamps: Stamps
    operation: Operation
    keys: dict[str, str]
    state: ProvisioningState = "Creating"
    description: str | None = None
    # The scoring URI appears when the endpoint first succeeds and stays (recorded).
    reachable: bool = False
    deployments: dict[str, Deployment] = field(default_factory=dict)
    # Endpoint tokens handed out (auth mode AMLToken), and when each ends.
    tokens: dict[str, datetime] = field(default_factory=dict)

    def deployment(self, name: str) -> Deployment | None:
        """One deployment of this endpoint."""
        return self.deployments.get(name.lower())

    @property
    def user_assigned(self) -> bool:
        """Whether it runs as identities of the customer's own."""
        return bool(self.identities[0].resource_id)

    def running(self) -> Operation | None:
        """The operation in progress on this endpoint or any of its deployments; there is at most one."""
        operations = [self.operation, *(one.operation for one in self.deployments.values())]
        return next((one for one in operations if one.status == "Updating"), None)


class WorkspaceState:
    """Everything in the one workspace. Names are looked up without regard to case, as ARM does."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.quota = Quota()
        self.assets: dict[tuple[AssetKind, str], dict[str, Asset]] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.operations: dict[str, Operation] = {}
        # How often an endpoint name has been used: each use has an identity of its own.
        self.uses: dict[str, int] = {}

    def reset(self) -> None:
        """Forget all. Work begun before finds its endpoint gone and stops."""
        with self.lock:
            self.quota = Quota()
            self.assets.clear()
            self.endpoints.clear()
            self.operations.clear()
            self.uses.clear()

    def current(self, endpoint: Endpoint, deployment: Deployment) -> bool:
        """Whether these very objects are still what their names stand for."""
        return self.endpoint(endpoint.name) is endpoint and endpoint.deployment(deployment.name) is deployment

    def asset(self, kind: AssetKind, name: str, version: str) -> Asset | None:
        """One asset version."""
        return self.assets.get((kind, name.lower()), {}).get(version)

    def endpoint(self, name: str) -> Endpoint | None:
        """One endpoint."""
        return self.endpoints.get(name.lower())

    def named(self, name: str) -> Endpoint:
        """The endpoint of that name; `ArmError` 404 without it."""
        endpoint = self.endpoint(name)
        if endpoint is None:
            raise not_found("EndpointNotFound", f"Online endpoint {name} not found.")
        return endpoint

    def deployments(self) -> Iterator[Deployment]:
        """Every deployment of every endpoint."""
        for endpoint in self.endpoints.values():
            yield from endpoint.deployments.values()
