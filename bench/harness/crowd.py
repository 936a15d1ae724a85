"""Many deployments at once, each to an endpoint of its own.

Elapsed is cloud time plus all real time of the run, as if no real work overlapped with waiting for Azure: more than a
clock on the wall would show at normal speed.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import quantiles
from typing import Any

from bench.harness.figure import KIB, Figure
from bench.harness.measured import deploy, local_stack, usual_request
from local.stack import LocalStack


@dataclass(frozen=True)
class Crowd:
    """How many, and within what.

    Attributes:
        memory_mib: the most memory of app, local host, local Azure and client, in one process.
        patience: real seconds.
        shares_processes: whether one model server serves all of them.
    """

    name: str
    deployments: int
    memory_mib: int
    patience: float
    shares_processes: bool = False


def measure(crowd: Crowd) -> Figure:
    """How much longer the last of them takes than one alone."""
    with local_stack() as stack:
        prepare(stack, crowd)
        deploy(stack, usual_request("warm-up"))
        alone = deploy(stack, usual_request("alone"))
        began = time.perf_counter()
        ids, latencies = post_all(stack, crowd.deployments)
        ended = wait_for_all(stack, ids, began + crowd.patience)
        wall = time.perf_counter() - began
        memory = peak_mib()
    elapsed = max(map(cloud_time, ended), default=0.0) + wall
    succeeded = sum(status["status"] == "Succeeded" for status in ended)
    return Figure(
        crowd.name,
        elapsed / (alone.cloud_time + alone.wall),
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
            "slowest_cloud_time_s": round(elapsed - wall, 1),
            "alone_cloud_time_s": round(alone.cloud_time, 1),
            "request_to_202_p95_ms_under_this_load": round(quantiles(latencies, n=20)[-1] * 1000),
            "failures": sorted({str(status.get("error")) for status in ended if status["status"] != "Succeeded"})[:3],
        },
    )


def prepare(stack: LocalStack, crowd: Crowd) -> None:
    """Allow more endpoints and cores than a subscription has by default."""
    state = stack.cloud.state
    with state.lock:
        state.quota = replace(state.quota, endpoints=2 * crowd.deployments, cores=100 * crowd.deployments)
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


def wait_for_all(stack: LocalStack, ids: Sequence[str], deadline: float) -> list[dict[str, Any]]:
    """Their status bodies once all have ended. Raises TimeoutError at `deadline`, of `time.perf_counter`."""
    for one in ids:
        stack.host.wait_for(one, timeout=max(0.1, deadline - time.perf_counter()))
    return [stack.status(one) for one in ids]


def cloud_time(status: dict[str, Any]) -> float:
    """Virtual seconds from being accepted to the end."""
    began, ended = (datetime.fromisoformat(status[name]) for name in ("created", "updated"))
    return (ended - began).total_seconds()


def peak_mib() -> float:
    """The most memory this process has had."""
    # ru_maxrss is in bytes on macOS and in KiB on Linux.
    unit = KIB * KIB if sys.platform == "darwin" else KIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
