"""A local Azure without a network, in which what the whole bodies name is there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from local.checkout import SCORING_PYTHON
from local.clock import Clock
from local.cloud.arm.route import ArmRoute
from local.cloud.arm.router import ArmRouter
from local.cloud.cloud import LocalCloud
from local.cloud.faults import Faults
from local.cloud.gate import Gate
from local.cloud.journal import Journal
from local.cloud.machinelearning.records import Deployment, Stamps
from local.cloud.world import BLOB_CONTAINER, DEVELOPER, REGION, WORKSPACE_ID, WORKSPACE_STORAGE
from tests.local.cloud.whole_bodies import FILES
from tests.local.in_process import Http


class World:
    """Asks its routes as the owner of the resource group."""

    def __init__(self, cloud: LocalCloud, *, strict: bool = True) -> None:
        self.cloud = cloud
        router = ArmRouter(
            cloud.arm_routes,
            clock=cloud.clock,
            tokens=cloud.world.tokens,
            permissions=cloud.authorization,
            lock=threading.RLock(),
            strict=strict,
        )
        token, _ = cloud.world.tokens.issue(DEVELOPER, "https://management.azure.com")
        app = Gate(router, cloud.clock, Journal(), Faults())
        self._http = Http(app, {"Authorization": f"Bearer {token}"})

    def put(self, path: str, body: object, *, method: str = "PUT") -> httpx.Response:
        route = self._route(path)
        written = body if isinstance(body, str) and body.startswith("{") else json.dumps(body)
        return self._http.request(method, path, params={"api-version": max(route.versions)}, content=written)

    def get(self, path: str, **query: str) -> Any:
        version = max(self._route(path, "GET").versions)
        return self._http.get(path, params={"api-version": version, **query}).json()

    def forget(self) -> None:
        """Take away what the whole bodies have made of endpoints: each may be made once more."""
        self.cloud.state.endpoints.pop("whole", None)
        self.cloud.state.computes.clear()
        self.cloud.state.named("there").deployments.pop("blue", None)

    def schema(self, path: str) -> dict[str, Any]:
        body = self._route(path).body
        assert body is not None
        return body

    def _route(self, path: str, method: str = "PUT") -> ArmRoute:
        return next(one for one in self.cloud.arm_routes if one.method == method and one.parameters(path) is not None)


@contextmanager
def routed(folder: Path, *, strict: bool = True) -> Iterator[World]:
    """A world whose files lie in `folder`; without `strict` it passes over what no schema has."""
    clock = Clock(stepped=True)
    cloud = LocalCloud(folder, clock, scoring_python=SCORING_PYTHON)
    cloud.blobs.put(WORKSPACE_STORAGE, BLOB_CONTAINER, "there/file", b"x")
    made = World(cloud, strict=strict)
    for path, properties in (
        ("models/there/versions/1", {"modelUri": FILES}),
        ("codes/there/versions/1", {"codeUri": FILES}),
        ("environments/there/versions/1", {"image": "mcr.microsoft.com/azureml/x:1"}),
        ("environments/windows/versions/1", {"image": "mcr.microsoft.com/azureml/x:1", "osType": "windows"}),
    ):
        assert made.put(f"{WORKSPACE_ID}/{path}", {"properties": properties}).status_code == 201
    collected = {"properties": {"dataType": "uri_folder", "dataUri": FILES}}
    assert made.put(f"{WORKSPACE_ID}/data/collected/versions/1", collected).status_code == 201
    with clock.busy():
        endpoint = {"location": REGION, "properties": {"authMode": "Key"}}
        assert made.put(f"{WORKSPACE_ID}/onlineEndpoints/there", endpoint).status_code == 201
        there = cloud.state.named("there")
        there.state, there.operation.status = "Succeeded", "Succeeded"
        stamps, done = Stamps.new(clock.now(), "developer"), there.operation
        there.deployments["scaled"] = Deployment("scaled", {}, 1, {}, stamps, done, "Succeeded")
        yield made
    cloud.close()
    clock.close()
