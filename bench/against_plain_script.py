"""The service beside a plain script that does the same work: cloud time, ARM calls, billed seconds."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from bench.harness.clocked_sleep import ClockedProcess
from bench.harness.figure import Figure, report
from bench.harness.measured import Run, arm_calls, deploy, duration, local_stack, step, usual_request
from local.billing import billed, rounded
from local.stack import LocalStack

HOW = (
    "The script is a process of its own against the same local Azure in the same run; its time.sleep, and the SDK's"
    " between polls, wait on the same stepped clock as the service's timers. Billed as one function invocation that"
    " lasts from its start to its end."
)


def measure() -> Figure:
    """Deploy to a new endpoint and then a second version to it, each by both."""
    with local_stack() as stack, ClockedProcess(stack.clock) as process:
        deploy(stack, usual_request("warm-up"))
        of_service = {
            "first": by_service(deploy(stack, usual_request("by-service", "blue"))),
            "second": by_service(deploy(stack, usual_request("by-service", "green"))),
        }
        of_script = {
            "first": by_script(stack, process, "by-script", "blue"),
            "second": by_script(stack, process, "by-script", "green"),
        }
    share = 100 * of_service["first"]["billed_s"] / of_script["first"]["billed_s"]
    return Figure(
        "billed_against_plain_script",
        share,
        "% of the script's",
        100,
        detail={"service": of_service, "script": of_script, "how": HOW},
    )


def by_service(run: Run) -> dict[str, Any]:
    """What a deployment by the service took."""
    return {
        "cloud_time_s": round(run.cloud_time, 1),
        "wall_s": round(run.wall, 2),
        "role_wait_s": round(duration(step(run.status, "roles_effective")).total_seconds(), 1),
        "arm_reads": run.reads,
        "arm_writes": run.writes,
        "billed_s": billed(run.invocations).total_seconds(),
        "longest_invocation_s": round(max(one["duration_ms"] for one in run.invocations) / 1000, 2),
    }


def by_script(stack: LocalStack, process: ClockedProcess, endpoint: str, deployment: str) -> dict[str, Any]:
    """The same by the script. Raises RuntimeError when it fails."""
    process.slept.clear()
    seen, began, wall = len(arm_calls(stack)), stack.clock.now(), time.perf_counter()
    process.run("bench.plain_script", endpoint, deployment)
    cloud_time, wall = (stack.clock.now() - began).total_seconds(), time.perf_counter() - wall
    calls = arm_calls(stack)[seen:]
    whole = rounded(timedelta(seconds=cloud_time + wall)).total_seconds()
    return {
        "cloud_time_s": round(cloud_time, 1),
        "wall_s": round(wall, 2),
        "role_wait_s": max(process.slept),
        "arm_reads": sum(not call.write for call in calls),
        "arm_writes": sum(call.write for call in calls),
        "billed_s": whole,
        "longest_invocation_s": whole,
    }


if __name__ == "__main__":
    report(measure)
