"""Checking access keys at the door.

Recorded: the host's own pages tell a key that is known but not enough (403) from one that is not known (401), functions
do not; and once a key has passed somewhere it passes there in any case of letters.
"""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import Response

from local.host.keys import Keys
from local.host.pages import Handler
from local.host.targets import query_values


class Doors:
    """Which key opens what; remembers what has passed."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._passed: set[tuple[str, str]] = set()

    def opens_function(self, level: str, name: str, given: str) -> bool:
        """Whether the key suffices for an HTTP function of the level `anonymous`, `function` or `admin`."""
        keys, level = self._keys, level.lower()
        if level == "anonymous":
            return True
        more = [keys.default, keys.of_function(name)] if level == "function" else []
        return self._opens(f"{level} {name}", [keys.master, *more], given)

    def opens_page(self, door: str, given: str) -> bool:
        """Whether the key suffices for a page of the host's own: `admin`, or the name of an extension's key."""
        more = [] if door == "admin" else [self._keys.extensions()[door]]
        return self._opens(door, [self._keys.master, *more], given)

    def knows(self, given: str) -> bool:
        """Whether it is one of the host's keys."""
        return _among([self._keys.master, self._keys.default, *self._keys.extensions().values()], given)

    def _opens(self, door: str, accepted: list[str], given: str) -> bool:
        if _among(accepted, given):
            self._passed.add((door, given.lower()))
        return (door, given.lower()) in self._passed


def given_key(request: Request) -> str:
    """The access key of a request: the header wins over the query, of several `code` the first counts."""
    codes = [values[0] for name, values in query_values(request).items() if name.lower() == "code"]
    return request.headers.get("x-functions-key") or next(iter(codes), "")


def guarded(doors: Doors | None, door: str, handler: Handler) -> Handler:
    """`handler` behind a door: `admin`, or the name of an extension's key. Without `doors` nothing is checked."""
    if doors is None:
        return handler

    async def guard(request: Request) -> Response:
        given = given_key(request)
        if doors.opens_page(door, given):
            return await handler(request)
        known = doors.knows(given)
        return Response(status_code=403 if known else 401, headers={} if known else {"WWW-Authenticate": "Bearer"})

    return guard


def _among(keys: list[str], given: str) -> bool:
    return any(hmac.compare_digest(key.encode(), given.encode()) for key in keys)
