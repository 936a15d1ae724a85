"""Removing what was found at an endpoint: what its run looks at before each removal, and what would go, for callers."""

from __future__ import annotations

import asyncio
from typing import Any

import azure.durable_functions as df

from activities.removing import next_to_go, whole_plan
from contracts.base import Json
from contracts.errors import DeploymentError
from contracts.findings import RemovalInput
from contracts.teardown import TeardownPlan
from triggers.findings import found_at
from triggers.hub_activity import hub_activity


@hub_activity
async def plan_removal(payload: Json, client: df.DurableOrchestrationClient) -> dict[str, Any]:
    """Activity: the next of an endpoint's findings that is to be removed, as Azure and the task hub have it now."""
    asked = RemovalInput.from_wire(payload)
    try:
        found = await found_at(client, asked.endpoint, asked.mark)
        removal = await asyncio.to_thread(next_to_go, found, asked.id, asked.but)
    except DeploymentError as error:
        return {"error": error.to_failure().to_wire()}
    return {"ok": removal.to_wire()}


async def removal_plan(client: Any, endpoint: str, only: str | None) -> TeardownPlan:
    """What would go, and what stays and why. Raises HubUnavailable, and deployment errors where Azure is not read."""
    found = await found_at(client, endpoint, None)
    return await asyncio.to_thread(whole_plan, found, only)
