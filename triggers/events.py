"""Model registrations: matched with the policies in files, and handed to one orchestration each."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from pydantic import ValidationError

from contracts.events import ModelRegistered, UnreadableEvent, read_event, shown
from contracts.orders import ReactOrder
from contracts.status import EventOutcome
from orchestrations.runbooks import REACT
from settings import settings
from triggers.deciding import order_for
from triggers.hub import Hub, Instance, Query, every
from triggers.policies import PolicyFolder, read_folder, tell_invalid
from triggers.starting import find, start_once
from triggers.statuses import plain

log = logging.getLogger("slipway.events")

# Policies change when the app is deployed anew, and then it starts; the schedule is for what a start has missed.
DECIDED_AGAIN = "0 */15 * * * *"
# A registration that waits for a policy to be mended is given up after this time.
DECIDED_WITHIN = timedelta(days=7)
ENDED = ("Completed", "Failed")


async def on_model_registered(event: func.EventGridEvent, client: df.DurableOrchestrationClient) -> None:
    """Event Grid function: starts what the policies say; anything else is recorded with the reason.

    Never raises for what redelivery would not mend. The same version always is the same instance, so duplicate
    deliveries, and deliveries after the deployment has ended, start nothing.
    """
    try:
        registered = _registration(event)
    except UnreadableEvent as error:
        # Its id is as foreign as the rest.
        log.warning("event %s ignored: %s", shown(getattr(event, "id", None)), error)
        return
    folder = read_folder(settings().policies)
    tell_invalid(folder)
    order = order_for(registered, folder)
    new = await start_once(client, REACT.name, order.outcome.id, order.to_wire())
    again = not new and await decide_again(client, order.outcome.id, folder)
    log.info(
        "model %s:%s registered: %s %s",
        registered.model,
        registered.version,
        "taken" if new else "decided again" if again else "seen before",
        "; ".join(order.outcome.reasons),
    )


async def policies_changed(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Timer function, also at each start: tells which policies cannot be used, and decides again what waited for them.

    One registration that cannot be decided stops no other.
    """
    folder = read_folder(settings().policies)
    tell_invalid(folder)
    for instance_id in await _waiting(client, folder.digest):
        try:
            if await decide_again(client, instance_id, folder):
                log.info("registration %s is decided again: the policies have changed", instance_id)
        except Exception as error:
            # Without its text, which may hold the task hub's address.
            log.error("registration %s could not be decided again: %s", instance_id, type(error).__name__)  # noqa: TRY400


async def decide_again(client: Any, instance_id: str, folder: PolicyFolder) -> bool:
    """Start a registration's instance anew, if it ended with a policy to be mended and the policies have changed."""
    instance = await find(client, instance_id)
    outcome = _waiting_outcome(instance, folder.digest)
    if instance is None or outcome is None:
        return False
    try:
        event = ReactOrder.from_wire(plain(instance.input)).event
    except (ValidationError, ValueError):
        event = None
    if event is None:
        log.warning("registration %s cannot be decided again: the task hub does not tell its event", instance_id)
        return False
    await client.start_new(REACT.name, instance_id, order_for(event, folder, before=outcome).to_wire())
    return True


async def _waiting(client: Any, policies: str) -> list[str]:
    """Ids of the registrations that wait for other policies than these."""
    query = Query(REACT.prefix, ENDED, since=datetime.now(UTC) - DECIDED_WITHIN)
    async with Hub(client) as hub:
        return [one.id async for one in every(hub, query) if _waiting_outcome(one, policies)]


def _waiting_outcome(instance: Instance | None, policies: str) -> EventOutcome | None:
    """What is told of an instance that waits for other policies than these; None for any other one."""
    if instance is None or instance.runtime_status not in ENDED:
        return None
    try:
        outcome = EventOutcome.from_wire(plain(instance.custom_status))
    except (ValidationError, ValueError):
        return None
    return outcome if outcome.invalid and outcome.policies != policies else None


def _registration(event: Any) -> ModelRegistered:
    """The event; CloudEvents, which a subscription can ask for, call its type and topic otherwise."""
    parts = {
        "event_type": getattr(event, "event_type", None) or getattr(event, "type", None),
        "topic": getattr(event, "topic", None) or getattr(event, "source", None),
        "subject": event.subject,
    }
    for name, part in parts.items():
        if not isinstance(part, str | None):
            raise UnreadableEvent(f"its {name} is no text: {shown(part)}")
    return read_event(**{name: part or "" for name, part in parts.items()}, data=event.get_json())
