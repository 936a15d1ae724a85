"""Seconds at the desk that a deployment takes although the cloud's own time is jumped over."""

from __future__ import annotations

from statistics import median

from bench.harness.figure import Figure, report
from bench.harness.measured import deploy, local_stack, usual_request

RUNS = 5


def measure() -> Figure:
    """The median of several deployments after one to warm up."""
    with local_stack() as stack:
        cold = deploy(stack, usual_request("cold-start"))
        runs = [deploy(stack, usual_request(f"overhead-{n}")) for n in range(RUNS)]
    return Figure(
        "overhead_wall",
        median(run.wall for run in runs),
        "s",
        2,
        detail={
            "first_s": round(cold.wall, 2),
            "slowest_s": round(max(run.wall for run in runs), 2),
            "fastest_s": round(min(run.wall for run in runs), 2),
            "cloud_time_s": round(runs[0].cloud_time, 1),
            "includes": "the local Azure's own work, such as starting a real model server",
        },
        when_missed="real time depends on what else the machine does: see overhead_cpu, and use an idle machine",
    )


if __name__ == "__main__":
    report(measure)
