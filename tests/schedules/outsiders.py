"""Others who write to the same workspace while Slipway deploys; what is refused to them they try again later."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from local.cloud.arm.errors import ArmError
from tests.schedules.azure import Azure
from tests.schedules.hub import Hub
from tests.schedules.records import OUTSIDER, WORKSPACE_ID, deployment_key, endpoint_key

TRIES, PAUSE = 40, 60.0
MODEL_ID = f"{WORKSPACE_ID}/models/theirs/versions/1"
Request = tuple[str, str, Any]


class Outsiders:
    """Draws what outsiders do, and does it."""

    def __init__(self, azure: Azure, hub: Hub, random: Random, tell: Callable[[str], None]) -> None:
        self._azure = azure
        self._hub = hub
        self._random = random
        self._tell = tell

    def delete_endpoint(self) -> None:
        """Delete one of the endpoints that there are."""
        name = self._any_endpoint()
        if name:
            self._try(("DELETE", endpoint_key(name), None))

    def delete_deployment(self) -> None:
        """Delete one of the deployments, once it has no traffic."""
        name = self._any_deployment()
        if name:
            self._try(("DELETE", deployment_key(*name), None))

    def put_deployment(self) -> None:
        """Make a deployment of theirs, or change one of ours into theirs."""
        name = self._any_endpoint()
        if name:
            body = {"tags": {}, "properties": {"model": MODEL_ID, "endpointComputeType": "Managed"}}
            chosen = self._random.choice(("theirs", "blue", "green"))
            self._try(("PUT", deployment_key(name, chosen), body))

    def give_traffic(self) -> None:
        """Give all traffic to one of the deployments, or take all of it away."""
        name = self._any_deployment()
        if name:
            self._traffic(name[0], self._random.choice(({name[1]: 100}, {name[1]: 100}, {})))

    def revoke_role(self) -> None:
        """Remove one of the role assignments."""
        if self._azure.assignments:
            self._as_outsider("DELETE", self._random.choice(sorted(self._azure.assignments)))

    def _traffic(self, name: str, shares: dict[str, int], tries: int = TRIES) -> None:
        endpoint = self._azure.endpoints.get(name)
        if endpoint is None or tries == 0:
            return
        body = {**endpoint.body, "properties": {**endpoint.body["properties"], "traffic": shares}}
        if self._as_outsider("PUT", f"{WORKSPACE_ID}/{endpoint_key(name)}", body) == 409:
            self._hub.after(PAUSE, lambda: self._traffic(name, shares, tries - 1))

    def _try(self, request: Request, tries: int = TRIES) -> None:
        method, key, body = request
        if tries and self._as_outsider(method, f"{WORKSPACE_ID}/{key}", body) in (400, 409):
            self._hub.after(PAUSE, lambda: self._try(request, tries - 1))

    def _as_outsider(self, method: str, path: str, body: Any = None) -> int:
        self._azure.caller, before, self._azure.now = OUTSIDER, self._azure.caller, self._hub.now
        try:
            status, _ = self._azure.answer(method, path, body)
            self._tell(f"{OUTSIDER}: {method} {path.removeprefix(WORKSPACE_ID)} → {status}")
        except ArmError as error:
            status = error.status
        finally:
            self._azure.caller = before
        return status

    def _any_endpoint(self) -> str | None:
        self._azure.settle()
        return self._random.choice(sorted(self._azure.endpoints)) if self._azure.endpoints else None

    def _any_deployment(self) -> tuple[str, str] | None:
        self._azure.settle()
        names = [(one.name, name) for one in self._azure.endpoints.values() for name in one.deployments]
        return self._random.choice(sorted(names)) if names else None
