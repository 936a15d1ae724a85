"""Speaks to a running host over HTTP."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import httpx

from local import loopback
from local.host.host import LocalHost
from local.host.settings import HostSettings
from local.host.writer import HostDied

ROOT = Path(__file__).parents[3]
APPS = Path(__file__).parent / "apps"
START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
DURABLE = "/runtime/webhooks/durabletask"


class Driver:
    """A running host and an HTTP client for it."""

    def __init__(self, host: LocalHost) -> None:
        self.host = host
        self.http = loopback.client(host.url)

    def start(self, name: str, payload: Any = None, instance_id: str = "", **query: str) -> str:
        """Start an orchestration through the webhook, input encoded twice as the SDK's client does; its ID."""
        path = f"{DURABLE}/orchestrators/{name}" + (f"/{instance_id}" if instance_id else "")
        response = self.http.post(path, json=json.dumps(payload), params=query)
        if "the local host ended before it did this" in response.text:
            raise HostDied(response.text)
        assert response.status_code == 202, response.text
        started: str = response.json()["id"]
        return started

    def run(self, name: str, payload: Any = None, **options: str) -> dict[str, Any]:
        """Start an orchestration and wait until it has ended; its status document."""
        return self.host.wait_for(self.start(name, payload, **options))

    def post(self, instance_id: str, action: str, **options: Any) -> int:
        """POST to one instance; the status code."""
        return self.http.post(f"{DURABLE}/instances/{instance_id}/{action}", **options).status_code

    def status(self, instance_id: str, **query: str) -> httpx.Response:
        """GET one instance."""
        return self.http.get(f"{DURABLE}/instances/{instance_id}", params=query)

    def history(self, instance_id: str) -> list[dict[str, Any]]:
        """The raw history."""
        events: list[dict[str, Any]] = self.http.get(f"/admin/local/instances/{instance_id}/history").json()
        return events

    def invocations(self, **query: str) -> list[dict[str, Any]]:
        """The invocation log."""
        listed: list[dict[str, Any]] = self.http.get("/admin/local/invocations", params=query).json()
        return listed

    def app(self) -> ModuleType:
        """The app's module, as this host loaded it."""
        function = next(iter(self.host.index.functions.values()))
        return sys.modules[function.module]


class OpenHost(Protocol):
    """Starts a host; at the end of the test it is stopped."""

    def __call__(self, app: Any = "patterns", settings: HostSettings | None = None, **options: Any) -> Driver:
        """A driver for the app of that name, folder or object; without `data`, all share one folder."""
