"""The largest result an activity hands to the orchestration: it is stored, and read at every replay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.harness.figure import KIB, Figure, report
from bench.harness.measured import Run
from bench.harness.payloads import surprises, wordy_deployments


def measure() -> Figure:
    """Over deployments that say little and much."""
    runs = wordy_deployments()
    surprising = surprises(runs)
    largest = {kind: max(outputs(run), key=lambda one: int(one["result_bytes"])) for kind, run in runs.items()}
    return Figure(
        "largest_activity_output",
        max(one["result_bytes"] for one in largest.values()) / KIB,
        "KiB",
        4,
        also=not surprising,
        detail={kind: f"{one['function']}: {one['result_bytes']} B" for kind, one in largest.items()} | surprising,
        when_missed="every grant is told with role, scope and assignment: see which function answers how much",
    )


def outputs(run: Run) -> list[Mapping[str, Any]]:
    """The invocations of activities."""
    return [one for one in run.invocations if one["trigger"] == "activityTrigger"]


if __name__ == "__main__":
    report(measure)
