"""What served an endpoint before: its releases, which its entity keeps."""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df

from contracts.base import Json
from contracts.retiring import SupersededDeployments, SupersededInput
from orchestrations.release_log import superseded
from triggers.hub_activity import hub_activity
from triggers.line import queue_of


@hub_activity
async def find_superseded(payload: Json, client: df.DurableOrchestrationClient) -> dict[str, Any]:
    """Activity: the deployments that served before and do not now, by the endpoint's releases."""
    asked = SupersededInput.from_wire(payload)
    queue = await queue_of(client, asked.endpoint)
    found = superseded(queue.releases, asked.before) if queue else []
    return {"ok": SupersededDeployments(deployments=found).to_wire()}
