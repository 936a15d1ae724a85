"""HTTP functions: from the request on the wire to the function's `HttpRequest`, and back."""

from __future__ import annotations

import asyncio

from aiohttp import web
from azure.functions import meta

from local.host.auth import given_key
from local.host.invoke import Call, Invoker
from local.host.keys import Keys
from local.host.routes import RouteTable


class HttpTriggers:
    """Serves the app's own routes."""

    def __init__(self, routes: RouteTable, invoker: Invoker, keys: Keys | None) -> None:
        self._routes = routes
        self._invoker = invoker
        self._keys = keys
        """None: no keys are checked."""

    async def serve(self, request: web.Request) -> web.Response:
        """Call the function the route belongs to: 404 without one, 401 without its key, 500 if it raises."""
        found = self._routes.match(request.method, request.rel_url.raw_path)
        if found is None:
            return web.Response(status=404)
        route, parameters = found
        if self._keys and not self._keys.opens(route.auth_level, given_key(request)):
            return web.Response(status=401)
        payload = await _request_datum(request, parameters)
        outcome = await asyncio.wrap_future(self._invoker.submit(Call(route.function, payload)))
        if outcome.error is not None:
            return web.Response(status=500)
        return _response(outcome.value)


async def _request_datum(request: web.Request, parameters: dict[str, str]) -> meta.Datum:
    # A repeated query key arrives as one value with commas, as the .NET host joins them.
    query = {name: ",".join(request.query.getall(name)) for name in request.query}
    return meta.Datum(
        {
            "method": _text(request.method),
            "url": _text(str(request.url)),
            "headers": {name.lower(): _text(value) for name, value in request.headers.items()},
            "query": {name: _text(value) for name, value in query.items()},
            "params": {name: _text(value) for name, value in parameters.items()},
            "body": meta.Datum(await request.read(), "bytes"),
        },
        "http",
    )


def _text(value: str) -> meta.Datum:
    return meta.Datum(value, "string")


def _response(value: meta.Datum | None) -> web.Response:
    if value is None:
        return web.Response(status=204)
    if value.type == "string":
        return web.Response(text=value.value)
    fields = value.value
    headers = {name: datum.value for name, datum in fields["headers"].items()}
    response = web.Response(status=int(fields["status_code"].value), headers=headers, body=fields["body"].value)
    for cookie in fields["cookies"] or ():
        for morsel in cookie.values():
            response.headers.add("Set-Cookie", morsel.OutputString())
    return response
