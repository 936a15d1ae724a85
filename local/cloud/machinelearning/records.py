"""What the machine learning service keeps of each resource: plain data, changed only under `WorkspaceState.lock`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from local.cloud.arm.documents import Json
from local.cloud.arm.states import OperationState, ProvisioningState
from local.cloud.serving import ServingProcess
from local.cloud.world import Identity

AssetKind: TypeAlias = Literal["models", "codes", "environments", "data"]
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
class Container:
    """What all versions of one name are in; `properties` as the caller gave them."""

    kind: AssetKind
    name: str
    properties: Json
    stamps: Stamps
    versions: dict[str, Asset] = field(default_factory=dict)

    @property
    def archived(self) -> bool:
        """Whether lists of active containers leave it out: it was archived, or each of its versions was."""
        versions = self.versions.values()
        return bool(self.properties.get("isArchived")) or (bool(versions) and all(one.archived for one in versions))


@dataclass
class Asset:
    """One version of a model, code, environment or data asset; `properties` as the caller gave them."""

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
class Connection:
    """A connection of the workspace; `properties` with its credentials, as the caller gave them."""

    name: str
    properties: Json


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

    `process` serves it, `starting` is about to, and `log` is what a start that never came so far left behind. `notes`
    say in what its environment differs from the one that Azure would build.
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
    notes: tuple[str, ...] = ()
    # The header secret with which each process gets tokens; useless once the process is stopped.
    identity_headers: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Routing:
    """How an endpoint's requests are admitted, and where they go."""

    auth_mode: AuthMode
    traffic: Mapping[str, int]
    mirror: Mapping[str, int]

    def without(self, deployment: str) -> Routing:
        """The same with nothing for one deployment."""
        traffic, mirror = (
            {name: share for name, share in split.items() if name != deployment}
            for split in (self.traffic, self.mirror)
        )
        return Routing(self.auth_mode, traffic, mirror)


@dataclass
class Endpoint:
    """An online endpoint, its identities, keys and deployments."""

    name: str
    tags: Json
    identities: tuple[Identity, ...]
    properties: Json
    # What was asked for last; `in_force` is what the last operation that succeeded has made of it.
    routing: Routing
    stamps: Stamps
    operation: Operation
    keys: dict[str, str]
    state: ProvisioningState = "Creating"
    description: str | None = None
    in_force: Routing | None = None
    # The scoring URI appears when the endpoint first succeeds and stays (recorded).
    reachable: bool = False
    deployments: dict[str, Deployment] = field(default_factory=dict)
    # Endpoint tokens handed out (auth mode AMLToken), and when each ends.
    tokens: dict[str, datetime] = field(default_factory=dict)
    # Azure Monitor's documents on this endpoint, by name in small letters.
    diagnostic_settings: dict[str, Json] = field(default_factory=dict)

    def unrouted(self, deployment: str) -> None:
        """Have nothing go to a deployment that is no more."""
        self.routing = self.routing.without(deployment)
        self.in_force = self.in_force.without(deployment) if self.in_force else None

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


@dataclass
class Compute:
    """A compute instance; `properties` as the caller gave them, and `told` what nothing here depends on."""

    name: str
    tags: Json
    identities: tuple[Identity, ...]
    properties: Json
    services: list[Json]
    stamps: Stamps
    operation: Operation
    told: Json = field(default_factory=dict)
    provisioning: str = "Creating"
    state: str = "Creating"
    # Names of the applications whose image was pulled.
    up: list[str] = field(default_factory=list)
    # How often what it was doing was changed: what was due before is of no use then.
    turn: int = 0
