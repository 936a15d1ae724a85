"""The control API on the loopback listener: what the local Azure knows, and how to make it misbehave.

For people and for tests in other processes; the same is offered by the attributes of `LocalCloud`. Not part of Azure,
and no secret passes through it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.cloud.arm.documents import Json
from local.cloud.arm.route import ArmRoute
from local.cloud.control_changes import Changes, bad_request
from local.cloud.insights.provider import Insights
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.wire import deployment_document, endpoint_document
from local.cloud.proxy import Proxy
from local.cloud.shared import World
from local.whole_numbers import whole_number


class Control:
    """Shows one local Azure; what changes it is in `Changes`."""

    def __init__(
        self,
        world: World,
        state: WorkspaceState,
        arm_routes: Sequence[ArmRoute],
        proxy: Proxy,
        reset: Callable[[], None],
        insights: Insights,
    ) -> None:
        self._world = world
        self._state = state
        self._arm_routes = arm_routes
        self._proxy = proxy
        self._insights = insights
        self._changes = Changes(world, state, reset, insights)

    def routes(self) -> list[Route]:
        """Everything under `/local/`."""
        return [
            Route("/local/health", self.health, methods=["GET"]),
            Route("/local/state", self.state, methods=["GET"]),
            Route("/local/routes", self.azure_routes, methods=["GET"]),
            Route("/local/journal", self.journal, methods=["GET"]),
            Route("/local/assignments", self.assignments, methods=["GET"]),
            Route("/local/events", self.events, methods=["GET"]),
            Route("/local/faults", self.faults, methods=["GET"]),
            Route("/local/faults", self._changes.clear_faults, methods=["DELETE"]),
            Route("/local/faults", self._changes.add_fault, methods=["POST"]),
            Route("/local/reset", self._changes.reset, methods=["POST"]),
            Route("/local/quota", self._changes.quota, methods=["POST"]),
            Route("/local/metrics", self._changes.metric, methods=["POST"]),
            Route("/local/propagation", self._changes.propagation, methods=["POST"]),
        ]

    def health(self, request: Request) -> Response:
        """Alive, at which virtual moment, how fast."""
        clock = self._world.clock
        return JSONResponse({"status": "Healthy", "now": clock.now().isoformat(), "speed": clock.speed})

    def state(self, request: Request) -> Response:
        """Assets, endpoints with their deployments, compute instances, quota."""
        self._insights.catch_up()
        with self._state.lock:
            known = {**_assets(self._state), "endpoints": _endpoints(self._state), "quota": asdict(self._state.quota)}
            computes = [
                {"name": one.name, "state": one.state, "services": one.services, "up": one.up, "turn": one.turn}
                for one in self._state.computes.values()
            ]
        return JSONResponse({**known, "computes": computes, "refused_hosts": list(self._proxy.refused)})

    def azure_routes(self, request: Request) -> Response:
        """What management.azure.com answers here."""
        table = [
            {
                "method": one.method,
                "path": one.pattern,
                "action": one.action,
                "api_versions": sorted(one.versions),
            }
            for one in self._arm_routes
        ]
        return JSONResponse({"value": table})

    def journal(self, request: Request) -> Response:
        """The requests so far; `?operation=` and `?caller=` filter, `?after=` skips those numbered up to it."""
        query = request.query_params
        after = whole_number(query.get("after") or "0")
        if after is None:
            return bad_request("after must be the number of an entry")
        entries = self._world.journal.entries(operation=query.get("operation"), caller=query.get("caller"))
        return JSONResponse({"value": [entry.document() for entry in entries if entry.n > after]})

    def assignments(self, request: Request) -> Response:
        """Every role assignment, with the moment from which it counts (null: never)."""
        value = [
            {
                "name": one.name,
                "role": one.role.name,
                "principal": one.principal_id,
                "scope": one.scope,
                "created": one.created_on.isoformat(),
                "effective": one.effective_at.isoformat() if one.effective_at else None,
            }
            for one in self._world.authorization.assignments()
        ]
        return JSONResponse({"value": value})

    def events(self, request: Request) -> Response:
        """Every delivery attempt of the Event Grid."""
        value = [{**asdict(one), "at": one.at.isoformat()} for one in self._world.events.deliveries()]
        return JSONResponse({"value": value})

    def faults(self, request: Request) -> Response:
        """The faults in force."""
        return JSONResponse({"dead": self._world.faults.dead, "value": self._world.faults.documents()})


def _assets(state: WorkspaceState) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"models": [], "codes": [], "environments": [], "data": []}
    for container in state.containers.values():
        found[container.kind] += [f"{asset.name}:{asset.version}" for asset in container.versions.values()]
    return found


def _endpoints(state: WorkspaceState) -> list[Json]:
    return [
        {
            **endpoint_document(endpoint),
            "deployments": [deployment_document(endpoint, one) for one in endpoint.deployments.values()],
        }
        for endpoint in state.endpoints.values()
    ]
