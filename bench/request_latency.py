"""How long a caller waits for the 202 that says: accepted, and never lost."""

from __future__ import annotations

import time
from statistics import median, quantiles

from bench.harness.figure import Figure, report
from bench.harness.fresh_host import FreshHost
from bench.harness.measured import local_stack, usual_request
from local.clock import Clock

REQUESTS = 100
WARM_UP = 5


def measure() -> Figure:
    """The 95th percentile over requests one after the other, to a host process; each starts an orchestration.

    They name a model that does not exist, so that each ends at its plan and the machine is not busy with servers.
    """
    with local_stack(clock=Clock(speed=60)) as stack, FreshHost(stack) as host:
        seconds = [timed(host, f"latency-{n}") for n in range(WARM_UP + REQUESTS)]
    warm = seconds[WARM_UP:]
    return Figure(
        "request_to_202_p95",
        quantiles(warm, n=20)[-1] * 1000,
        "ms",
        300,
        detail={
            "requests": REQUESTS,
            "each_starts": "an orchestration that ends at its plan: the model does not exist",
            "median_ms": round(median(warm) * 1000, 1),
            "slowest_ms": round(max(warm) * 1000, 1),
            "first_ms": round(seconds[0] * 1000, 1),
        },
        when_missed="real time depends on what else the machine does: run it on an idle machine",
    )


def timed(host: FreshHost, endpoint: str) -> float:
    """Seconds until the request is accepted."""
    body = usual_request(endpoint, model="azureml:no-such-model:1")
    began = time.perf_counter()
    answer = host.http.post("/api/deployments", json=body)
    took = time.perf_counter() - began
    if answer.status_code != 202:
        raise RuntimeError(f"answered {answer.status_code}: {answer.text[:500]}")
    return took


if __name__ == "__main__":
    report(measure)
