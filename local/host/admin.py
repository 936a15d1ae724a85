"""The host's own pages under `/admin`, and its home page: those of the true host that an operator's scripts use.

Not here, because there is nothing behind them: writing and deleting functions, files of the app, the platform's calls.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.functions import meta
from starlette.requests import Request
from starlette.responses import Response

from local.host.auth import Doors, guarded
from local.host.function_document import described
from local.host.holds import Holds
from local.host.index import Function, FunctionIndex
from local.host.invoke import Invoker
from local.host.keys import Keys
from local.host.pages import Handler, Json, Page
from local.host.settings import HostSettings
from local.host.timers import TimerTriggers
from local.host.worker import Call

_HOME = "<!DOCTYPE html>\n<html><head><title>The local host</title></head><body>The function app runs.</body></html>\n"
_NEVER_KEPT = {"Cache-Control": "no-store,no-cache", "Pragma": "no-cache"}


@dataclass(frozen=True)
class Inside:
    """What the pages show, and what they start."""

    index: FunctionIndex
    invoker: Invoker
    timers: TimerTriggers
    holds: Holds
    keys: Keys
    settings: HostSettings
    data: Path
    in_error: dict[str, str]
    """Functions that are not served, and why."""


class AdminApi:
    """Answers under `/admin`, and `/`."""

    def __init__(self, inside: Inside, doors: Doors | None) -> None:
        self._inside = inside
        self._doors = doors
        self._started = time.monotonic()

    def pages(self) -> list[Page]:
        """All of them."""
        shown: dict[str, Handler] = {
            "/admin/warmup": self._well,
            "/admin/host/status": self._status,
            "/admin/host/config": self._config,
            "/admin/host/processes": self._processes,
            "/admin/host/extensions": _json(lambda _: {"extensions": []}),
            "/admin/host/keys": _json(lambda _: _listed({"default": self._inside.keys.default})),
            "/admin/host/functionkeys": _json(lambda _: _listed({"default": self._inside.keys.default})),
            "/admin/host/systemkeys": _json(lambda _: _listed(self._inside.keys.extensions())),
            "/admin/host/systemkeys/{name}": _json(self._system_key),
            "/admin/functions": self._functions,
            "/admin/functions/{name}": self._function,
            "/admin/functions/{name}/status": self._function_status,
            "/admin/functions/{name}/keys": _json(self._function_keys),
        }
        return [
            Page("*", "/", self._home),
            *(Page(method, "/admin/host/ping", self._ping) for method in ("GET", "POST")),
            Page("POST", "/admin/host/synctriggers", guarded(self._doors, "admin", self._sync_triggers)),
            Page("POST", "/admin/functions/{name}", guarded(self._doors, "admin", self._run)),
            Page("DELETE", "/admin/functions/{name}", guarded(self._doors, "admin", self._delete)),
            *(Page("GET", path, guarded(self._doors, "admin", page)) for path, page in shown.items()),
        ]

    async def _home(self, _request: Request) -> Response:
        return Response(_HOME, headers={"Content-Type": "text/html"})

    async def _ping(self, _request: Request) -> Response:
        return Response(headers=_NEVER_KEPT)

    async def _well(self, _request: Request) -> Response:
        return Response()

    async def _status(self, _request: Request) -> Response:
        """As the true host's, with names of our own: it is another program."""
        return Json(
            {
                "id": "slipway-local",
                "state": "Running",
                "version": "local",
                "versionDetails": "local",
                "platformVersion": "",
                "instanceId": "",
                "computerName": "",
                "processUptime": round((time.monotonic() - self._started) * 1000),
                "functionAppContentEditingState": "Unknown",
            }
        )

    async def _config(self, _request: Request) -> Response:
        return Response(json.dumps(self._inside.settings.document(), indent=2), media_type="text/plain")

    async def _processes(self, _request: Request) -> Response:
        own = {"processName": "python", "debugEngine": "python", "isEligibleForOpenInBrowser": False}
        return Json({"processes": [{"processId": os.getpid(), **own}]})

    async def _sync_triggers(self, _request: Request) -> Response:
        return Json({"status": "Invalid environment for SyncTriggers operation."}, 500)

    def _system_key(self, request: Request) -> dict[str, Any] | None:
        name = request.path_params["name"]
        value = {"_master": self._inside.keys.master, **self._inside.keys.extensions()}.get(name)
        return {"name": name, "value": value} if value else None

    def _function_keys(self, request: Request) -> dict[str, Any] | None:
        function = self._asked(request)
        return _listed({"default": self._inside.keys.of_function(function.name)}) if function else None

    async def _functions(self, request: Request) -> Response:
        inside = self._inside
        functions = sorted(inside.index.functions.values(), key=lambda function: function.name)
        prefix, data = inside.settings.route_prefix, inside.data
        # Recorded: the addresses in the list are https, those of one function as it was asked for.
        origin = f"https://{request.url.netloc}"
        return Json([described(function, prefix, data, origin) for function in functions])

    async def _function(self, request: Request) -> Response:
        function = self._asked(request)
        if function is None:
            return Response(status_code=404)
        origin = f"http://{request.url.netloc}"
        return Json(described(function, self._inside.settings.route_prefix, self._inside.data, origin))

    async def _function_status(self, request: Request) -> Response:
        error = self._inside.in_error.get(request.path_params["name"])
        if error is None and self._asked(request) is None:
            return Response(status_code=404)
        return Json({"errors": [error]} if error else {})

    async def _delete(self, request: Request) -> Response:
        """The folder of the function, which one of the v2 model does not have: it stays."""
        return Response(status_code=404 if self._asked(request) is None else 204)

    async def _run(self, request: Request) -> Response:
        """Run a function now, whatever its trigger says. 202 tells only that it was begun: the log has its end."""
        function = self._asked(request)
        if function is None:
            return Response(status_code=404)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return Response(status_code=415)
        try:
            given = json.loads(await request.body())["input"]
        except KeyError:
            given = None
        except (ValueError, TypeError):
            return Response(status_code=400)
        if not isinstance(given, str | None):
            return Response(status_code=400)
        hold = self._inside.holds.take(f"{function.name}, asked for by an operator")
        call = Call(function, self._payload(function, given or ""))
        self._inside.invoker.submit(call).add_done_callback(lambda _done: hold.release())
        return Response(status_code=202)

    def _payload(self, function: Function, given: str) -> meta.Datum:
        if function.kind == "timer":
            return self._inside.timers.payload(function, past_due=False)
        if function.kind == "http":
            texts = {"method": meta.Datum("POST", "string"), "url": meta.Datum("", "string")}
            body = meta.Datum(given.encode(), "bytes")
            return meta.Datum({**texts, "headers": {}, "query": {}, "params": {}, "body": body}, "http")
        if function.kind == "activity":
            return meta.Datum(json.dumps(given), "string")
        return meta.Datum(given, "json" if function.kind == "eventgrid" else "string")

    def _asked(self, request: Request) -> Function | None:
        return self._inside.index.functions.get(request.path_params["name"])


def _json(document: Callable[[Request], dict[str, Any] | None]) -> Handler:
    """A page that shows a document with a link to itself; 404 without one."""

    async def page(request: Request) -> Response:
        found = document(request)
        if found is None:
            return Response(status_code=404)
        href = f"http://{request.url.netloc}{request.url.path}"
        return Json({**found, "links": [{"rel": "self", "href": href}]})

    return page


def _listed(keys: dict[str, str]) -> dict[str, Any]:
    return {"keys": [{"name": name, "value": value} for name, value in keys.items()]}
