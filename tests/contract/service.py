"""The Slipway that is asked, and what the key that is at hand opens of it."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self

import httpx
import pytest

MASTER = "GET /admin/host/systemkeys/eventgrid_extension"
LIST, ONE, EVENTS = "GET /api/deployments", "GET /api/deployments/x", "GET /api/events"
DOCUMENT = "GET /api/openapi.json"
DEPLOY, PLAN = "POST /api/deployments", "POST /api/plans"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Service:
    """One Slipway. `writes` False: whoever runs the suite wants nothing changed, whatever the key opens."""

    def __init__(self, url: str, key: str, *, writes: bool = True) -> None:
        self.url = httpx.URL(url.rstrip("/"))
        self.key = key
        self._writes = writes
        self._opens: dict[str, bool] = {}
        self.local = self.url.host in _LOOPBACK
        """Whether it runs on this machine: no proxy is between, and asking often is no burden."""
        self.http = httpx.Client(base_url=self.url, timeout=60, trust_env=not self.local)

    def __enter__(self) -> Self:
        """Ready as it is."""
        return self

    def __exit__(self, *_reason: object) -> None:
        """Close what is open to it."""
        self.http.close()

    def __call__(self, call: str, *, key: str | None = None, **content: Any) -> httpx.Response:
        """`METHOD path`, with the key at hand or another; an empty one sends none."""
        method, path = call.split(" ", 1)
        given = self.key if key is None else key
        headers = {**({"x-functions-key": given} if given else {}), **content.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **content)

    def needs(self, *calls: str, writing: bool = False) -> None:
        """Skip the test, and say why, unless the key opens all of these calls and, if it writes, that is wanted."""
        for call in calls:
            if not self._opened(call):
                pytest.skip(f"the key does not open {call}")
        if writing and not self._writes:
            pytest.skip("it would write, and only reading was asked for")

    def get(self, path: str) -> Any:
        """What a path shows, parsed."""
        return self(f"GET {path}").raise_for_status().json()

    @cached_property
    def event_key(self) -> str:
        """The key of the Event Grid webhook, which only a master key may read."""
        return str(self.get(MASTER.partition(" ")[2])["value"])

    def _opened(self, call: str) -> bool:
        if call not in self._opens:
            # An empty body starts nothing: it is refused after the key was looked at.
            self._opens[call] = self(call).status_code not in {401, 403}
        return self._opens[call]
