"""What the deployments of an endpoint that have traffic are made from, as Azure has it: what a release pins."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from activities.envelope import activity
from azure_api import begin
from azure_api.clients import clients
from contracts.azure_refusals import ResourceNotFound
from contracts.digests import digest
from contracts.ledger import reference
from contracts.releases import Pin, ServingInput, ServingNow

# Of a deployment as its file would have it: what says nothing of how it answers, and what a pin names by itself.
_NOT_SETTINGS = frozenset(
    {"name", "endpoint_name", "id", "creation_context", "provisioning_state", "tags", "properties", "description"}
    | {"instance_count", "scale_settings", "model", "environment", "code_configuration"}
)


def pins_of(endpoint: str, names: Sequence[str], room: int) -> tuple[list[Pin], list[str]]:
    """What the first of these deployments are made from, and the names of those that do not fit.

    As many as take at most `room` bytes of JSON, and one at least; one that is gone is left out.
    """
    pins: list[Pin] = []
    for place, name in enumerate(names):
        entity = begin.find_deployment(endpoint, name)
        if entity is None:
            continue
        pin = pin_of(entity)
        room -= len(json.dumps(pin.to_wire())) + len(", ")
        if pins and room < 0:
            return pins, [*names[place:]]
        pins.append(pin)
    return pins, []


def pin_of(entity: Any) -> Pin:
    """What one deployment is made from."""
    code = entity.code_configuration
    written = {key: value for key, value in entity._to_dict().items() if key not in _NOT_SETTINGS}
    return Pin(
        deployment=str(entity.name).lower(),
        model=_reference(entity.model),
        environment=_reference(entity.environment),
        code=_reference(code.code) if code else None,
        settings=digest({**written, "script": code.scoring_script if code else None}, 16),
        run=begin.mark_of(entity),
    )


@activity
def look_at_serving(order: ServingInput) -> ServingNow:
    """Which deployments still are as they were pinned, and Succeeded; raises ResourceNotFound without the endpoint."""
    if begin.find_endpoint(order.endpoint) is None:
        raise ResourceNotFound(f"there is no endpoint {order.endpoint}")
    found: dict[str, list[str]] = {"same": [], "gone": [], "other": []}
    for pin in order.serving:
        entity = begin.find_deployment(order.endpoint, pin.deployment)
        found[_compared(pin, entity)].append(pin.deployment)
    return ServingNow(**found)


def _compared(pin: Pin, entity: Any) -> str:
    if entity is None or begin.state_of(entity) in (begin.FAILED, begin.CANCELED, "Deleting"):
        return "gone"
    same = _key(pin_of(entity)) == _key(pin) and begin.state_of(entity) == begin.SUCCEEDED
    return "same" if same else "other"


def _key(pin: Pin) -> tuple[str | None, ...]:
    references = (pin.model, pin.environment, pin.code)
    return (*(one.lower() if one else None for one in references), pin.settings)


def _reference(resource_id: Any) -> str | None:
    return reference(str(resource_id), clients().settings.workspace_id) if resource_id else None
