"""What a deployment was made with: the order of its run, which the task hub keeps."""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df

from contracts.base import Json
from contracts.operations import OperationResult
from contracts.orders import DeployOrder
from contracts.releases import OrderRef, StoredOrder
from orchestrations.runbooks import DEPLOY, runbook_of
from triggers.hub import Hub, Instance
from triggers.hub_activity import hub_activity
from triggers.statuses import UNREADABLE, plain

# A rollback may have made again what a rollback had made again.
FOLLOWED = 20


@hub_activity
async def find_order(payload: Json, client: df.DurableOrchestrationClient) -> dict[str, Any]:
    """Activity: the request that a deployment was made with, or a part of it; none where nobody knows it any more.

    The answer is as large as the request: it has a run's whole input in it, once.
    """
    wanted = OrderRef.from_wire(payload)
    async with Hub(client) as hub:
        run, order = await _order(hub, wanted)
    if order is None:
        return {"ok": StoredOrder().to_wire()}
    request = order.request if wanted.part is None else {wanted.part: order.request.get(wanted.part)}
    return {"ok": StoredOrder(request=request, digest=order.digest, run=run).to_wire()}


async def _order(hub: Hub, wanted: OrderRef) -> tuple[str, DeployOrder | None]:
    run: str | None = wanted.run
    for _ in range(FOLLOWED):
        runbook = runbook_of(run) if run else None
        if run is None or runbook is None or not runbook.writes:
            break
        instance = await hub.instance(run)
        if instance is None:
            break
        if runbook is DEPLOY:
            return run, _read(instance)
        run = _made_again(instance).get(wanted.deployment)
    return "", None


def _read(instance: Instance) -> DeployOrder | None:
    try:
        order = DeployOrder.from_wire(plain(instance.input))
        named = bool(order.deployment)
    except (*UNREADABLE, KeyError, TypeError):
        return None
    return order if named else None


def _made_again(instance: Instance) -> dict[str, str]:
    try:
        return OperationResult.from_wire(plain(instance.output)).made_again
    except (*UNREADABLE, TypeError):
        return {}
