"""The Durable Functions HTTP API, for the SDK's durable client and for people with a key.

Routes, status codes and bodies follow the extension's HttpApiHandler, read in source. By name not supported:
starting and waiting in one call, rewind.
"""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import Future
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from local.host.auth import Doors, guarded
from local.host.client_binding import ClientUrls
from local.host.engine import Engine
from local.host.entities import is_entity
from local.host.entity_api import EntityApi
from local.host.events import TERMINAL
from local.host.history_view import compact, parsed
from local.host.index import FunctionIndex
from local.host.instance_list import moment_in, page_size, query_of, token_for
from local.host.pages import Json, Page
from local.host.store import Row, Store
from local.host.writer import HubRefusal

_FORBIDDEN_IN_ID = set("\\#?")


class DurableApi:
    """Answers for one host."""

    def __init__(
        self, engine: Engine, store: Store, index: FunctionIndex, urls: ClientUrls, doors: Doors | None
    ) -> None:
        self._engine = engine
        self._store = store
        self._orchestrators = index.known("orchestrator")
        self._entities = EntityApi(engine, store, index)
        self._urls = urls
        self._doors = doors

    def pages(self, prefix: str, *, with_key: bool) -> list[Page]:
        """The API under `prefix`; the SDK's own path is a secret and needs no key besides."""
        one = "/instances/{id}"
        handlers = [
            ("POST", "/orchestrators/{name}", self._start),
            ("POST", "/orchestrators/{name}/{id}", self._start),
            ("GET", "/instances", self._list),
            ("DELETE", "/instances", self._purge_by_filter),
            ("GET", one, self._status),
            ("DELETE", one, self._purge),
            ("POST", f"{one}/raiseEvent/{{event}}", self._raise_event),
            ("POST", f"{one}/restart", self._restart),
            ("POST", f"{one}/rewind", self._rewind),
            ("POST", f"{one}/{{action:terminate|suspend|resume}}", self._change),
            *self._entities.handlers(),
        ]
        doors = self._doors if with_key else None
        return [
            Page(method, prefix + path, guarded(doors, "durabletask_extension", handler))
            for method, path, handler in handlers
        ]

    async def _start(self, request: Request) -> Response:
        name, instance_id = request.path_params["name"], request.path_params.get("id")
        if "timeout" in request.query_params and "pollingInterval" in request.query_params:
            return _problem(501, "The local host does not wait for completion in the start call; poll the status.")
        if name.lower() not in {known.lower() for known in self._orchestrators}:
            known = ", ".join(f"'{known}'" for known in sorted(self._orchestrators))
            return _problem(
                400,
                f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function. "
                f"Additional info: The following are the known orchestrator functions: {known}.",
            )
        if instance_id is not None:
            instance_id = unquote(instance_id)
            if "/" in instance_id:
                return Response(status_code=404)
            if not _usable(instance_id):
                return _problem(400, "Instance IDs must not be an entity's (@name@key) nor contain \\ # ? or controls.")
        body = (await request.body()).decode()
        if body and not _is_json(body):
            return _no_json(body)
        started = self._engine.start(name, instance_id, body or None, request.query_params.get("version"))
        return await self._created(request, started)

    async def _restart(self, request: Request) -> Response:
        instance_id = _instance(request)
        new_id = request.query_params.get("restartWithNewInstanceId", "true").lower() != "false"
        try:
            return await self._created(request, self._engine.restart(instance_id, new_id=new_id))
        except HubRefusal as refusal:
            if refusal.status == 404:
                # An unknown ID is a bad argument here, unlike everywhere else in this API.
                message = "InstanceId does not match a valid orchestration instance."
                reason = f"No instance with ID '{instance_id}' was found. (Parameter 'instanceId')"
                return _exception(400, message, reason, "System.ArgumentException")
            message = "A non-terminal instance with this instance ID already exists."
            kind = "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException"
            return _exception(refusal.status, message, str(refusal), kind)

    async def _created(self, request: Request, started: Future[str]) -> Response:
        urls = self._urls.management(await asyncio.wrap_future(started), f"http://{request.url.netloc}")
        del urls["rewindPostUri"]
        headers = {"Location": urls["statusQueryGetUri"], "Retry-After": "10"}
        return Json(urls, 202, headers)

    async def _status(self, request: Request) -> Response:
        row = self._store.row(_instance(request))
        if row is None:
            return Response(status_code=404)
        document = status_document(row, show_input=_flag(request, "showInput", default=True))
        if _flag(request, "showHistory"):
            outputs = _flag(request, "showHistoryOutput")
            document["historyEvents"] = compact(self._store.history(row.id), show_output=outputs)
        if row.status not in TERMINAL:
            headers = {"Location": str(request.url), "Retry-After": "5"}
            return Json(document, 202, headers)
        failed = row.status == "Failed" and _flag(request, "returnInternalServerErrorOnFailure")
        return Json(document, 500 if failed else 200)

    async def _list(self, request: Request) -> Response:
        show_input = _flag(request, "showInput", default=True)
        size = page_size(request)
        rows = self._store.page(query_of(request), size + 1)
        following = rows[size].id if len(rows) > size else None
        documents = [status_document(row, show_input=show_input) for row in rows[:size]]
        return Json(documents, headers=token_for(request, following))

    async def _purge_by_filter(self, request: Request) -> Response:
        if moment_in(request, "createdTimeFrom") is None:
            return Json("Please provide value for 'createdTimeFrom' parameter.", 400)
        return await self._purged(self._store.ids(query_of(request)))

    async def _purge(self, request: Request) -> Response:
        row = self._store.row(_instance(request))
        if row is not None and is_entity(row):
            # Read in Azure/azure-functions-durable-extension's own tests: an entity always runs, and may be purged.
            return Json({"instancesDeleted": await asyncio.wrap_future(self._engine.purge_entity(row.id))})
        if row is not None and row.status not in TERMINAL:
            return Json(
                "Only orchestrations in a terminal state can be purged, but the orchestration with instance ID "
                f"{row.id} has status {row.status}",
                412,
            )
        return await self._purged([_instance(request)])

    async def _purged(self, instance_ids: list[str]) -> Response:
        count = await asyncio.wrap_future(self._engine.purge(instance_ids))
        return Json({"instancesDeleted": count}) if count else Response(status_code=404)

    async def _raise_event(self, request: Request) -> Response:
        instance_id = _instance(request)
        row = self._store.row(instance_id)
        body = (await request.body()).decode()
        # The extension looks at the instance first: an event for one that ended is 410 whatever it carries.
        if row is not None and row.status not in TERMINAL:
            if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
                return _problem(400, "Only application/json request content is supported")
            if not _is_json(body):
                return _problem(400, "Invalid JSON content")
            # The extension reads the value and writes it anew.
            body = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False)
        await asyncio.wrap_future(self._engine.raise_event(instance_id, request.path_params["event"], body))
        return Response(status_code=202)

    async def _change(self, request: Request) -> Response:
        change = {
            "terminate": self._engine.terminate,
            "suspend": self._engine.suspend,
            "resume": self._engine.resume,
        }[request.path_params["action"]]
        await asyncio.wrap_future(change(_instance(request), request.query_params.get("reason", "")))
        return Response(status_code=202)

    async def _rewind(self, request: Request) -> Response:
        instance_id = _instance(request)
        row = self._store.row(instance_id)
        if row is None:
            return Json(f'No orchestration with instance ID "${instance_id}" found.', 404)
        if row.status != "Failed":
            only = 'but only orchestrations in the "Failed" state can be rewound.'
            return Json(f"This orchestration has status {row.status}, {only}", 412)
        return _problem(501, "The local host does not support rewind; restart the instance instead.")


def status_document(row: Row, *, show_input: bool = True) -> dict[str, Any]:
    """The status document. A version or a parent is there when the instance has one."""
    document = {"name": row.name}
    document |= {"version": row.version} if row.version else {}
    document |= {"instanceId": row.id}
    document |= {"parentInstanceId": row.parent_id} if row.parent_id else {}
    return {
        **document,
        "runtimeStatus": row.status,
        "input": parsed(row.input) if show_input else None,
        "customStatus": parsed(row.custom_status),
        "output": parsed(row.output),
        "createdTime": row.created[:19] + "Z",
        "lastUpdatedTime": row.updated[:19] + "Z",
    }


def _exception(status: int, message: str, reason: str, kind: str) -> Response:
    """The answer to what is an exception in the extension. The SDK shows the ExceptionMessage."""
    body = {"Message": message, "ExceptionMessage": reason, "ExceptionType": kind, "StackTrace": ""}
    return Json(body, status)


def _problem(status: int, message: str) -> Response:
    # ExceptionMessage is what the SDK shows; Message is what the extension writes for everybody else.
    return Json({"Message": message, "ExceptionMessage": message}, status)


def _no_json(body: str) -> Response:
    """As the extension tells of what it cannot read; that an input stops too early is another error (recorded)."""
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        at = f"Path '', line {error.lineno if error.pos else 0}, position {error.pos}."
        if error.pos >= len(body.rstrip()):
            kind, reason = "Newtonsoft.Json.JsonSerializationException", f"Unexpected end when reading JSON. {at}"
            return _exception(500, "Something went wrong while processing your request", reason, kind)
        reason = f"Unexpected character encountered while parsing value: {body[error.pos]}. {at}"
        name = _NAME_WITHOUT_QUOTES.match(body, error.pos) if error.msg.startswith("Expecting property name") else None
        if name:
            at = f"Path '', line {error.lineno}, position {error.colno - 1 + len(name[1])}."
            reason = f"Invalid character after parsing property name. Expected ':' but got: {name[2]}. {at}"
    return _exception(400, "Invalid JSON content", reason, "Newtonsoft.Json.JsonReaderException")


# To the extension's reader quotes around a name are optional: what it misses is what follows the name (recorded).
_NAME_WITHOUT_QUOTES = re.compile(r"([A-Za-z_$][\w$]*[ \t]*)([^\s:])")


def _usable(instance_id: str) -> bool:
    clean = not any(letter in _FORBIDDEN_IN_ID or ord(letter) < 32 or ord(letter) == 127 for letter in instance_id)
    return clean and not re.match("@[^@]+@", instance_id) and len(instance_id) <= 256


def _instance(request: Request) -> str:
    """The instance that is asked about; the extension decodes its ID twice (recorded)."""
    return unquote(request.path_params["id"])


def _flag(request: Request, name: str, *, default: bool = False) -> bool:
    text = request.query_params.get(name, "").lower()
    return text == "true" if text in {"true", "false"} else default


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
