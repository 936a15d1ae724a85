"""Many deployments at once, each to an endpoint of its own.

Elapsed is cloud time plus all CPU time of the run, as if no work overlapped with waiting for Azure: more than a clock
on the wall would show at normal speed on a machine that has nothing else to do. What else this one does costs nothing.
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from statistics import quantiles
from typing import Any

from bench.harness.figure import KIB, Figure
from bench.harness.measured import deploy, local_stack, usual_request
from local.stack import LocalStack

# Real seconds: nothing is measured by them, so that they need only tell a run that hangs from one that is slow.
PATIENCE = 3 * 3600
# Real seconds from one word about the progress to the next.
TOLD_EVERY = 15


@dataclass(frozen=True)
class Crowd:
    """How many, and within what.

    Attributes:
        memory_mib: the most memory of app, local host, local Azure and client, in one process.
        shares_processes: whether one model server serves all of them.
    """

    name: str
    deployments: int
    memory_mib: int
    shares_processes: bool = False


def measure(crowd: Crowd) -> Figure:
    """How much longer the last of them takes than one alone."""
    with local_stack() as stack:
        prepare(stack, crowd)
        deploy(stack, usual_request("warm-up"))
        alone = deploy(stack, usual_request("alone"))
        began, cpu = time.perf_counter(), time.process_time()
        ids, latencies = post_all(stack, crowd.deployments)
        ended = wait_for_all(stack, ids, partial(tell, crowd.name, began))
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        memory = peak_mib()
    slowest = max(map(cloud_time, ended), default=0.0)
    succeeded = sum(status["status"] == "Succeeded" for status in ended)
    return Figure(
        crowd.name,
        (slowest + cpu) / (alone.cloud_time + alone.cpu),
        "x one alone",
        1.5,
        also=succeeded == crowd.deployments and memory <= crowd.memory_mib,
        detail={
            "succeeded": f"{succeeded} of {crowd.deployments}",
            "peak_memory_mib": round(memory),
            "memory_bound_mib": crowd.memory_mib,
            "memory_of": "app, local host, local Azure and client in one process; not the model servers",
            "model_servers": "one, shared by all" if crowd.shares_processes else "one each",
            "wall_s": round(wall, 1),
            "cpu_s": round(cpu, 1),
            "slowest_cloud_time_s": round(slowest, 1),
            "alone_cloud_time_s": round(alone.cloud_time, 1),
            "alone_cpu_s": round(alone.cpu, 2),
            "request_to_202_p95_ms_under_this_load": round(quantiles(latencies, n=20)[-1] * 1000),
            "failures": sorted({str(status.get("error")) for status in ended if status["status"] != "Succeeded"})[:3],
        },
    )


def prepare(stack: LocalStack, crowd: Crowd) -> None:
    """Allow more endpoints, deployments and cores than a subscription has by default."""
    state, many = stack.cloud.state, 2 * crowd.deployments
    with state.lock:
        state.quota = replace(state.quota, endpoints=many, deployments=many, cores=50 * many)
        state.shares_processes = crowd.shares_processes


def post_all(stack: LocalStack, deployments: int) -> tuple[list[str], list[float]]:
    """Send all requests at one virtual moment; their ids and how long each answer took, in seconds."""
    ids, latencies = [], []
    with stack.clock.busy(), stack.http as http:
        for n in range(deployments):
            began = time.perf_counter()
            answer = http.post("/api/deployments", json=usual_request(f"crowd-{n:04}"))
            latencies.append(time.perf_counter() - began)
            ids.append(answer.raise_for_status().json()["id"])
    return ids, latencies


def wait_for_all(
    stack: LocalStack, ids: Sequence[str], tell: Callable[[LocalStack, int], None]
) -> list[dict[str, Any]]:
    """Their status bodies once all have ended; `tell` hears now and then how many of the first have.

    Raises TimeoutError after three hours.
    """
    deadline, told, ended = time.perf_counter() + PATIENCE, 0.0, 0
    # Asked now and then: to be told of each change would have the host do little else.
    while time.perf_counter() < deadline and ended < len(ids):
        if told + TOLD_EVERY < time.perf_counter():
            told = time.perf_counter()
            tell(stack, ended)
        try:
            stack.host.wait_for(ids[ended], timeout=0)
            ended += 1
        except TimeoutError:
            threading.Event().wait(1)
    if ended < len(ids):
        raise TimeoutError(f"{ended} of {len(ids)} deployments have ended; time is held by {stack.clock.held_by()}")
    return [stack.status(one) for one in ids]


def tell(name: str, began: float, stack: LocalStack, ended: int) -> None:
    """Say on stderr how far it is; the first `ended` have come to their end."""
    with stack.http as http:
        instances = http.get("/admin/local/health").raise_for_status().json()["instances"]
    there, seconds = stack.clock.now(), time.perf_counter() - began
    sys.stderr.write(f"{name}: after {seconds:.0f} s {ended} ended, {there:%H:%M:%S} there, instances: {instances}\n")
    sys.stderr.flush()


def cloud_time(status: dict[str, Any]) -> float:
    """Virtual seconds from being accepted to the end."""
    began, ended = (datetime.fromisoformat(status[name]) for name in ("created", "updated"))
    return (ended - began).total_seconds()


def peak_mib() -> float:
    """The most memory this process has had."""
    # ru_maxrss is in bytes on macOS and in KiB on Linux.
    unit = KIB * KIB if sys.platform == "darwin" else KIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
