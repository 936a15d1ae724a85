"""Checking access keys at the door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from local.host.keys import Keys

Handler = Callable[[web.Request], Awaitable[web.Response]]


def given_key(request: web.Request) -> str:
    """The access key of a request: the header wins over the query."""
    return request.headers.get("x-functions-key") or request.query.get("code", "")


def guarded(keys: Keys | None, level: str, handler: Handler) -> Handler:
    """`handler`, answering 401 to requests without a key for `level`; without `keys` nothing is checked."""
    if keys is None:
        return handler

    async def guard(request: web.Request) -> web.Response:
        if not keys.opens(level, given_key(request)):
            return web.Response(status=401)
        return await handler(request)

    return guard
