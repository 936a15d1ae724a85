"""Routes of resources that extend any other (`/{scope}/providers/...`), and what ARM checks for all of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.clock import Clock
from local.cloud.arm.errors import ArmError

Handler = Callable[[Request], Awaitable[Response]]


def extension_route(clock: Clock, path: str, versions: Sequence[str], handler: Handler, method: str) -> Route:
    """A route that ignores case in the path, knows its api-versions, and answers `ArmError` in ARM's envelope."""

    @functools.wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            _check_version(request, versions)
            return await handler(request)
        except ArmError as error:
            return JSONResponse(error.body(clock.now()), error.status, headers=error.headers)

    route = Route(path, answer, methods=[method])
    route.path_regex = re.compile(route.path_regex.pattern, re.IGNORECASE)
    return route


def scope_of(request: Request) -> str:
    """The ARM id the request's resource extends, as the caller spelled it."""
    return "/" + str(request.path_params["scope"]).strip("/")


def _check_version(request: Request, versions: Sequence[str]) -> None:
    given = request.query_params.get("api-version")
    if not given:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise ArmError(400, "MissingApiVersionParameter", message)
    if given not in versions:
        message = f"The api-version '{given}' is invalid. The supported versions are '{','.join(versions)}'."
        raise ArmError(400, "InvalidApiVersionParameter", message)
