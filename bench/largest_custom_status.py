"""The largest custom status a deployment publishes: Azure Functions fails an orchestration whose status is too long."""

from __future__ import annotations

from bench.harness.figure import KIB, Figure, report
from bench.harness.payloads import surprises, wordy_deployments


def measure() -> Figure:
    """Over deployments that say little and much."""
    runs = wordy_deployments()
    largest = {kind: max(one["custom_status_bytes"] for one in run.invocations) for kind, run in runs.items()}
    surprising = surprises(runs)
    return Figure(
        "largest_custom_status",
        max(largest.values()) / KIB,
        "KiB",
        4,
        also=not surprising,
        detail={kind: f"{size} B" for kind, size in largest.items()} | surprising,
    )


if __name__ == "__main__":
    report(measure)
