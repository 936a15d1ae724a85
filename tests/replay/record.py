"""Record the golden histories: `python -m tests.replay.record`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from local.cloud.authorization import Propagation
from local.cloud.faults import Fault
from local.stack import LocalStack
from tests import samples
from tests.replay.histories import GOLDEN, SUB_ORCHESTRATION_CREATED


def record(stack: LocalStack, instance_id: str, name: str) -> None:
    """Write the histories of an instance and its sub-orchestrations to a golden file."""
    instances, waiting = [], [instance_id]
    while waiting:
        found = waiting.pop(0)
        events = stack.history(found)
        events = events["history"] if isinstance(events, dict) else events
        instances.append({"instance_id": found, "events": events})
        waiting += [event["InstanceId"] for event in events if event["EventType"] == SUB_ORCHESTRATION_CREATED]
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / f"{name}.json").write_text(json.dumps(instances, indent=1) + "\n")


def happy_path(stack: LocalStack) -> str:
    """Everything new, everything works."""
    return str(stack.deploy(samples.request())["id"])


def retried(stack: LocalStack) -> str:
    """Azure is busy twice, and answers 500 once, before it does what it is asked."""
    busy = Fault(method="PUT", path=r"/onlineEndpoints/credit-risk$", status=429, times=2, headers={"Retry-After": "7"})
    stack.cloud.faults.add(busy)
    stack.cloud.faults.add(Fault(method="PUT", path=r"/deployments/blue$", status=500))
    return str(stack.deploy(samples.request())["id"])


def slow_roles(stack: LocalStack) -> str:
    """Role assignments take 40 minutes: the first wait is not enough."""
    stack.cloud.authorization.propagation = Propagation.fixed(timedelta(minutes=40))
    return str(stack.deploy(samples.request())["id"])


def failed_smoke_test(stack: LocalStack) -> str:
    """The model answers something else than expected; what was made is undone."""
    return str(stack.deploy(samples.request(expect={"json": [18]}))["id"])


PATHS: dict[str, Callable[[LocalStack], str]] = {
    "happy_path": happy_path,
    "retried": retried,
    "slow_roles": slow_roles,
    "failed_smoke_test": failed_smoke_test,
}


def main() -> None:
    """Record every path on a fresh stack."""
    for name, path in PATHS.items():
        with tempfile.TemporaryDirectory() as folder, LocalStack(Path(folder)) as stack:
            samples.register_all(stack)
            record(stack, path(stack), name)


if __name__ == "__main__":
    main()
