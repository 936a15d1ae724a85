"""Starting an operation that goes on when the run that wants it has ended."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import azure.durable_functions as df

from contracts.base import Json
from contracts.digests import digest
from contracts.retiring import Started, StartOrder
from orchestrations.runbooks import OPERATIONS
from triggers.hub_activity import hub_activity
from triggers.starting import KeyNotComparable, start_once


@hub_activity
async def start_operation(payload: Json, client: df.DurableOrchestrationClient) -> dict[str, Any]:
    """Activity: start an operation; the same run starts the same one, however often it asks."""
    asked = StartOrder.from_wire(payload)
    runbook = next(one for one in OPERATIONS if one.name == asked.operation)
    said = digest([asked.mark, asked.operation])
    instance_id = runbook.prefix + said
    with suppress(KeyNotComparable):  # another try has started it in this moment
        await start_once(client, runbook.name, instance_id, {**asked.order.to_wire(), "digest": said})
    return {"ok": Started(id=instance_id).to_wire()}
