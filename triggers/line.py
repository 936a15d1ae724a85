"""Where a run stands in the queue of its endpoint: asked of the queue itself, so that waiting leaves no trace."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from contracts.queue import EndpointQueue
from orchestrations.turns import QUEUE, WAIT_FOR_TURN
from triggers.hub import Hub, HubUnavailable, Instance
from triggers.statuses import UNREADABLE, plain, progress_of

# Named in full; of more, only how many there are.
NAMED = 3


async def in_line(client: Any, instance: Instance, status: Any) -> Any:
    """The status of a run, whose step of waiting says its place and what it waits for."""
    steps = getattr(status, "steps", [])
    if not any(step.name == WAIT_FOR_TURN and step.state == "running" for step in steps):
        return status
    queue = None
    with suppress(HubUnavailable):
        queue = await queue_of(client, progress_of(instance).endpoint)
    place = _place(queue, instance.id) if queue else None
    if place is None:
        return status
    waiting = {"state": "waiting", "detail": place}
    told = [step.model_copy(update=waiting) if step.name == WAIT_FOR_TURN else step for step in steps]
    return status.model_copy(update={"steps": told})


async def queue_of(client: Any, endpoint: str) -> EndpointQueue | None:
    """The queue of an endpoint; None where there is none, or none that can be read. Raises HubUnavailable."""
    async with Hub(client) as hub:
        state = await hub.entity(QUEUE, endpoint.lower())
    try:
        return EndpointQueue.from_wire(plain(state)) if state else None
    except (*UNREADABLE, TypeError):
        return None


def _place(queue: EndpointQueue, run: str) -> str | None:
    ids = [asker.id for asker in queue.askers]
    if run not in ids or ids[0] == run:
        return None
    place = ids.index(run)
    before = [*ids[1:place]]
    named = ", ".join(before[:NAMED]) + (f" and {len(before) - NAMED} more" if len(before) > NAMED else "")
    after = f", after {named}" if before else ""
    return f"number {place} in line: {ids[0]} writes to the endpoint{after}"
