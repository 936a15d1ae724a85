"""The host's own pages, as far as Azure's host has them too: under `/admin`."""

from __future__ import annotations

import json

from azure.functions import meta
from starlette.requests import Request
from starlette.responses import Response

from local.host.auth import guarded
from local.host.holds import Holds
from local.host.index import FunctionIndex
from local.host.invoke import Invoker
from local.host.keys import Keys
from local.host.pages import Json, Page
from local.host.timers import TimerTriggers
from local.host.worker import Call


class AdminApi:
    """Answers under `/admin`."""

    def __init__(
        self,
        index: FunctionIndex,
        invoker: Invoker,
        timers: TimerTriggers,
        holds: Holds,
        keys: Keys,
        *,
        checked: Keys | None,
    ) -> None:
        self._index = index
        self._invoker = invoker
        self._timers = timers
        self._holds = holds
        self._keys = keys
        self._checked = checked

    def pages(self) -> list[Page]:
        """All of them."""
        guarded_pages = {
            "/admin/host/status": self._status,
            "/admin/host/systemkeys/{name}": self._system_key,
            "/admin/functions": self._functions,
        }
        return [
            Page("*", "/admin/host/ping", self._ping),
            Page("POST", "/admin/functions/{name}", guarded(self._checked, "admin", self._run)),
            *(Page("GET", path, guarded(self._checked, "admin", page)) for path, page in guarded_pages.items()),
        ]

    async def _ping(self, _request: Request) -> Response:
        return Response()

    async def _status(self, _request: Request) -> Response:
        return Json({"state": "Running", "id": "slipway-local", "version": "local"})

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
