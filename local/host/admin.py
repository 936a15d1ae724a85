"""The host's own pages: what Azure's host has under `/admin`, and what this one adds under `/admin/local`.

`/admin/local` does not exist in Azure: invocations with their cost, raw histories, health of the data folder.
"""

from __future__ import annotations

import asyncio
import json

from aiohttp import web
from azure.functions import meta

from local.clock import Clock
from local.host.auth import guarded
from local.host.events import stamp
from local.host.holds import Holds
from local.host.index import FunctionIndex
from local.host.invoke import Call, Invoker
from local.host.keys import Keys
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

    def routes(self) -> list[web.RouteDef]:
        """The admin routes."""
        guarded_pages = {
            "/admin/host/status": self._status,
            "/admin/host/systemkeys/{name}": self._system_key,
            "/admin/functions": self._functions,
            "/admin/local/invocations": self._invocations,
            "/admin/local/instances/{id}/history": self._history,
        }
        return [
            web.route("*", "/admin/host/ping", self._ping),
            web.get("/admin/local/health", self._health),
            web.post("/admin/functions/{name}", guarded(self._checked, "admin", self._run)),
            *(web.get(path, guarded(self._checked, "admin", page)) for path, page in guarded_pages.items()),
        ]

    async def _ping(self, _request: web.Request) -> web.Response:
        return web.Response()

    async def _status(self, _request: web.Request) -> web.Response:
        return web.json_response({"state": "Running", "id": "slipway-local", "version": "local"})

    async def _health(self, _request: web.Request) -> web.Response:
        states: dict[str, int] = {}
        for row in self._store.rows():
            states[row.status] = states.get(row.status, 0) + 1
        return web.json_response({"now": stamp(self._clock.now()), "speed": self._clock.speed, "instances": states})

    async def _system_key(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in {"eventgrid_extension", "durabletask_extension"}:
            return web.Response(status=404)
        return web.json_response({"name": name, "value": getattr(self._keys, name)})

    async def _functions(self, _request: web.Request) -> web.Response:
        listed = [
            {
                "name": function.name,
                "language": "python",
                "isDisabled": False,
                "config": {"bindings": [function.binding]},
            }
            for function in self._index.functions.values()
        ]
        return web.json_response(listed)

    async def _run(self, request: web.Request) -> web.Response:
        """Run a function that is neither HTTP nor durable now, whatever its trigger says."""
        function = self._index.functions.get(request.match_info["name"])
        if function is None:
            return web.Response(status=404)
        if function.kind == "timer":
            payload = self._timers.payload(function, past_due=False)
        elif function.kind == "eventgrid":
            payload = meta.Datum(json.loads(await request.text())["input"], "json")
        else:
            return web.Response(status=400, text=f"{function.name} is started by its {function.trigger_type} only")
        # The answer does not wait for the function, nor tell how it ended: the log and the invocations do.
        hold = self._holds.take()
        self._invoker.submit(Call(function, payload)).add_done_callback(lambda _done: hold.release())
        return web.Response(status=202)

    async def _invocations(self, request: web.Request) -> web.Response:
        listed = await asyncio.to_thread(
            self._invoker.invocations.select,
            function=request.query.get("function"),
            instance_id=request.query.get("instanceId"),
        )
        return web.json_response(listed)

    async def _history(self, request: web.Request) -> web.Response:
        if self._store.row(request.match_info["id"]) is None:
            return web.Response(status=404)
        texts = self._store.history(request.match_info["id"])
        return web.json_response([{"IsPlayed": True, **json.loads(text)} for text in texts])
