"""What a second deployment to an endpoint waits for roles: nothing, they are old."""

from __future__ import annotations

from bench.harness.figure import Figure, report
from bench.harness.measured import deploy, duration, local_stack, step, usual_request


def measure() -> Figure:
    """Two deployments to one endpoint; the first one's wait is in the detail."""
    with local_stack() as stack:
        first = step(deploy(stack, usual_request("twice", "blue")).status, "roles_effective")
        second = step(deploy(stack, usual_request("twice", "green")).status, "roles_effective")
    return Figure(
        "second_deployment_wait",
        duration(second).total_seconds(),
        "s",
        0,
        also=second["state"] == "skipped",
        detail={"state": second["state"], "first_deployment_s": round(duration(first).total_seconds(), 1)},
    )


if __name__ == "__main__":
    report(measure)
