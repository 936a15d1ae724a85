"""What the task hub knows of an instance, as callers see it: never its management URLs, never its raw input."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from contracts.base import Contract, Json
from contracts.errors import MESSAGE_LIMIT, Failure
from contracts.redaction import redact
from contracts.status import DeploymentResult, DeploymentState, DeploymentStatus, EventOutcome, Progress

C = TypeVar("C", bound=Contract)

DEPLOY = "deploy"
REACT = "react_to_registration"

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
    progress = _stored(Progress, instance.custom_status) or _before_first_turn(instance)
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
        ledger=[] if brief else progress.ledger,
        result=result,
        error=error,
        links={"self": f"/api/deployments/{instance.instance_id}"},
    )


def event_outcome(instance: Any) -> EventOutcome:
    """An instance of `react_to_registration` for callers."""
    outcome = _stored(EventOutcome, instance.custom_status) or EventOutcome.model_validate(
        _plain(instance.input_)["outcome"], extra="ignore"
    )
    return outcome.model_copy(update={"created": _aware(instance.created_time)})


def input_digest(instance: Any) -> str | None:
    """The digest of the body an instance was started with."""
    order = _plain(instance.input_)
    return order.get("digest") if isinstance(order, dict) else None


def _stored(contract: type[C], wire: Json) -> C | None:
    """What the task hub keeps, which another release may have written: None when this one cannot read it."""
    try:
        return contract.model_validate(_plain(wire), extra="ignore")
    except (ValidationError, ValueError):
        return None


def _before_first_turn(instance: Any) -> Progress:
    request = _plain(instance.input_)["request"]
    model = request["model"]
    name = model.removeprefix("azureml:") if isinstance(model, str) else f"{model['name']}:{model['version']}"
    return Progress(endpoint=request["endpoint"]["name"], deployment=request["deployment"]["name"], model=name)


def _crashed(output: Json) -> Failure:
    return Failure(
        code="OrchestrationCrashed",
        message=redact(str(output or "the orchestration failed without a message"))[:MESSAGE_LIMIT],
        suggestion="This is a defect of Slipway: look the instance ID up in the logs and report it.",
    )


def _plain(value: Json) -> Json:
    # The SDK hands a JSON text back as it was stored, once or twice encoded.
    while isinstance(value, str):
        value = json.loads(value)
    return value


def _aware(moment: Any) -> datetime | None:
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime.fromisoformat(str(moment))
