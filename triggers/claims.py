"""Whether another run has confirmed what one run is about to undo.

Runs on one endpoint take turns; what is not an endpoint's they share: the roles of an identity that two endpoints have.
And a run that others took for ended, or that somebody terminated, is undone when its turn may be over.
The mark that a confirming run leaves is the entry in its own ledger, which it shows before it asks Azure.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df

from contracts.activities import Claim, EntryInput
from contracts.base import Json
from contracts.ledger import LedgerEntry
from contracts.operations import OperationResult
from contracts.status import DeploymentResult, Progress
from orchestrations import steps
from orchestrations.runbooks import RUNBOOKS, Runbook
from triggers.hub import Hub, Instance, Query
from triggers.hub_activity import hub_activity
from triggers.statuses import UNREADABLE, plain

log = logging.getLogger("slipway.claims")

# Whoever confirmed it before relies on it no more than on anything else that is days old: it has traffic, or nobody's.
LOOKED_BACK = timedelta(days=2)
RUNNING = ("Pending", "Running")
ALIVE = (*RUNNING, "Completed")


@hub_activity
async def find_claim(payload: Json, client: df.DurableOrchestrationClient) -> dict[str, Any]:
    """Activity: the id of another run that is alive or succeeded, and has confirmed what the entry refers to.

    Of what is to go for good, only of one that is alive: who has ended relies on what Azure has.
    """
    order = EntryInput.from_wire(payload)
    return {"ok": Claim(claimed_by=await claimed_by(client, order)).to_wire()}


async def claimed_by(client: Any, order: EntryInput) -> str | None:
    """That run's id; None for none. Raises HubUnavailable."""
    since = datetime.now(UTC) - LOOKED_BACK
    async with Hub(client) as hub:
        for runbook in (one for one in RUNBOOKS if steps.DEPLOYMENT in one.takes or _grants(one, order.entry)):
            states = RUNNING if order.for_good else ALIVE
            found = await _claimed_in(hub, Query(prefix=runbook.prefix, states=states, since=since), order)
            if found:
                return found
    return None


def _grants(runbook: Runbook, entry: LedgerEntry) -> bool:
    """Whether it may grant roles to what is no endpoint, and the entry is a role."""
    return entry.kind == steps.ROLE_ASSIGNMENT.kind and steps.ROLE_ASSIGNMENT in runbook.takes


async def _claimed_in(hub: Hub, query: Query, order: EntryInput) -> str | None:
    token = ""
    while True:
        page = await hub.page(query, token)
        for instance in page.instances:
            if instance.id != order.mark and any(_is_claim(entry, order) for entry in _ledger(instance)):
                return instance.id
        token = page.token
        if not token:
            return None


def _is_claim(theirs: LedgerEntry, order: EntryInput) -> bool:
    if theirs.key != order.entry.key or theirs.fate != "in_use" or theirs.how == "removed":
        return False
    # Only begun counts too: it may have found ours there by now. And what is to go for good may be theirs altogether.
    return theirs.how == "found" or not theirs.sure or order.for_good is True


def _ledger(instance: Instance) -> list[LedgerEntry]:
    told = ((DeploymentResult, instance.output), (OperationResult, instance.output), (Progress, instance.custom_status))
    for contract, wire in told:
        try:
            return contract.from_wire(plain(wire)).ledger
        except (*UNREADABLE, TypeError):
            continue
    return []
