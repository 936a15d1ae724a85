"""Everything about one host that does not change while it runs."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from local.host.host_json import read, read_file
from local.host.log_levels import LogLevels
from local.host.versions import Versioning

# Dedicated-plan default of the limits: ten per core.
DEFAULT_CONCURRENCY = 10 * (os.cpu_count() or 1)


@dataclass(frozen=True)
class HostSettings:
    """What host.json says, and whoever starts the host."""

    route_prefix: str = "api"
    hub_name: str = "SlipwayLocal"
    versioning: Versioning = field(default_factory=Versioning)
    max_activities: int = DEFAULT_CONCURRENCY
    max_orchestrators: int = DEFAULT_CONCURRENCY
    control_visibility: timedelta = timedelta(minutes=5)
    """How long what a host had taken for an orchestration or entity is hidden from the next; 0: not at all."""
    work_item_visibility: timedelta = timedelta(minutes=5)
    """The same of activities."""
    graceful_shutdown: bool = False
    """Whether a host that is asked to end hands back what it has taken."""
    override_running: bool = False
    """`overridableExistingInstanceStates: AnyState`: starting an ID that still runs replaces it."""
    function_timeout: timedelta | None = timedelta(minutes=30)
    """Real time that one call may take before its worker is killed; None: any. The default is Azure's."""
    log_levels: LogLevels = field(default_factory=LogLevels)
    enable_auth: bool = False
    """Check function, host and system keys. Off by default, as with `func start`."""
    timer_triggers: bool | None = None
    """Run timer functions by their schedule. None: yes, except on a stepped clock, which they would race ahead."""

    @classmethod
    def from_app(cls, folder: Path) -> HostSettings:
        """The settings in `folder`/host.json; defaults where there is no such file. Raises HostJsonError."""
        return cls._of(read_file(folder / "host.json"))

    @classmethod
    def from_document(cls, document: Any) -> HostSettings:
        """The settings in an already parsed host.json. Raises HostJsonError."""
        return cls._of(read(document))

    @classmethod
    def _of(cls, values: dict[str, Any]) -> HostSettings:
        def durable(name: str, otherwise: Any) -> Any:
            return values.get(f"extensions.durableTask.{name}", otherwise)

        def visibility(queue: str) -> timedelta:
            # The scheduler has no queues that hide anything.
            queues = durable("storageProvider.type", "AzureStorage") == "AzureStorage"
            default = cls.control_visibility if queues else timedelta(0)
            chosen: timedelta = durable(f"storageProvider.{queue}VisibilityTimeout", default)
            return chosen

        return cls(
            route_prefix=values.get("extensions.http.routePrefix", cls.route_prefix).strip("/"),
            hub_name=durable("hubName", cls.hub_name),
            versioning=Versioning(
                default=durable("defaultVersion", Versioning.default),
                match=durable("versionMatchStrategy", Versioning.match),
                failure=durable("versionFailureStrategy", Versioning.failure),
            ),
            max_activities=durable("maxConcurrentActivityFunctions", cls.max_activities),
            max_orchestrators=durable("maxConcurrentOrchestratorFunctions", cls.max_orchestrators),
            control_visibility=visibility("controlQueue"),
            work_item_visibility=visibility("workItemQueue"),
            graceful_shutdown=durable("useGracefulShutdown", cls.graceful_shutdown),
            override_running=durable("overridableExistingInstanceStates", "NonRunningStates") == "AnyState",
            function_timeout=values.get("functionTimeout", cls.function_timeout),
            log_levels=LogLevels(values.get("logging.logLevel")),
        )

    @property
    def function_timeout_text(self) -> str:
        """The limit as .NET writes it: `00:05:00`."""
        if self.function_timeout is None:
            return "-1"
        minutes, seconds = divmod(int(self.function_timeout.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"

    def document(self) -> dict[str, Any]:
        """What is in force, as `/admin/host/config` shows it: host.json's names, null for a default of the platform."""
        chosen = {
            "hubName": self.hub_name,
            "defaultVersion": self.versioning.default or None,
            "versionMatchStrategy": self.versioning.match,
            "versionFailureStrategy": self.versioning.failure,
            "maxConcurrentActivityFunctions": _unless_default(self.max_activities),
            "maxConcurrentOrchestratorFunctions": _unless_default(self.max_orchestrators),
            "maxConcurrentEntityFunctions": None,
            "maxEntityOperationBatchSize": None,
        }
        http = {
            "dynamicThrottlesEnabled": False,
            "enableChunkedRequestBinding": False,
            "maxConcurrentRequests": -1,
            "maxOutstandingRequests": -1,
            "routePrefix": self.route_prefix,
        }
        return {"extensions": {"http": http, "durableTask": chosen}, "functionTimeout": self.function_timeout_text}

    def with_options(self, **options: Any) -> HostSettings:
        """A copy with the given fields replaced; a field given as None keeps its value."""
        return replace(self, **{name: value for name, value in options.items() if value is not None})


def _unless_default(limit: int) -> int | None:
    return None if limit == DEFAULT_CONCURRENCY else limit
