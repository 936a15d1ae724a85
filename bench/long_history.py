"""What one history of 5,000 events costs the host, beside what the SDK itself needs to replay it."""

from __future__ import annotations

import time

from bench.harness.bare_host import PATIENCE, bare_host, start
from bench.harness.figure import Figure, report

# Each leaves four events, and there are four more: one to start and three to end with.
ACTIVITIES = 1_250


def measure() -> Figure:
    """CPU of the whole process for one chain of activities, per CPU of its orchestrator's turns."""
    with bare_host() as host:
        before = time.process_time()
        [chain] = start(host, "chain", "x" * ACTIVITIES)
        host.wait_for(chain, timeout=PATIENCE)
        whole = time.process_time() - before
        replays = sum(line["cpu_ms"] for line in host.invocations.select(function="chain")) / 1000
        events = len(host._parts.store.history(chain))
    return Figure(
        "long_history_cpu",
        whole / replays,
        "x SDK",
        1.5,
        also=events >= 4 * ACTIVITIES,
        detail={
            "events": events,
            "cpu_s": round(whole, 1),
            "sdk_cpu_s": round(replays, 1),
            "how": "the SDK's part is the CPU inside the orchestrator function: it reads the whole history every turn",
        },
    )


if __name__ == "__main__":
    report(measure)
