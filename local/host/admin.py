"""The host's own pages: what Azure's host has under `/admin`, and what this one adds under `/admin/local`.

`/admin/local` does not exist in Azure: invocations with their cost, raw histories, health of the data folder.
"""

from __future__ import annotations

import asyncio
import json

from azure.functions import meta
from starlette.requests import Request
from starlette.responses import Response

from local.clock import Clock
from local.host.auth import guarded
from local.host.events import stamp
from local.host.holds import Holds
from local.host.index import FunctionIndex
from local.host.invoke import Call, Invoker
from local.host.keys import Keys
from local.host.pages import Json, Page
from local.host.store import Store
from local.host.timers import TimerTriggers


class AdminApi:
    """Answers under `/admin`."""

    def __init__(
        self,
        index: FunctionIndex,
        invoker: Invoker,
        store: Store,
        clock: Clock,
        holds: Holds,
        timers: TimerTriggers,
        keys: Keys,
        *,
        checked: Keys | None,
    ) -> None:
        self._index = index
        self._invoker = invoker
        self._store = store
        self._clock = clock
        self._holds = holds
        self._timers = timers
        self._keys = keys
        self._checked = checked

    def pages(self) -> list[Page]:
        """All of them."""
        guarded_pages = {
            "/admin/host/status": self._status,
            "/admin/host/systemkeys/{name}": self._system_key,
            "/admin/functions": self._functions,
            "/admin/local/invocations": self._invocations,
            "/admin/local/instances/{id}/history": self._history,
        }
        return [
            Page("*", "/admin/host/ping", self._ping),
            Page("GET", "/admin/local/health", self._health),
            Page("POST", "/admin/functions/{name}", guarded(self._checked, "admin", self._run)),
            *(Page("GET", path, guarded(self._checked, "admin", page)) for path, page in guarded_pages.items()),
        ]

    async def _ping(self, _request: Request) -> Response:
        return Response()

    async def _status(self, _request: Request) -> Response:
        return Json({"state": "Running", "id": "slipway-local", "version": "local"})

    async def _health(self, _request: Request) -> Response:
        states: dict[str, int] = {}
        for row in self._store.rows():
            states[row.status] = states.get(row.status, 0) + 1
        return Json({"now": stamp(self._clock.now()), "speed": self._clock.speed, "instances": states})

    async def _system_key(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in {"eventgrid_extension", "durabletask_extension"}:
            return Response(status_code=404)
        return Json({"name": name, "value": getattr(self._keys, name)})

    async def _functions(self, _request: Request) -> Response:
        listed = [
            {
                "name": function.name,
                "language": "python",
                "isDisabled": False,
                "config": {"bindings": [function.binding]},
            }
            for function in self._index.functions.values()
        ]
        return Json(listed)

    async def _run(self, request: Request) -> Response:
        """Run a function that is neither HTTP nor durable now, whatever its trigger says."""
        function = self._index.functions.get(request.path_params["name"])
        if function is None:
            return Response(status_code=404)
        if function.kind == "timer":
            payload = self._timers.payload(function, past_due=False)
        elif function.kind == "eventgrid":
            payload = meta.Datum(json.loads(await request.body())["input"], "json")
        else:
            return Response(status_code=400, content=f"{function.name} is started by its {function.trigger_type} only")
        # The answer does not wait for the function, nor tell how it ended: the log and the invocations do.
        hold = self._holds.take()
        self._invoker.submit(Call(function, payload)).add_done_callback(lambda _done: hold.release())
        return Response(status_code=202)

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
