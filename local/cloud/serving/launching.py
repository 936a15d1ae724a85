"""Where a deployment's process begins."""

from __future__ import annotations

from collections.abc import Callable

from local.clock import Clock
from local.cloud.images.containers import Containers
from local.cloud.serving.process import ServingProcess
from local.cloud.serving.spec import ServingSpec
from local.cloud.world import Durations

_IN_AZURE = Durations()


def launch(
    spec: ServingSpec,
    clock: Clock,
    containers: Containers,
    on_failed_or_ready: Callable[[ServingProcess], None],
    durations: Durations = _IN_AZURE,
) -> ServingProcess:
    """Build what `spec` needs and start serving it; returns at once.

    `on_failed_or_ready` is called once from the process's own thread, when it becomes healthy or failed; never after
    `stop`. A stepped clock stands still until that call has returned.
    """
    process = ServingProcess(spec, clock, containers, on_failed_or_ready, durations)
    process.begin()
    return process
