"""The control API on the loopback listener: what the local Azure knows, and how to make it misbehave.

For people and for tests in other processes; the same is offered by the methods of `LocalCloud`. Not part of Azure,
and no secret passes through it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.cloud.authorization import Propagation
from local.cloud.faults import Fault
from local.cloud.machinelearning.wire import deployment_document, endpoint_document
from local.cloud.world import Quota

if TYPE_CHECKING:
    from local.cloud.cloud import LocalCloud


def routes(cloud: LocalCloud) -> list[Route]:
    """Everything under `/local/`."""
    control = _Control(cloud)
    table: list[tuple[str, str, Callable[[Request], Response]]] = [
        ("GET", "/local/health", control.health),
        ("GET", "/local/state", control.state),
        ("GET", "/local/routes", control.routes),
        ("GET", "/local/journal", control.journal),
        ("GET", "/local/assignments", control.assignments),
        ("GET", "/local/events", control.events),
        ("GET", "/local/faults", control.faults),
        ("DELETE", "/local/faults", control.clear_faults),
        ("POST", "/local/reset", control.reset),
    ]
    served = [Route(path, handler, methods=[method]) for method, path, handler in table]
    return [
        *served,
        Route("/local/faults", control.add_fault, methods=["POST"]),
        Route("/local/quota", control.quota, methods=["POST"]),
        Route("/local/propagation", control.propagation, methods=["POST"]),
    ]


class _Control:
    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud

    def health(self, request: Request) -> Response:
        """Alive, at which virtual moment, how fast."""
        clock = self._cloud.clock
        return JSONResponse({"status": "Healthy", "now": clock.now().isoformat(), "speed": clock.speed})

    def state(self, request: Request) -> Response:
        """Assets, endpoints with their deployments, quota."""
        state = self._cloud.state
        with state.lock:
            assets: dict[str, list[str]] = {"models": [], "codes": [], "environments": []}
            for (kind, _), versions in state.assets.items():
                assets[kind] += [f"{asset.name}:{asset.version}" for asset in versions.values()]
            endpoints = [
                {
                    **endpoint_document(endpoint),
                    "deployments": [deployment_document(endpoint, one) for one in endpoint.deployments.values()],
                }
                for endpoint in state.endpoints.values()
            ]
            quota = asdict(state.quota)
        refused = self._cloud.refused_hosts()
        return JSONResponse({**assets, "endpoints": endpoints, "quota": quota, "refused_hosts": refused})

    def routes(self, request: Request) -> Response:
        """What management.azure.com answers here."""
        table = [
            {"method": route.method, "path": route.pattern, "api_versions": sorted(route.versions)}
            for route in self._cloud.arm_routes
        ]
        return JSONResponse({"value": table})

    def journal(self, request: Request) -> Response:
        """The requests so far; `?operation=` and `?caller=` filter, `?after=` skips those numbered up to it."""
        query = request.query_params
        after = int(query.get("after") or 0)
        entries = self._cloud.journal.entries(operation=query.get("operation"), caller=query.get("caller"))
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
            for one in self._cloud.authorization.assignments()
        ]
        return JSONResponse({"value": value})

    def events(self, request: Request) -> Response:
        """Every delivery attempt of the Event Grid."""
        value = [{**asdict(one), "at": one.at.isoformat()} for one in self._cloud.events.deliveries()]
        return JSONResponse({"value": value})

    def faults(self, request: Request) -> Response:
        """The faults in force."""
        return JSONResponse({"dead": self._cloud.faults.dead, "value": self._cloud.faults.documents()})

    def clear_faults(self, request: Request) -> Response:
        """Withdraw all faults."""
        self._cloud.faults.clear()
        return Response(status_code=204)

    async def add_fault(self, request: Request) -> Response:
        """Put a fault in force (fields of `Fault`, times in seconds), or `{"dead": true}`."""
        try:
            document = await _object(request)
            if set(document) == {"dead"}:
                self._cloud.faults.dead = bool(document["dead"])
                return JSONResponse({"dead": self._cloud.faults.dead})
            number = self._cloud.faults.add(Fault.from_document(document))
        except (TypeError, ValueError) as reason:
            return _bad_request(str(reason))
        return JSONResponse({"number": number}, 201)

    def reset(self, request: Request) -> Response:
        """Back to the seeded world."""
        self._cloud.reset()
        return Response(status_code=204)

    async def quota(self, request: Request) -> Response:
        """Change limits (fields of `Quota`); answers with all of them."""
        try:
            document = await _object(request)
            known = {field.name for field in fields(Quota)}
            limits = {name: value for name, value in document.items() if isinstance(value, int) and name in known}
            if limits.keys() != document.keys():
                return _bad_request(f"give whole numbers for any of {', '.join(sorted(known))}")
        except ValueError as reason:
            return _bad_request(str(reason))
        state = self._cloud.state
        with state.lock:
            state.quota = replace(state.quota, **limits)
            return JSONResponse(asdict(state.quota))

    async def propagation(self, request: Request) -> Response:
        """Change how long role assignments made from now on take; `{"settle": true}` ends all waiting."""
        try:
            document = await _object(request)
            if set(document) == {"settle"}:
                self._cloud.authorization.settle()
            else:
                self._cloud.authorization.propagation = Propagation.from_json(document)
        except ValueError as reason:
            return _bad_request(str(reason))
        return Response(status_code=204)


async def _object(request: Request) -> dict[str, object]:
    document = json.loads(await request.body() or b"{}")
    if not isinstance(document, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - bad JSON is a bad value
    return document


def _bad_request(reason: str) -> Response:
    return JSONResponse({"error": reason}, 400)
