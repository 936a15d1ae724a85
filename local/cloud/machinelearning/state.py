"""What the machine learning service knows; changed only under `WorkspaceState.lock`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

from local.cloud.arm.documents import Json
from local.cloud.arm.errors import not_found
from local.cloud.machinelearning.curated import NEWEST, curated
from local.cloud.machinelearning.quota import Quota
from local.cloud.machinelearning.records import (
    Asset,
    AssetKind,
    Compute,
    Connection,
    Container,
    Deployment,
    Endpoint,
    Operation,
)


class WorkspaceState:
    """Everything in the one workspace. Names are looked up without regard to case, as ARM does."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.quota = Quota()
        # Whether deployments of the same content are served by one process: not Azure's way, so only where asked for.
        self.shares_processes = False
        self.containers: dict[tuple[AssetKind, str], Container] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.computes: dict[str, Compute] = {}
        self.operations: dict[str, Operation] = {}
        self.connections: dict[str, Connection] = {}
        # How often an endpoint name has been used: each use has an identity of its own.
        self.uses: dict[str, int] = {}
        # Those of the resource group that the workspace is in.
        self.group_tags: Json = {}

    def reset(self) -> None:
        """Forget all. Work begun before finds its endpoint gone and stops."""
        with self.lock:
            self.quota = Quota()
            self.shares_processes = False
            self.containers.clear()
            self.endpoints.clear()
            self.computes.clear()
            self.operations.clear()
            self.connections.clear()
            self.uses.clear()
            self.group_tags = {}

    def current(self, endpoint: Endpoint, deployment: Deployment) -> bool:
        """Whether these very objects are still what their names stand for."""
        return self.endpoint(endpoint.name) is endpoint and endpoint.deployment(deployment.name) is deployment

    def asset(self, kind: AssetKind, name: str, version: str) -> Asset | None:
        """One asset version."""
        container = self.container(kind, name, version)
        return container.versions.get(version) if container else None

    def container(self, kind: AssetKind, name: str, version: str = NEWEST) -> Container | None:
        """What the versions of a name are in; of a curated environment, that version."""
        kept = self.containers.get((kind, name.lower()))
        return kept or (curated(name, version) if kind == "environments" else None)

    def kept(self, asset: Asset) -> None:
        """Keep a new version, in a container of its name."""
        key = (asset.kind, asset.name.lower())
        made = Container(asset.kind, asset.name, {}, replace(asset.stamps))
        self.containers.setdefault(key, made).versions[asset.version] = asset

    def of_kind(self, kind: AssetKind) -> list[Container]:
        """Every container of models, or of another kind, oldest first."""
        return [container for (of, _), container in self.containers.items() if of == kind]

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
