"""The part of the control API that changes something."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, fields, replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.cloud.arm.documents import Json
from local.cloud.authorization import Propagation
from local.cloud.faults import Fault
from local.cloud.insights.provider import Insights
from local.cloud.machinelearning.quota import Quota
from local.cloud.machinelearning.skus import families
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.shared import World


class Changes:
    """Faults, quota, propagation, metrics, and a fresh start."""

    def __init__(self, world: World, state: WorkspaceState, reset: Callable[[], None], insights: Insights) -> None:
        self._insights = insights
        self._world = world
        self._state = state
        self._reset = reset

    def clear_faults(self, request: Request) -> Response:
        """Withdraw all faults."""
        self._world.faults.clear()
        return Response(status_code=204)

    async def add_fault(self, request: Request) -> Response:
        """Put a fault in force (fields of `Fault`, times in seconds), or `{"dead": true}`."""
        try:
            document = await _object(request)
            if set(document) == {"dead"}:
                self._world.faults.dead = bool(document["dead"])
                return JSONResponse({"dead": self._world.faults.dead})
            number = self._world.faults.add(Fault.from_document(document))
        except (TypeError, ValueError) as reason:
            return bad_request(str(reason))
        return JSONResponse({"number": number}, 201)

    def reset(self, request: Request) -> Response:
        """Back to the seeded world."""
        self._reset()
        return Response(status_code=204)

    async def quota(self, request: Request) -> Response:
        """Change limits (fields of `Quota`, or a family of sizes); answers with all of them."""
        try:
            document = await _object(request)
            known = {field.name for field in fields(Quota)} - {"family_cores"}
            every = tuple(family.name for family in families())
            by_family = {name: value for name, value in document.items() if name in every}
            limits = {name: value for name, value in document.items() if name in known}
            given = {**limits, **by_family}
            if given.keys() != document.keys() or not all(isinstance(value, int) for value in given.values()):
                return bad_request(f"give whole numbers for any of {', '.join((*sorted(known), *every))}")
        except ValueError as reason:
            return bad_request(str(reason))
        with self._state.lock:
            quota = replace(self._state.quota, **limits)  # type: ignore[arg-type]  # whole numbers, as looked at
            self._state.quota = replace(quota, family_cores={**quota.family_cores, **by_family})  # type: ignore[dict-item]
            return JSONResponse(asdict(self._state.quota))

    async def metric(self, request: Request) -> Response:
        """Tell a metric that cannot be seen here, such as CpuUtilizationPercentage: `resource`, `metric`, `value`."""
        try:
            document = await _object(request)
            resource, name, value = (document.get(part) for part in ("resource", "metric", "value"))
            if not isinstance(value, int | float) or len(document) != 3:
                return bad_request("give resource (an ARM id), metric and value (a number), and nothing else")
            self._insights.tell(str(resource), str(name), float(value))
        except ValueError as reason:
            return bad_request(str(reason))
        return Response(status_code=204)

    async def propagation(self, request: Request) -> Response:
        """Change how long role assignments made from now on take; `{"settle": true}` ends all waiting."""
        try:
            document = await _object(request)
            if set(document) == {"settle"}:
                self._world.authorization.settle()
            else:
                self._world.authorization.propagation = Propagation.from_json(document)
        except ValueError as reason:
            return bad_request(str(reason))
        return Response(status_code=204)


async def _object(request: Request) -> Json:
    document = json.loads(await request.body() or b"{}")
    if not isinstance(document, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - bad JSON is a bad value
    return document


def bad_request(reason: str) -> Response:
    """The refusal of what cannot be read, with why."""
    return JSONResponse({"error": reason}, 400)
