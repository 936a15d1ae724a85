"""The longest single invocation, in a host that has just started: its first activity imports azure.ai.ml."""

from __future__ import annotations

from bench.harness.figure import Figure, report
from bench.harness.fresh_host import FreshHost
from bench.harness.measured import local_stack, usual_request
from local.clock import Clock

SPEED = 600


def measure() -> Figure:
    """Of the first deployment that a new host process takes."""
    with local_stack(clock=Clock(speed=SPEED)) as stack, FreshHost(stack) as host:
        host.deploy(usual_request("cold-start"))
        cold = host.invocations()
        host.deploy(usual_request("warm"))
        warm = host.invocations()[len(cold) :]
    longest = max(cold, key=lambda one: float(one["duration_ms"]))
    return Figure(
        "longest_invocation",
        longest["duration_ms"] / 1000,
        "s",
        10,
        detail={
            "function": longest["function"],
            "longest_when_warm_s": round(max(one["duration_ms"] for one in warm) / 1000, 3),
        },
    )


if __name__ == "__main__":
    report(measure)
