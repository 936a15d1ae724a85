"""The largest result an activity hands to the orchestration: it is stored, and read at every replay."""

from __future__ import annotations

from bench.harness.figure import KIB, Figure, report
from bench.harness.payloads import invocations_of_wordy_deployments


def measure() -> Figure:
    """Over the usual deployment, one with many roles, and one that fails with a log."""
    found = invocations_of_wordy_deployments()
    largest = {
        kind: max((one for one in listed if one["trigger"] == "activityTrigger"), key=lambda one: int(one["result_bytes"]))
        for kind, listed in found.items()
    }
    return Figure(
        "largest_activity_output",
        max(one["result_bytes"] for one in largest.values()) / KIB,
        "KiB",
        4,
        detail={kind: f"{one['function']}: {one['result_bytes']} B" for kind, one in largest.items()},
    )


if __name__ == "__main__":
    report(measure)
