"""What the host takes from host.json and from whoever starts it.

Key names and defaults: the host.json reference of Azure Functions and its Durable Functions section. Keys the
local host has no use for (logging, storage provider, extension bundle) are accepted and ignored.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

# Dedicated-plan default of both limits: ten per core.
DEFAULT_CONCURRENCY = 10 * (os.cpu_count() or 1)


class HostJsonError(ValueError):
    """host.json cannot be used; the message names the key and what it should hold."""


@dataclass(frozen=True)
class HostSettings:
    """Everything about one host that does not change while it runs."""

    route_prefix: str = "api"
    hub_name: str = "SlipwayLocal"
    default_version: str = ""
    max_activities: int = DEFAULT_CONCURRENCY
    max_orchestrators: int = DEFAULT_CONCURRENCY
    override_running: bool = False
    """`overridableExistingInstanceStates: AnyState`: starting an ID that still runs replaces it."""
    function_timeout: timedelta | None = timedelta(minutes=30)
    """Real time that one call may take before its worker is killed; None: any. The default is Azure's."""
    enable_auth: bool = False
    """Check function, host and system keys. Off by default, as with `func start`."""
    timer_triggers: bool | None = None
    """Run timer functions by their schedule. None: yes, except on a stepped clock, which they would race ahead."""

    @property
    def function_timeout_text(self) -> str:
        """The limit as .NET writes it: `00:05:00`."""
        if self.function_timeout is None:
            return "-1"
        minutes, seconds = divmod(int(self.function_timeout.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"

    @classmethod
    def from_app(cls, folder: Path) -> HostSettings:
        """The settings in `folder`/host.json; defaults where there is no such file. Raises HostJsonError."""
        path = folder / "host.json"
        if not path.is_file():
            return cls()
        try:
            document = json.loads(path.read_text())
        except ValueError as error:
            raise HostJsonError(f"host.json is not valid JSON: {error}") from error
        return cls.from_document(document)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> HostSettings:
        """The settings in an already parsed host.json. Raises HostJsonError."""
        if document.get("version") != "2.0":
            raise HostJsonError('host.json needs "version": "2.0" (the only one the Functions v4 host accepts)')
        extensions = document.get("extensions", {})
        durable = extensions.get("durableTask", {})
        states = durable.get("overridableExistingInstanceStates", "NonRunningStates")
        if states not in {"NonRunningStates", "AnyState"}:
            raise HostJsonError("durableTask.overridableExistingInstanceStates must be NonRunningStates or AnyState")
        return cls(
            route_prefix=extensions.get("http", {}).get("routePrefix", "api").strip("/"),
            hub_name=durable.get("hubName", cls.hub_name),
            default_version=durable.get("defaultVersion", ""),
            max_activities=_limit(durable, "maxConcurrentActivityFunctions"),
            max_orchestrators=_limit(durable, "maxConcurrentOrchestratorFunctions"),
            override_running=states == "AnyState",
        )

    def with_options(self, **options: Any) -> HostSettings:
        """A copy with the given fields replaced; a field given as None keeps its value."""
        return replace(self, **{name: value for name, value in options.items() if value is not None})


def _limit(durable: dict[str, Any], key: str) -> int:
    value = durable.get(key, DEFAULT_CONCURRENCY)
    if not isinstance(value, int) or value < 1:
        raise HostJsonError(f"durableTask.{key} must be a whole number of at least 1, not {value!r}")
    return value
