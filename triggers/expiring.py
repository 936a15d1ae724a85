"""Whether an endpoint still goes by the operation that waits for its time: its entity knows."""

from __future__ import annotations

import logging
from typing import Any

import azure.durable_functions as df

from contracts.base import Json
from contracts.retiring import Expiry, ExpiryInput
from triggers.hub_activity import hub_activity
from triggers.line import queue_of

log = logging.getLogger("slipway.expiring")


@hub_activity
async def find_expiry(payload: Json, client: df.DurableOrchestrationClient) -> dict[str, Any]:
    """Activity: the operation by which an endpoint goes at its time; the log warns that it does."""
    asked = ExpiryInput.from_wire(payload)
    queue = await queue_of(client, asked.endpoint)
    by = queue.expires if queue else None
    if by == asked.mark:
        log.warning("endpoint %s goes at %s, by operation %s", asked.endpoint, asked.goes, asked.mark)
    return {"ok": Expiry(by=by).to_wire()}
