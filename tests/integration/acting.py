"""Calling activities as the task hub does, one JSON message in and one envelope out, and looking at what they did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from activities.envelope import Activity
from activities.planning import plan_deployment
from activities.registry import all_activities
from activities.retiring import plan_retirement
from activities.teardown import plan_teardown
from contracts.activities import EnsureInput, EntryInput, Grants
from contracts.base import Contract
from contracts.ledger import LedgerEntry
from contracts.orders import DeployOrder
from contracts.plan import PlanInput, PlanVerdict, Resolved
from local import loopback
from local.cloud import world
from local.stack import LocalStack
from tests import samples
from triggers.requests import judged

INSTANCE = "dep-0123456789abcdef0123456789abcdef"
ACTIVITIES: dict[str, Activity] = {
    one.__name__: one for one in all_activities(plan_deployment, plan_teardown, plan_retirement)
}


def act(name: str, message: Contract) -> dict[str, Any]:
    """The envelope that activity `name` answers to `message`."""
    return ACTIVITIES[name](message.to_wire())


def done(name: str, message: Contract) -> dict[str, Any]:
    """The result of an activity that must succeed."""
    envelope = act(name, message)
    assert "ok" in envelope, f"{name}: {envelope['error']}"
    result: dict[str, Any] = envelope["ok"]
    return result


def until(stack: LocalStack, name: str, message: Contract, ready: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first result of an activity that is `ready`; virtual time passes between two looks."""

    def look() -> dict[str, Any] | None:
        result = done(name, message)
        return result if ready(result) else None

    found: dict[str, Any] = stack.until(look)
    return found


def is_done(result: dict[str, Any]) -> bool:
    return bool(result["done"])


def state(stack: LocalStack) -> dict[str, Any]:
    """All of the local Azure that an activity could change, with the moments of changes."""
    return {
        what: loopback.ask("GET", f"{stack.cloud.control_url}/local/{what}").raise_for_status().json()
        for what in ("state", "assignments")
    }


def order(stack: LocalStack, within: dict[str, dict[str, Any]] | None = None, **parts: Any) -> DeployOrder:
    """An order that registers everything itself: model and code from the datastore, the environment inline.

    `within` adds fields to parts that are there already.
    """
    script = (samples.SCORING / "dot_product" / "score.py").read_bytes()
    for name, content in (("made/coefficients.json", b'{"weights": [1, 2, 3], "bias": 3}'), ("code/score.py", script)):
        stack.cloud.blobs.put(world.WORKSPACE_STORAGE, world.BLOB_CONTAINER, name, content)
    datastore = f"azureml://datastores/{world.DATASTORE}/paths"
    body = samples.request(
        model={"name": "credit-made", "version": "7", "path": f"{datastore}/made/"},
        code=f"{datastore}/code/",
        environment={"image": samples.IMAGE, "conda_file": samples.CONDA},
        **parts,
    )
    for part, fields in (within or {}).items():
        body[part] |= fields
    return DeployOrder(request=judged(body))


def planned(wanted: DeployOrder) -> PlanVerdict:
    """What a run of that order would be told by its plan."""
    return PlanVerdict.from_wire(done("plan_deployment", PlanInput(mark=INSTANCE, request=wanted.request)))


def ensuring(wanted: DeployOrder, kind: str, resolved: Resolved, *, mark: str = INSTANCE) -> EnsureInput:
    """The message that ensures the resource of that kind."""
    return EnsureInput(mark=mark, wanted=wanted.part(kind), resolved=resolved)


def granting(verdict: PlanVerdict, principal_id: str) -> EnsureInput:
    """The message that grants the roles of a plan."""
    wanted = Grants(principal_id=principal_id, roles=verdict.grants)
    return EnsureInput(mark=INSTANCE, wanted=wanted.to_wire(), resolved=verdict.resolved)


def about(kind: str, reference: str, *, mark: str = INSTANCE, **more: Any) -> EntryInput:
    """The message about one entry of the ledger."""
    return EntryInput(mark=mark, entry=LedgerEntry(kind=kind, id=reference, **more))
