"""One deployment on the local Azure, and everything it cost."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from local.clock import Clock
from local.cloud import world
from local.cloud.journal import Entry
from local.host.events import Kind
from local.stack import LocalStack
from tests import samples

ARM = "management.azure.com"
# The app's function that answers "how far is it?": called by whoever watches, not by a deployment.
WATCHING = "get_deployment"
FEATURES_SCOPE = world.storage_id(world.FEATURE_STORAGE)
EXTRA_ROLE = "Storage Blob Data Reader"


@contextmanager
def local_stack(*, clock: Clock | None = None, **cloud_options: Any) -> Iterator[LocalStack]:
    """A local Azure with the sample assets, and a host in this process, on a stepped clock unless told otherwise."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        LocalStack(Path(folder), clock=clock, **cloud_options) as stack,
    ):
        samples.register_all(stack)
        yield stack


def usual_request(endpoint: str, deployment: str = "blue", **parts: Any) -> dict[str, Any]:
    """The deployment every figure is about: a new identity, and a role for it whose effect must be waited for."""
    access = {"grants": "auto", "additional": [{"role": EXTRA_ROLE, "scope": FEATURES_SCOPE}]}
    return samples.request(endpoint=endpoint, deployment=deployment, identity=None, **({"access": access} | parts))


@dataclass(frozen=True)
class Run:
    """What one deployment did and took."""

    status: Mapping[str, Any]
    wall: float
    """Real seconds from sending the request to the end, with everything the local Azure does meanwhile."""
    cpu: float
    """CPU seconds of this process: app, host, local Azure and the client; not the model's server."""
    cloud_time: float
    """Virtual seconds."""
    calls: Sequence[Entry]
    """Requests to Azure Resource Manager."""
    invocations: Sequence[Mapping[str, Any]]

    @property
    def reads(self) -> int:
        """ARM calls that Azure counts as reads."""
        return sum(not call.write for call in self.calls)

    @property
    def writes(self) -> int:
        """ARM calls that Azure counts as writes (listing keys is one)."""
        return sum(call.write for call in self.calls)


def deploy(stack: LocalStack, body: Mapping[str, Any], *, ends: Sequence[str] = ("Succeeded",)) -> Run:
    """Have the service deploy, and measure it. Raises RuntimeError when it does not end as one of `ends`."""
    seen, invoked, began = len(arm_calls(stack)), len(invocations(stack)), stack.clock.now()
    wall, cpu = time.perf_counter(), time.process_time()
    accepted = stack.post(body)
    stack.host.wait_for(accepted["id"], timeout=120)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    cloud_time = stack.clock.now() - began
    status = stack.status(accepted["id"])
    if status["status"] not in ends:
        raise RuntimeError(f"the deployment ended {status['status']}: {status.get('error')}")
    return Run(
        status=status,
        wall=wall,
        cpu=cpu,
        cloud_time=cloud_time.total_seconds(),
        calls=arm_calls(stack)[seen:],
        invocations=invocations(stack)[invoked:],
    )


def arm_calls(stack: LocalStack) -> list[Entry]:
    """Every request to Azure Resource Manager so far."""
    return [entry for entry in stack.cloud.journal.entries() if entry.host == ARM]


def invocations(stack: LocalStack) -> list[dict[str, Any]]:
    """Every invocation of the app's functions so far, but those of somebody watching."""
    with stack.http as http:
        listed: list[dict[str, Any]] = http.get("/admin/local/invocations").raise_for_status().json()
    return [one for one in listed if one["function"] != WATCHING]


def history_events(stack: LocalStack, instance_id: str) -> int:
    """Events in the history of an instance and of all its sub-orchestrations."""
    events = stack.history(instance_id)
    children = [one["InstanceId"] for one in events if one["EventType"] == Kind.SUB_ORCHESTRATION_CREATED]
    return len(events) + sum(history_events(stack, child) for child in children)


def step(status: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A step of a status body."""
    found: dict[str, Any] = next(one for one in status["steps"] if one["name"] == name)
    return found


def duration(of: Mapping[str, Any]) -> timedelta:
    """How long a step took, in virtual time."""
    return datetime.fromisoformat(of["ended"]) - datetime.fromisoformat(of["started"])
