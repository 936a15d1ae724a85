"""How long the first page of a list takes with ten thousand deployments in the task hub, and what memory it takes."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles

from bench.harness.figure import Figure, report
from bench.harness.fresh_host import FreshHost
from bench.harness.measured import local_stack
from contracts.activities import Observed
from contracts.ledger import LedgerEntry
from contracts.status import DeploymentResult, Progress, StepStatus
from local.clock import Clock
from local.host.events import stamp
from local.host.store import Row
from orchestrations.run import OWN_WORDS
from orchestrations.runbooks import DEPLOY
from tests.full_hub import deployment, write

INSTANCES, ENDPOINTS = 10_000, 100
ROUNDS = 40
MEMORY_BOUND_MIB = 50
SPAN = timedelta(days=30)
# One in so many has failed.
FAILED = 25
STEPS = 15
LISTS: Mapping[str, str] = {
    "first_page": "",
    "by_status": "?status=Failed",
    "by_endpoint": "?endpoint=endpoint-7",
    "by_endpoint_that_is_not_there": "?endpoint=nobody",
}
# A second, on a machine where these imports take a fifth of one.
BOUND_SECONDS, YARDSTICK_SECONDS = 1, 0.2
YARDSTICK = "import azure.functions, azure.durable_functions"


def measure() -> Figure:
    """The 95th percentile of the slowest kind of list, on a host in a process of its own, beside a yardstick."""
    with local_stack(clock=Clock(speed=1)) as stack, FreshHost(stack) as host:
        write(stack.data / "fresh-host" / "data", deployments(datetime.now(UTC)))
        host.http.get("/api/health").raise_for_status()
        before = host.memory_mib()
        seconds: dict[str, list[float]] = {name: [] for name in LISTS}
        rows: dict[str, int] = {}
        yardsticks = []
        for _ in range(ROUNDS):
            for name, query in LISTS.items():
                took, rows[name] = timed(host, query)
                seconds[name].append(took)
            yardsticks.append(yardstick_seconds())
        memory = host.memory_mib() - before
    slowest = {name: quantiles(of, n=20)[-1] for name, of in seconds.items()}
    yardstick = median(yardsticks)
    return Figure(
        "list_page_p95",
        max(slowest.values()) / yardstick,
        "x yardstick",
        BOUND_SECONDS / YARDSTICK_SECONDS,
        also=memory <= MEMORY_BOUND_MIB,
        detail={
            "instances": INSTANCES,
            "p95_s": {name: round(value, 3) for name, value in slowest.items()},
            "median_s": {name: round(median(of), 3) for name, of in seconds.items()},
            "instances_on_the_page": rows,
            "yardstick": f"a process that runs `{YARDSTICK}`",
            "yardstick_s": round(yardstick, 3),
            "more_memory_mib": round(memory, 1),
            "memory_bound_mib": MEMORY_BOUND_MIB,
        },
    )


def deployments(now: datetime) -> Iterator[Row]:
    """Finished deployments of the last month, in no order; each keeps as much as one with a new endpoint does."""
    ages = random.Random(7)
    for number in range(INSTANCES):
        created = now - SPAN * ages.random()
        endpoint = f"endpoint-{number % ENDPOINTS}"
        failed = number % FAILED == 0
        yield deployment(
            number,
            endpoint=endpoint,
            status="Failed" if failed else "Completed",
            created=stamp(created),
            updated=stamp(created),
            custom_status=json.dumps(progress(endpoint, created).to_wire()),
            output=json.dumps(f"ModelNotFound: {OWN_WORDS}" if failed else result(endpoint).to_wire()),
        )


def progress(endpoint: str, moment: datetime) -> Progress:
    """The custom status of a deployment."""
    steps = [StepStatus(name=f"a_step_{n}", state="succeeded", started=moment, ended=moment) for n in range(STEPS)]
    return Progress(endpoint=endpoint, deployment="blue", model="credit-risk:1", steps=steps, ledger=ledger(endpoint))


def result(endpoint: str) -> DeploymentResult:
    """What a deployment ends with."""
    observed = Observed(
        endpoint=endpoint,
        deployment="blue",
        model_id="models/credit-risk/versions/1",
        principal_id="0" * 36,
        scoring_uri=f"https://{endpoint}.westeurope.inference.ml.azure.com/score",
        traffic={"blue": 100},
    )
    return DeploymentResult(observed=observed, answer=[17.0], ledger=ledger(endpoint))


def ledger(endpoint: str) -> list[LedgerEntry]:
    """Some of everything."""
    ids = ("models/credit-risk/versions/1", f"onlineEndpoints/{endpoint}", f"onlineEndpoints/{endpoint}/deployments/b")
    return [LedgerEntry(kind="endpoint", id=one, name=one * 2, goes_with=ids[1]) for one in ids * 2]


def timed(host: FreshHost, query: str) -> tuple[float, int]:
    """Seconds until the page is there, and how many deployments are on it."""
    began = time.perf_counter()
    answer = host.http.get(f"/api/{DEPLOY.route}{query}")
    took = time.perf_counter() - began
    return took, len(answer.raise_for_status().json()[DEPLOY.route])


def yardstick_seconds() -> float:
    """Real seconds of the yardstick."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", YARDSTICK], check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    report(measure)
