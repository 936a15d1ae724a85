"""What the task hub knows of an instance, as callers see it: never its management URLs, never its raw input."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from contracts.base import Contract, Json
from contracts.errors import MESSAGE_LIMIT, Failure
from contracts.ledger import LedgerEntry
from contracts.orders import DeployOrder, ReactOrder
from contracts.redaction import redact
from contracts.status import DeploymentResult, DeploymentState, DeploymentStatus, EventOutcome, Progress
from orchestrations.runbooks import DEPLOY, REACT, Runbook
from settings import settings

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


def deployment_status(instance: Any, *, brief: bool = False) -> DeploymentStatus:
    """An instance of `deploy`, as the SDK's DurableOrchestrationStatus, for callers; `brief` leaves steps out."""
    progress = _stored(Progress, instance.custom_status) or Progress()
    if not progress.endpoint:
        progress = progress.model_copy(update=_asked_for(instance))
    state = STATES[str(instance.runtime_status.value)]
    result = _stored(DeploymentResult, instance.output) if state == "Succeeded" and not brief else None
    error = progress.error
    if state == "Failed" and error is None:
        error = _crashed(instance.output)
    return DeploymentStatus(
        id=instance.instance_id,
        status=state,
        endpoint=progress.endpoint,
        deployment=progress.deployment,
        model=progress.model,
        created=_aware(instance.created_time),
        updated=_aware(instance.last_updated_time),
        steps=[] if brief else progress.steps,
        ledger=[] if brief else _for_people(progress.ledger),
        result=result and result.model_copy(update={"ledger": _for_people(result.ledger)}),
        error=error,
        links={"self": f"/api/deployments/{instance.instance_id}"},
    )


def event_outcome(instance: Any, *, brief: bool = False) -> EventOutcome:
    """An instance of `react_to_registration` for callers; `brief` is the same, there is little to tell."""
    outcome = _stored(EventOutcome, instance.custom_status) or ReactOrder.from_wire(plain(instance.input_)).outcome
    return outcome.model_copy(update={"created": _aware(instance.created_time)})


SHOWN: dict[str, Callable[..., Any]] = {DEPLOY.name: deployment_status, REACT.name: event_outcome}


def shown(runbook: Runbook, instance: Any, *, brief: bool = False) -> Any:
    """What callers see of an instance of a runbook: its `status` contract."""
    return SHOWN[runbook.name](instance, brief=brief)


def fits(status: Any, name: str, value: str) -> bool:
    """Whether a status has that value in the field of a filter; a model fits without its version too."""
    there = str(getattr(status, name))
    return value in (there, there.split(":", maxsplit=1)[0]) if name == "model" else value.lower() == there.lower()


def input_digest(instance: Any) -> str | None:
    """The digest of the body an instance was started with."""
    order = plain(instance.input_)
    return order.get("digest") if isinstance(order, dict) else None


def _stored(contract: type[C], wire: Json) -> C | None:
    """What the task hub keeps, which another release may have written: None when this one cannot read it."""
    try:
        return contract.from_wire(plain(wire))
    except (ValidationError, ValueError):
        return None


def _for_people(ledger: list[LedgerEntry]) -> list[LedgerEntry]:
    return [entry.for_people(settings().workspace_id) for entry in ledger]


def _asked_for(instance: Any) -> dict[str, str]:
    """What the order says the instance is about, before its first turn; empty when that cannot be read."""
    try:
        order = DeployOrder.from_wire(plain(instance.input_))
        names = {"endpoint": order.endpoint, "deployment": order.deployment, "model": order.model}
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return names


def _crashed(output: Json) -> Failure:
    return Failure(
        code="OrchestrationCrashed",
        message=redact(str(output or "the orchestration failed without a message"))[:MESSAGE_LIMIT],
        suggestion="This is a defect of Slipway: look the instance ID up in the logs and report it.",
    )


def plain(value: Json) -> Json:
    """What the hub tells as JSON text, as a value."""
    # The SDK hands a JSON text back as it was stored, once or twice encoded.
    while isinstance(value, str):
        value = json.loads(value)
    return value


def _aware(moment: Any) -> datetime | None:
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime.fromisoformat(str(moment))
