"""HTTP functions: from the request on the wire to the function's `HttpRequest`, and back.

What the true host makes of odd requests and answers was recorded; each rule here is a row of it.
"""

from __future__ import annotations

import asyncio
from http.cookies import Morsel
from typing import Any
from urllib.parse import quote

from azure.functions import meta
from starlette.requests import Request
from starlette.responses import Response

from local.host.auth import Doors, given_key
from local.host.invoke import Invoker
from local.host.routes import RouteTable
from local.host.targets import path_of, query_of, url_of
from local.host.worker import Call

# The limit of Azure Functions for a request body.
MAX_BODY = 100 * 1024 * 1024
# Statuses that have no body whatever the function gives one.
_BODYLESS = {204, 205, 304}


class HttpTriggers:
    """Serves the app's own routes."""

    def __init__(self, routes: RouteTable, invoker: Invoker, doors: Doors | None) -> None:
        self._routes = routes
        self._invoker = invoker
        self._doors = doors
        """None: no keys are checked."""

    async def serve(self, request: Request) -> Response:
        """Call the function the route belongs to: 404 without one, 401 without its key, 500 if it raises."""
        path = path_of(request)
        if path is None:
            return Response(status_code=400)
        found = self._routes.match(request.method, path)
        if found is None:
            return Response(status_code=404)
        route, parameters = found
        if self._doors and not self._doors.opens_function(route.auth_level, route.function.name, given_key(request)):
            return Response(status_code=401)
        body = await _body(request)
        if body is None:
            return Response(status_code=500)
        payload = _request_datum(request, path, parameters, body)
        outcome = await asyncio.wrap_future(self._invoker.submit(Call(route.function, payload)))
        if outcome.error is not None:
            return Response(status_code=500)
        return _response(outcome.value)


async def _body(request: Request) -> bytes | None:
    """The body; None when it is larger than the host takes; empty when its length was not said (sent in chunks)."""
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > MAX_BODY:
            return None
    return b"".join(parts) if "content-length" in request.headers else b""


def _request_datum(request: Request, path: str, parameters: dict[str, str], body: bytes) -> meta.Datum:
    return meta.Datum(
        {
            "method": _text(request.method),
            "url": _text(url_of(request, path)),
            "headers": {name: _text(",".join(values)) for name, values in _headers(request).items()},
            "query": {name: _text(value) for name, value in query_of(request).items()},
            "params": {name: _text(value) for name, value in parameters.items()},
            "body": meta.Datum(body, "bytes"),
        },
        "http",
    )


def _headers(request: Request) -> dict[str, list[str]]:
    """The values of each header, in UTF-8: what is not has been refused at the door."""
    found: dict[str, list[str]] = {}
    # The order of the true host, where what it knows about the connection comes first.
    for name, value in sorted(request.headers.raw, key=lambda header: header[0] != b"connection"):
        found.setdefault(name.decode("latin-1"), []).append(value.decode())
    return found


def _text(value: str) -> meta.Datum:
    return meta.Datum(value, "string")


def _response(value: meta.Datum) -> Response:
    if value.type == "string":
        return Response(value.value, media_type="text/plain")
    fields = value.value
    headers = {name: datum.value for name, datum in fields["headers"].items()}
    if not all(text.isascii() for pair in headers.items() for text in pair):
        return Response(status_code=500)
    status = int(fields["status_code"].value)
    response = Response(b"" if status in _BODYLESS else fields["body"].value, status, headers)
    for cookie in fields["cookies"] or ():
        for morsel in cookie.values():
            response.headers.append("Set-Cookie", _cookie(morsel))
    return response


def _cookie(morsel: Morsel[Any]) -> str:
    """The cookie as ASP.NET Core writes it: domain and path always, names of attributes in small letters."""
    text = f"{morsel.key}={quote(morsel.value, safe='')}"
    text += f"; expires={morsel['expires']}" if morsel["expires"] else ""
    text += f"; max-age={morsel['max-age']}" if morsel["max-age"] else ""
    text += f"; domain={morsel['domain']}; path={morsel['path']}"
    text += "; secure" if morsel["secure"] else ""
    text += f"; samesite={morsel['samesite'].lower()}" if morsel["samesite"] else ""
    return text + ("; httponly" if morsel["httponly"] else "")
