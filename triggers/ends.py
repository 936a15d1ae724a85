"""How a run ended that no longer runs as a part of what has started it, or that others wait for.

When the platform ends a child (its worker died in a turn), the parent is told of a failure, and the guard carries the
child on under its own id. So whoever started it asks the task hub how it really ended.
"""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df

from contracts.activities import EntryInput, Provisioning
from contracts.base import Json
from contracts.errors import Superseded
from orchestrations.runbooks import DEPLOY, runbook_of
from triggers.guard import carry_on, in_own_words
from triggers.hub import Hub, Instance
from triggers.hub_activity import hub_activity
from triggers.statuses import RUNNING, progress_of, state_of


@hub_activity
async def deployment_ended(payload: Json, client: df.DurableOrchestrationClient) -> dict[str, Any]:
    """Activity: whether the run of that id has ended in its own words, and how; one ended by others goes on."""
    order = EntryInput.from_wire(payload)
    async with Hub(client) as hub:
        instance = await hub.instance(order.entry.id)
    return {"ok": (await _seen(client, instance)).to_wire()}


async def _seen(client: Any, instance: Instance | None) -> Provisioning:
    if instance is None:
        return Provisioning(state="Deleted", done=False, absent=True)
    state, runbook = state_of(instance), runbook_of(instance.id) or DEPLOY
    if state in RUNNING or await carry_on(client, runbook, instance):
        return Provisioning(state=state, done=False)
    if state != "Failed":
        return Provisioning(state=state, done=True)
    error = progress_of(instance).error
    superseded = error is not None and error.code == Superseded.__name__
    return Provisioning(state=Superseded.__name__ if superseded else state, done=in_own_words(runbook, instance))
