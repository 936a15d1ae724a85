"""Checking access keys at the door."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from local.host.keys import Keys
from local.host.pages import Handler


def given_key(request: Request) -> str:
    """The access key of a request: the header wins over the query."""
    return request.headers.get("x-functions-key") or request.query_params.get("code", "")


def guarded(keys: Keys | None, level: str, handler: Handler) -> Handler:
    """`handler`, answering 401 to requests without a key for `level`; without `keys` nothing is checked."""
    if keys is None:
        return handler

    async def guard(request: Request) -> Response:
        if not keys.opens(level, given_key(request)):
            return Response(status_code=401)
        return await handler(request)

    return guard
