"""A task hub behind real HTTP, as the extension answers (recorded), that can be told to answer otherwise."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, unquote, urlsplit

import azure.functions as func
from azure.durable_functions import DurableOrchestrationClient
from azure.durable_functions.models.utils import http_utils

SECRET = "path-that-opens-the-hub"
TOKEN = "x-ms-continuation-token"


class ScriptedHub:
    """Instances by id as status documents; a context manager.

    Attributes:
        instead: answers by method and path, each a (status, body, headers): the next is taken, the last stays.
        asked: query and token of every list that was asked for.
        others: requests that went anywhere else than to the hub.
        started: ids of instances that it took an order for.
    """

    def __init__(self, page: int = 100) -> None:
        self.page = page
        self.instances: dict[str, dict[str, Any]] = {}
        self.instead: dict[tuple[str, str], list[tuple[int, bytes, dict[str, str]]]] = {}
        self.asked: list[tuple[dict[str, str], str]] = []
        self.others: list[str] = []
        self.started: list[str] = []

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def client(self) -> DurableOrchestrationClient:
        binding = {"taskHubName": "Hub", "creationUrls": {}, "managementUrls": {}}
        return DurableOrchestrationClient(json.dumps(binding | {"rpcBaseUrl": f"{self.url}/{SECRET}/"}))

    def call(self, handler: Any, method: str, url: str, **parts: Any) -> func.HttpResponse:
        """What a function of the app answers."""

        async def called() -> Any:
            try:
                return await handler(_request(method, url, **parts), self.client())
            finally:
                await http_utils._close_session()

        with _own_session():
            answer: func.HttpResponse = asyncio.run(called())
        assert SECRET not in f"{answer.get_body()!r} {dict(answer.headers)}"
        return answer

    def answers(
        self, method: str, path: str, *, status: int = 200, body: Any = None, headers: dict[str, str] | None = None
    ) -> None:
        """Answer otherwise, once everything prepared before has been given."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.instead.setdefault((method, path), []).append((status, text, headers or {}))

    def answer(self, method: str, target: str, token: str) -> tuple[int, bytes, dict[str, str]]:
        url = urlsplit(target)
        place, _, path = url.path.lstrip("/").partition("/")
        if place != SECRET:
            self.others.append(target)
            return 404, b"", {}
        prepared = self.instead.get((method, path))
        if prepared:
            return prepared.pop(0) if len(prepared) > 1 else prepared[0]
        if method == "POST":
            instance_id = path.rpartition("/")[2]
            self.started.append(instance_id)
            return 202, json.dumps({"id": instance_id}).encode(), {}
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if path == "instances":
            self.asked.append((query, token))
            return self._list(query, token)
        found = self.instances.get(unquote(path.removeprefix("instances/")))
        return (200, json.dumps(found).encode(), {}) if found else (404, b"", {})

    def _list(self, query: dict[str, str], token: str) -> tuple[int, bytes, dict[str, str]]:
        states = query.get("runtimeStatus", "").split(",") if "runtimeStatus" in query else None
        ids = sorted(
            instance_id
            for instance_id, one in self.instances.items()
            if instance_id.startswith(query["instanceIdPrefix"])
            and instance_id >= base64.b64decode(token).decode()
            and query.get("createdTimeFrom", "") <= one["createdTime"] <= query.get("createdTimeTo", "9")
            and (states is None or one["runtimeStatus"] in states)
        )
        rows = [self.instances[one] | {"input": None} for one in ids[: self.page]]
        following = base64.b64encode(ids[self.page].encode()).decode() + " " if len(ids) > self.page else ""
        return 200, json.dumps(rows).encode(), {TOKEN: following}


@contextmanager
def _own_session() -> Iterator[None]:
    """The SDK has one session for a process, of the event loop that made it: here perhaps a host's, of other tests."""
    before = http_utils._client_session, http_utils._session_lock
    http_utils._client_session, http_utils._session_lock = None, asyncio.Lock()
    try:
        yield
    finally:
        http_utils._client_session, http_utils._session_lock = before


class _Handler(BaseHTTPRequestHandler):
    hub: ClassVar[ScriptedHub]
    protocol_version = "HTTP/1.1"
    # Else the body waits 40 ms for the receipt of the head.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, body, headers = self.hub.answer(self.command, self.path, self.headers.get(TOKEN, "").strip())
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _request(
    method: str,
    url: str,
    *,
    body: Any = None,
    headers: dict[str, str] | None = None,
    route: dict[str, str] | None = None,
) -> func.HttpRequest:
    query = {name: ",".join(values) for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}
    content = json.dumps(body).encode() if body is not None else b""
    return func.HttpRequest(
        method, f"http://app{url}", headers=headers or {}, params=query, route_params=route or {}, body=content
    )


def document(instance_id: str, created: str = "2026-01-01T00:00:00Z", **parts: Any) -> dict[str, Any]:
    """A status document as the hub stores it."""
    wire = {
        "name": "deploy",
        "instanceId": instance_id,
        "runtimeStatus": "Completed",
        "input": None,
        "customStatus": None,
        "output": None,
        "createdTime": created,
        "lastUpdatedTime": created,
    }
    return wire | parts
