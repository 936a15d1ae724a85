"""Pages under `/admin/local`, which Azure's host does not have: what there is to see here, and faults of the worker."""

from __future__ import annotations

import asyncio
import json

from starlette.requests import Request
from starlette.responses import Response

from local.clock import Clock
from local.host.auth import Doors, guarded
from local.host.events import stamp
from local.host.invoke import Invoker
from local.host.pages import Json, Page
from local.host.store import Store
from local.host.worker_faults import FaultError, WorkerFault


class LocalPages:
    """Invocations with their cost, raw histories, health of the data folder, faults of the worker."""

    def __init__(self, invoker: Invoker, store: Store, clock: Clock, *, doors: Doors | None) -> None:
        self._invoker = invoker
        self._store = store
        self._clock = clock
        self._doors = doors

    def pages(self) -> list[Page]:
        """All of them."""
        faults = "/admin/local/worker/faults"
        guarded_pages = [
            ("GET", "/admin/local/invocations", self._invocations),
            ("GET", "/admin/local/instances/{id}/history", self._history),
            ("POST", "/admin/local/worker/kill", self._kill_worker),
            ("GET", faults, self._faults),
            ("POST", faults, self._add_fault),
            ("DELETE", faults, self._clear_faults),
        ]
        return [
            Page("GET", "/admin/local/health", self._health),
            *(Page(method, path, guarded(self._doors, "admin", page)) for method, path, page in guarded_pages),
        ]

    async def _health(self, _request: Request) -> Response:
        return Json(
            {"now": stamp(self._clock.now()), "speed": self._clock.speed, "instances": self._store.count_by_status()}
        )

    async def _invocations(self, request: Request) -> Response:
        listed = await asyncio.to_thread(
            self._invoker.invocations.select,
            function=request.query_params.get("function"),
            instance_id=request.query_params.get("instanceId"),
        )
        return Json(listed)

    async def _history(self, request: Request) -> Response:
        if self._store.row(request.path_params["id"]) is None:
            return Response(status_code=404)
        texts = self._store.history(request.path_params["id"])
        return Json([{"IsPlayed": True, **json.loads(text)} for text in texts])

    async def _kill_worker(self, _request: Request) -> Response:
        """Kill the worker now; how many calls died with it."""
        return Json({"killed": self._invoker.kill_worker()})

    async def _faults(self, _request: Request) -> Response:
        return Json(self._invoker.faults.documents())

    async def _add_fault(self, request: Request) -> Response:
        """Ask for a fault, such as `{"kind": "activity", "function": "smoke_test", "nth": 1, "moment": "after"}`."""
        try:
            self._invoker.faults.add(WorkerFault.of(await request.body()))
        except FaultError as error:
            return Json({"Message": str(error)}, 400)
        return await self._faults(request)

    async def _clear_faults(self, _request: Request) -> Response:
        self._invoker.faults.clear()
        return Response(status_code=204)
