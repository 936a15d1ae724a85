"""HTTP functions: from the request on the wire to the function's `HttpRequest`, and back."""

from __future__ import annotations

import asyncio

from azure.functions import meta
from starlette.requests import Request
from starlette.responses import Response

from local.host.auth import given_key
from local.host.invoke import Invoker
from local.host.keys import Keys
from local.host.pages import raw_path
from local.host.routes import RouteTable
from local.host.worker import Call

# The limit of Azure Functions for a request body.
MAX_BODY = 100 * 1024 * 1024


class HttpTriggers:
    """Serves the app's own routes."""

    def __init__(self, routes: RouteTable, invoker: Invoker, keys: Keys | None) -> None:
        self._routes = routes
        self._invoker = invoker
        self._keys = keys
        """None: no keys are checked."""

    async def serve(self, request: Request) -> Response:
        """Call the function the route belongs to: 404 without one, 401 without its key, 500 if it raises."""
        found = self._routes.match(request.method, raw_path(request))
        if found is None:
            return Response(status_code=404)
        route, parameters = found
        if self._keys and not self._keys.opens(route.auth_level, given_key(request)):
            return Response(status_code=401)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        payload = _request_datum(request, parameters, body)
        outcome = await asyncio.wrap_future(self._invoker.submit(Call(route.function, payload)))
        if outcome.error is not None:
            return Response(status_code=500)
        return _response(outcome.value)


async def _body(request: Request) -> bytes | None:
    """The body; None when it is larger than the host takes."""
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > MAX_BODY:
            return None
    return b"".join(parts)


def _request_datum(request: Request, parameters: dict[str, str], body: bytes) -> meta.Datum:
    query = request.query_params
    question = "?" if request.scope["query_string"] else ""
    url = f"http://{request.url.netloc}{raw_path(request)}{question}{request.scope['query_string'].decode('latin-1')}"
    return meta.Datum(
        {
            "method": _text(request.method),
            "url": _text(url),
            "headers": {name: _text(value) for name, value in request.headers.items()},
            # A repeated query key arrives as one value with commas, as the .NET host joins them.
            "query": {name: _text(",".join(query.getlist(name))) for name in query},
            "params": {name: _text(value) for name, value in parameters.items()},
            "body": meta.Datum(body, "bytes"),
        },
        "http",
    )


def _text(value: str) -> meta.Datum:
    return meta.Datum(value, "string")


def _response(value: meta.Datum | None) -> Response:
    if value is None:
        return Response(status_code=204)
    if value.type == "string":
        return Response(value.value, media_type="text/plain")
    fields = value.value
    headers = {name: datum.value for name, datum in fields["headers"].items()}
    response = Response(fields["body"].value, int(fields["status_code"].value), headers)
    for cookie in fields["cookies"] or ():
        for morsel in cookie.values():
            response.headers.append("Set-Cookie", morsel.OutputString())
    return response
