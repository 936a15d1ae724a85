"""Record the golden histories: `python -m tests.replay.record`, or only the named ones."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from local.cloud import world
from local.cloud.authorization import Propagation
from local.cloud.faults import Fault
from local.cloud.world import Durations
from local.host.store import Store
from local.stack import LocalStack
from tests import samples
from tests.replay.histories import GOLDEN, SUB_ORCHESTRATION_CREATED
from tests.replay.runtime_paths import deleted_runtime, failed_runtime, prepared_runtime, runtime

ENDPOINT_READ = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/read"
UNAVAILABLE = Fault(status=503, times=None)


@contextmanager
def keeping_histories() -> Iterator[dict[str, list[Any]]]:
    """By instance, the histories that were given up for new ones, all but the turn that gave them up."""
    kept: dict[str, list[Any]] = {}
    forget = Store.forget_history

    def keep(store: Store, instance_id: str) -> None:
        rows = store._write.execute("SELECT event FROM history WHERE instance_id=? ORDER BY number", (instance_id,))
        events = [{**json.loads(text), "IsPlayed": True} for (text,) in rows]
        if events:
            kept.setdefault(instance_id, []).append(events)
        forget(store, instance_id)

    Store.forget_history = keep  # type: ignore[method-assign,assignment]
    try:
        yield kept
    finally:
        Store.forget_history = forget  # type: ignore[method-assign]


def record(stack: LocalStack, kept: dict[str, list[Any]], instance_id: str, name: str) -> None:
    """Write the histories of an instance, in their order, and of its sub-orchestrations to a golden file."""
    instances, waiting = [], [instance_id]
    while waiting:
        found = waiting.pop(0)
        events = stack.history(found)
        events = events["history"] if isinstance(events, dict) else events
        for one in (*(kept.get(found, []) if found == instance_id else []), events):
            instances.append({"instance_id": found, "events": one})
            waiting += [event["InstanceId"] for event in one if event["EventType"] == SUB_ORCHESTRATION_CREATED]
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / f"{name}.json").write_text(json.dumps(instances, indent=1) + "\n")


def happy_path(stack: LocalStack) -> str:
    """Everything new, everything works; the identity is known beforehand."""
    return str(stack.deploy(samples.request())["id"])


def system_assigned(stack: LocalStack) -> str:
    """The endpoint's own identity, with a role that is granted as soon as it exists."""
    return str(stack.deploy(own_identity())["id"])


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


def rolled_out(stack: LocalStack) -> str:
    """Traffic comes in two steps, each of which is watched."""
    stack.deploy(samples.request())
    body = samples.request(deployment="green", rollout={"steps": [10, 50], "pause": "PT5M"})
    return str(stack.deploy(body)["id"])


def failed_smoke_test(stack: LocalStack) -> str:
    """The model answers something else than expected: the deployment is undone, the rest stays."""
    return str(stack.deploy(samples.request(expect={"json": [18]}))["id"])


def failed_endpoint(stack: LocalStack) -> str:
    """An endpoint that never comes up is deleted, and then the roles of its own identity."""
    with stack.clock.busy():
        accepted = stack.post(own_identity())
        made = stack.clock.now() + Durations().endpoint_create
        stack.clock.alarm(made + timedelta(seconds=5), lambda: fail_endpoint(stack))
    return str(stack.wait(accepted["id"])["id"])


def failed_shift(stack: LocalStack) -> str:
    """Nobody can see the endpoint after its traffic was shifted: the traffic is given back."""
    stack.deploy(samples.request())
    ready = stack.clock.now() + Durations().deployment_create
    with stack.clock.busy():
        accepted = stack.post(samples.request(deployment="green"))
        blind = replace(UNAVAILABLE, operation=ENDPOINT_READ)
        stack.clock.alarm(ready + timedelta(seconds=50), lambda: add_fault(stack, blind))
        stack.clock.alarm(ready + timedelta(minutes=45), stack.cloud.faults.clear)
    return str(stack.wait(accepted["id"])["id"])


def refused_plan(stack: LocalStack) -> str:
    """A problem that the plan finds: nothing is made."""
    return str(stack.deploy(samples.request(model="azureml:nobody-knows:1"))["id"])


def react(stack: LocalStack) -> str:
    """A registered version is deployed by a policy."""
    stack.subscribe()
    samples.register_model(stack, version="2", weights=(1, 2, 4))
    return str(stack.until(lambda: _ended_event(stack, "deployed")))


def superseded(stack: LocalStack) -> str:
    """A version that is not the newest one when its event is read is left alone."""
    samples.register_model(stack, version="2", weights=(1, 2, 4))
    samples.register_model(stack, version="3", weights=(1, 2, 5))
    stack.subscribe()
    stack.cloud.events.model_registered(world.WORKSPACE_ID, "credit-risk", "2", {})
    return str(stack.until(lambda: _ended_event(stack, "superseded")))


def rolled_back(stack: LocalStack) -> str:
    """The release before is tested and gets its traffic back."""
    two_releases(stack)
    return str(stack.operate("POST", "credit-risk/rollback", {})["id"])


def traffic_changed(stack: LocalStack) -> str:
    """Two deployments share the traffic, which real requests show."""
    two_releases(stack)
    return str(stack.operate("PUT", "credit-risk/traffic", {"blue": 50, "green": 50})["id"])


def taken_down(stack: LocalStack) -> str:
    """A deployment without traffic is deleted."""
    two_releases(stack)
    return str(stack.operate("DELETE", "credit-risk/deployments/blue")["id"])


def retired(stack: LocalStack) -> str:
    """The deployment before the last one goes after a while."""
    two_releases(stack)
    third = stack.deploy(samples.request(deployment="third", retire={"keep": 1, "after": "PT2H"}))
    return str(ended_follow_up(stack, third)["id"])


def expired(stack: LocalStack) -> str:
    """An endpoint goes at its time, with the roles that were granted for it to an identity that others may have too."""
    return str(ended_follow_up(stack, stack.deploy(samples.request(ttl="PT1H")))["id"])


def changed_in_place(stack: LocalStack) -> str:
    """Code that is in a datastore is registered, and serves with another variable."""
    return str(changed(stack, {})["id"])


def failed_change(stack: LocalStack) -> str:
    """What was changed does not answer as asked: it is given back what it was."""
    return str(changed(stack, {"smoke_test": {"request": {"data": [samples.ROW]}, "expect": {"json": [18]}}})["id"])


def changed(stack: LocalStack, more: dict[str, Any]) -> dict[str, Any]:
    """Deploy, and change what serves."""
    stack.deploy(samples.request())
    script = (samples.SCORING / "dot_product" / "score.py").read_bytes()
    stack.cloud.blobs.put(world.WORKSPACE_STORAGE, world.BLOB_CONTAINER, "code/score.py", script)
    code = {"code": f"azureml://datastores/{world.DATASTORE}/paths/code/"}
    body = {"code_configuration": code, "environment_variables": {"LEVEL": "debug"}, "in_place": True, **more}
    return stack.operate("PATCH", "credit-risk/deployments/blue", body)


def ended_follow_up(stack: LocalStack, deployment: Mapping[str, Any]) -> dict[str, Any]:
    """The operation that a deployment has started, once it has ended."""
    started = next(step["detail"] for step in deployment["steps"] if step["name"] == "start_operation")
    return stack.ended(f"/api/operations/{started}")


def two_releases(stack: LocalStack) -> None:
    """Two deployments of one model, of which the second one serves."""
    for name in ("blue", "green"):
        stack.deploy(samples.request(deployment=name))


def own_identity() -> dict[str, object]:
    """A request with a system-assigned identity and a role for it."""
    # A role that the service itself does not give such an identity.
    roles = {"additional": [{"role": "Storage Blob Data Reader", "scope": world.storage_id(world.FEATURE_STORAGE)}]}
    return samples.request(identity=None, access=roles)


def fail_endpoint(stack: LocalStack) -> None:
    """The endpoint that was created has failed, for whoever looks now."""
    with stack.cloud.state.lock:
        for endpoint in stack.cloud.state.endpoints.values():
            endpoint.state = "Failed"


def add_fault(stack: LocalStack, fault: Fault) -> None:
    """Put a fault in force."""
    stack.cloud.faults.add(fault)


def _ended_event(stack: LocalStack, outcome: str) -> str | None:
    with stack.http as http:
        listed = http.get("/api/events").raise_for_status().json()["events"]
    return next((event["id"] for event in listed if event["outcome"] == outcome), None)


PATHS: dict[str, Callable[[LocalStack], str]] = {
    path.__name__: path
    for path in (
        happy_path,
        system_assigned,
        retried,
        slow_roles,
        rolled_out,
        failed_smoke_test,
        failed_endpoint,
        failed_shift,
        refused_plan,
        react,
        superseded,
        rolled_back,
        traffic_changed,
        taken_down,
        retired,
        expired,
        changed_in_place,
        failed_change,
        runtime,
        failed_runtime,
        deleted_runtime,
        prepared_runtime,
    )
}


def policy() -> dict[str, object]:
    """The policy that the registrations are for."""
    body = samples.request(deployment="version-{version}", expect={"json_schema": {"type": "array"}})
    del body["model"]
    return {"match": {"model": "credit-*"}, **body}


def main() -> None:
    """Record every path on a fresh stack."""
    wanted = sys.argv[1:] or [*PATHS]
    for name, path in ((name, PATHS[name]) for name in wanted):
        with tempfile.TemporaryDirectory() as folder:
            policies = Path(folder) / "policies"
            policies.mkdir()
            (policies / "credit-risk.yml").write_text(yaml.safe_dump(policy()))
            with keeping_histories() as kept, LocalStack(Path(folder) / "data", policies=policies) as stack:
                samples.register_all(stack)
                record(stack, kept, path(stack), name)


if __name__ == "__main__":
    main()
