"""What the queue of an endpoint needs of the task hub: who waits is woken, and whether an owner still lives."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df

from contracts.base import Json
from contracts.errors import CloudUnavailable
from contracts.queue import OwnerRef, OwnerState, Place, Woken
from orchestrations.runbooks import RUNBOOKS
from triggers.guard import in_own_words
from triggers.hub import Hub, HubUnavailable, Instance
from triggers.statuses import RUNNING, state_of

log = logging.getLogger("slipway.waking")

# What the platform ended is carried on by the guard, at the latest after some of its looks.
CARRIED_ON_WITHIN = timedelta(minutes=30)


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


async def find_owner(payload: Json, client: df.DurableOrchestrationClient) -> dict[str, Any]:
    """Activity: whether the run that owns an endpoint has ended, for good and without leaving."""
    try:
        async with Hub(client) as hub:
            instance = await hub.instance(OwnerRef.from_wire(payload).id)
    except HubUnavailable as error:
        return {"error": CloudUnavailable(str(error)).to_failure().to_wire()}
    return {"ok": OwnerState(ended=instance is None or _has_ended(instance, datetime.now(UTC))).to_wire()}


def _has_ended(instance: Instance, now: datetime) -> bool:
    if state_of(instance) in RUNNING:
        return False
    if state_of(instance) == "Succeeded" or any(in_own_words(one, instance) for one in RUNBOOKS):
        return True
    return instance.updated is None or now - instance.updated > CARRIED_ON_WITHIN
