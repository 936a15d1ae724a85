"""CPU seconds of one deployment."""

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
    in_functions = [sum(one["cpu_ms"] for one in run.invocations) / 1000 for run in runs]
    return Figure(
        "overhead_cpu",
        median(run.cpu for run in runs),
        "s",
        1,
        detail={
            "first_s": round(cold.cpu, 2),
            "in_the_apps_functions_s": round(median(in_functions), 2),
            "includes": "app, local host, local Azure and client in one process; not the model's server",
        },
    )


if __name__ == "__main__":
    report(measure)
