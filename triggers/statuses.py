"""What the task hub knows of an instance, as callers see it: never its management URLs, never its raw input.

The hub's answers are not trusted: an input may be gone or be an address of it, another release may have written a
status, somebody else may have started an instance with whatever they liked. What cannot be read is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from contracts.base import Contract, Json
from contracts.digests import digest
from contracts.errors import MESSAGE_LIMIT, Canceled, Failure
from contracts.errors import OrchestrationCrashed as Crash
from contracts.ledger import LedgerEntry
from contracts.operations import OperationOrder, OperationResult, OperationStatus
from contracts.orders import DeployOrder, ReactOrder
from contracts.redaction import redact
from contracts.runtimes import RuntimeResult, RuntimeStatus, compute_of
from contracts.status import DeploymentResult, DeploymentState, DeploymentStatus, EventOutcome, Progress
from orchestrations import steps
from orchestrations.runbooks import DEPLOY, RUNTIME, Runbook, runbook_of
from orchestrations.steps import KEEP_LOGS
from settings import settings
from triggers.hub import Instance

C = TypeVar("C", bound=Contract)

# The runtime status of an instance, by its name in the SDK, as the state of a deployment.
STATES: dict[str, DeploymentState] = {
    "Pending": "Pending",
    "Running": "Running",
    "ContinuedAsNew": "Running",
    "Suspended": "Suspended",
    "Completed": "Succeeded",
    "Failed": "Failed",
    "Terminated": "Canceled",
    "Canceled": "Canceled",
}
# What a ledger calls an online deployment.
DEPLOYMENT = steps.DEPLOYMENT.kind
RUNNING = frozenset({"Pending", "Running", "Suspended"})
# How reading what somebody else wrote can fail; the last by brackets without end.
UNREADABLE = (ValidationError, ValueError, RecursionError)
# What the platform says when it ended an instance because a process died: it names a culprit, and the wrong one.
_DIED = ("Non-Deterministic workflow detected", "exited with code")


def state_of(instance: Instance) -> DeploymentState:
    """The state of an instance; Pending when the hub says none that is known."""
    state = STATES.get(instance.runtime_status, "Pending")
    return "Canceled" if state == "Failed" and _was_canceled(instance) else state


def _was_canceled(instance: Instance) -> bool:
    status = plain(instance.custom_status)
    error = status.get("error") if isinstance(status, dict) else None
    return isinstance(error, dict) and error.get("code") == Canceled.__name__


def runtime_statuses(state: str) -> tuple[str, ...]:
    """The runtime statuses that are told as a state, in whichever case it is written."""
    told = [status for status, told in STATES.items() if told.lower() == state.lower()]
    # What was canceled has failed, for the platform: in words of its own.
    return (*told, "Failed") if "Canceled" in told else tuple(told)


def deployment_status(instance: Instance, *, brief: bool = False) -> DeploymentStatus:
    """An instance of `deploy` for callers; `brief` leaves steps, ledger and result out."""
    progress = progress_of(instance)
    if not progress.endpoint:
        progress = progress.model_copy(update=_asked_for(instance))
    told = _run(instance, progress, DeploymentResult, brief=brief)
    return DeploymentStatus(endpoint=progress.endpoint, deployment=progress.deployment, model=progress.model, **told)


def operation_status(instance: Instance, *, brief: bool = False) -> OperationStatus:
    """An instance of an operation for callers; `brief` leaves steps, ledger and result out."""
    runbook, progress = runbook_of(instance.id), progress_of(instance)
    names = {"endpoint": progress.endpoint, "deployment": progress.deployment}
    told: dict[str, Any] = names if progress.endpoint else {**_aimed_at(instance)}
    told |= _run(instance, progress, OperationResult, brief=brief)
    return OperationStatus(kind=runbook.name if runbook else instance.name, **told)


def runtime_status(instance: Instance, *, brief: bool = False) -> RuntimeStatus:
    """An instance of a runbook about runtimes for callers; `brief` leaves steps, ledger and result out."""
    runbook, progress = runbook_of(instance.id) or RUNTIME, progress_of(instance)
    aimed = _aimed_at(instance, runbook.order) if not progress.endpoint else {}
    queue, name = aimed.get("endpoint") or progress.endpoint, aimed.get("deployment") or progress.deployment
    told = _run(instance, progress, RuntimeResult, brief=brief)
    return RuntimeStatus(kind=runbook.name, compute=compute_of(queue), name=name, **told)


def _run(instance: Instance, progress: Progress, contract: type[Any], *, brief: bool) -> dict[str, Any]:
    """What callers see of every run that writes."""
    runbook, state = runbook_of(instance.id), state_of(instance)
    result = _stored(contract, instance.output) if state == "Succeeded" and not brief else None
    return {
        "id": instance.id,
        "status": state,
        "created": instance.created,
        "updated": instance.updated,
        "steps": [] if brief else progress.steps,
        "ledger": [] if brief else _for_people(progress.ledger),
        "result": result and result.model_copy(update={"ledger": _for_people(result.ledger)}),
        "error": progress.error or (_crashed(instance.output) if state == "Failed" else None),
        "links": _links(runbook, instance, progress) if runbook else {},
    }


def progress_of(instance: Instance) -> Progress:
    """What a run shows that writes to an endpoint; nothing when that cannot be read."""
    return _stored(Progress, instance.custom_status) or Progress()


def deployment_left(progress: Progress) -> LedgerEntry | None:
    """The online deployment that a run made or found, as far as its ledger knows of one that is still there."""
    left = (entry for entry in progress.ledger if entry.kind == DEPLOYMENT and entry.fate != "undone")
    return next(left, None)


def _links(runbook: Runbook, instance: Instance, progress: Progress) -> dict[str, str]:
    """Where the instance is, and its logs, if they were kept or Azure can be asked for them."""
    here = f"/api/{runbook.route}/{instance.id}"
    kept = any(step.name == KEEP_LOGS.activity and step.state == "succeeded" for step in progress.steps)
    return {"self": here} | ({"logs": f"{here}/logs"} if kept or deployment_left(progress) else {})


def event_outcome(instance: Instance, *, brief: bool = False) -> EventOutcome:
    """An instance of `react_to_registration` for callers; `brief` is the same, there is little to tell."""
    outcome = _stored(EventOutcome, instance.custom_status)
    if outcome is None:
        order = _stored(ReactOrder, instance.input)
        outcome = order.outcome if order else _unreadable_event(instance)
    state = state_of(instance)
    if state in ("Failed", "Canceled") and outcome.outcome in ("received", "deploying"):
        # What the platform ended is carried on, so that it has not failed yet; what a person ended is not.
        ended = {"outcome": "failed"} if state == "Canceled" else {}
        why = "the run was canceled" if ended else _crashed(instance.output).message
        outcome = outcome.saying(why).model_copy(update=ended)
    return outcome.model_copy(update={"id": instance.id, "created": instance.created})


SHOWN: dict[type[Contract], Callable[..., Any]] = {
    DeploymentStatus: deployment_status,
    EventOutcome: event_outcome,
    OperationStatus: operation_status,
    RuntimeStatus: runtime_status,
}


def shown(runbook: Runbook, instance: Instance, *, brief: bool = False) -> Any:
    """What callers see of an instance of a runbook: its `status` contract."""
    return SHOWN[runbook.status](instance, brief=brief)


def is_of(runbook: Runbook, instance: Instance) -> bool:
    """Whether an instance is the runbook's; one whose orchestration the hub does not name is believed to be."""
    return instance.name.lower() in ("", runbook.name.lower())


def names_of(runbook: Runbook, instance: Instance) -> dict[str, str] | None:
    """The names that a list can be filtered by; None when neither its custom status nor its input tells."""
    if runbook is DEPLOY:
        names = _names(instance.custom_status, "endpoint", "model")
        return names or {name: text for name, text in _asked_for(instance).items() if text} or None
    if runbook.writes:
        aimed = _names(instance.custom_status, "endpoint") or _aimed_at(instance, runbook.order)
        if not aimed.get("endpoint"):
            return None
        return {**aimed, "kind": runbook.name, "compute": compute_of(aimed["endpoint"])}
    order = plain(instance.input)
    told = _names(instance.custom_status, "model", "version")
    told = told or _names(order.get("outcome") if isinstance(order, dict) else None, "model", "version")
    return {"model": f"{told['model']}:{told['version']}"} if told else None


def fits(runbook: Runbook, instance: Instance, wanted: Mapping[str, str]) -> bool | None:
    """Whether an instance is the runbook's and all that is `wanted`; None when that takes its input, which is not here.

    A model fits without its version too.
    """
    if not is_of(runbook, instance):
        return False
    if "status" in wanted and state_of(instance).lower() != wanted["status"].lower():
        return False
    named = {name: value for name, value in wanted.items() if name != "status"}
    names = names_of(runbook, instance) if named else {}
    if names is None:
        return None if instance.input is None else False
    return all(_is(name, names.get(name, ""), value) for name, value in named.items())


def is_same_order(instance: Instance, wanted: str) -> bool | None:
    """Whether an instance was started with the order of that digest; None when nothing that is left of it tells.

    The instance's custom status repeats the digest: a large input may be shown as the address of a blob.
    """
    order = plain(instance.input)
    for told in (plain(instance.custom_status), order):
        if isinstance(told, dict) and isinstance(told.get("digest"), str) and told["digest"]:
            return bool(told["digest"] == wanted)
    # Another release may have stored the same request in other words, so that a difference would prove nothing.
    same = isinstance(order, dict) and isinstance(order.get("request"), dict) and digest(order["request"]) == wanted
    return True if same else None


def _names(wire: Json, *fields: str) -> dict[str, str] | None:
    wire = plain(wire)
    if not isinstance(wire, dict) or not all(isinstance(wire.get(name), str) and wire[name] for name in fields):
        return None
    return {name: wire[name] for name in fields}


def _is(name: str, there: str, value: str) -> bool:
    return value in (there, there.split(":", maxsplit=1)[0]) if name == "model" else value.lower() == there.lower()


def _stored(contract: type[C], wire: Json) -> C | None:
    """What the task hub keeps, which another release may have written: None when this one cannot read it."""
    try:
        return contract.from_wire(plain(wire))
    except UNREADABLE:
        return None


def _for_people(ledger: list[LedgerEntry]) -> list[LedgerEntry]:
    return [entry.for_people(settings().workspace_id) for entry in ledger]


def _asked_for(instance: Instance) -> dict[str, str]:
    """What the order says the instance is about, before its first turn; empty when that cannot be read."""
    try:
        order = DeployOrder.from_wire(plain(instance.input))
        names = {"endpoint": order.endpoint, "deployment": order.deployment, "model": order.model}
    except (*UNREADABLE, KeyError, TypeError, AttributeError):
        return {}
    return names


def _aimed_at(instance: Instance, contract: type[Any] = OperationOrder) -> dict[str, str]:
    """What the order of such a run says it is about; no names when that cannot be read."""
    order = _stored(contract, instance.input)
    try:
        return {"endpoint": order.endpoint, "deployment": order.deployment} if order else {"endpoint": ""}
    except (KeyError, TypeError):
        return {"endpoint": ""}


def _unreadable_event(instance: Instance) -> EventOutcome:
    reason = "what the task hub keeps of this event cannot be read"
    return EventOutcome(id=instance.id, model="", version="", outcome="received", reasons=[reason])


def _crashed(output: Json) -> Failure:
    """An end in words that are not ours."""
    said = redact(str(output or ""))
    if any(words in said for words in _DIED):
        said = (
            f"the platform ended the run, most likely because a process died in the middle of its turn; it says: {said}"
        )
        suggestion = (
            "Slipway carries such a run on under the same id within minutes: look again. If it stays as it is, send "
            "the request again with another Idempotency-Key: what is there is confirmed, the rest is made."
        )
    else:
        said, suggestion = said or "the orchestration failed without a message", Crash.suggestion
    return Failure(code=Crash.__name__, message=said[:MESSAGE_LIMIT], suggestion=suggestion)


def plain(value: Json) -> Json:
    """A JSON text as its value, which the SDK encodes once or twice; any other text, such as an address, as it is."""
    try:
        while isinstance(value, str):
            value = json.loads(value)
    except UNREADABLE:
        return value
    return value
