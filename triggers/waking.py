"""Whoever waits in the queue of an endpoint is woken when its turn comes."""

from __future__ import annotations

import logging
from typing import Any

import azure.durable_functions as df

from contracts.base import Json
from contracts.queue import Place, Woken
from triggers.hub_activity import hub_activity

log = logging.getLogger("slipway.waking")


@hub_activity
async def wake(payload: Json, client: df.DurableOrchestrationClient) -> dict[str, Any]:
    """Activity: raise the events that a queue's answer names; one for an instance that has ended is nobody's loss."""
    told = 0
    for one in Place.from_wire(payload).wakes:
        try:
            await client.raise_event(one.instance, one.event, one.reason)
            told += 1
        except Exception as error:  # the SDK raises bare Exception; a slow timer is the net under whoever waits
            log.warning("instance %s could not be woken: %s", one.instance, type(error).__name__)
    return {"ok": Woken(told=told).to_wire()}
