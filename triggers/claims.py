"""Whether another run has confirmed what one run is about to undo.

Runs on one endpoint take turns; what is not an endpoint's they share: the roles of an identity that two endpoints have.
And a run that others took for ended, or that somebody terminated, is undone when its turn may be over.
The mark that a confirming run leaves is the entry in its own ledger, which it shows before it asks Azure.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df

from contracts.activities import Claim, EntryInput
from contracts.base import Json
from contracts.ledger import LedgerEntry
from contracts.operations import OperationResult
from contracts.status import DeploymentResult, Progress
from orchestrations import steps
from orchestrations.runbooks import RUNBOOKS
from triggers.hub import Hub, Instance, Query, every
from triggers.hub_activity import hub_activity
from triggers.readings import shared
from triggers.statuses import RUNNING, UNREADABLE, plain

log = logging.getLogger("slipway.claims")

# Whoever confirmed it before relies on it no more than on anything else that is days old: it has traffic, or nobody's.
LOOKED_BACK = timedelta(days=2)
# Whoever is alive relies on it, whenever it began: a rollout may take days.
ALIVE = tuple(sorted(RUNNING))


@dataclass(frozen=True)
class Claims:
    """Ids of the runs that had confirmed something when they were read, by the key of its ledger entries."""

    runs: Mapping[tuple[str, str], Sequence[str]]

    def on(self, entry: LedgerEntry, mark: str) -> str | None:
        """The id of one that has confirmed what the entry refers to and has another mark; None for none."""
        return next((run for run in self.runs.get(entry.key, ()) if run != mark), None)


@hub_activity
async def find_claim(payload: Json, client: df.DurableOrchestrationClient) -> dict[str, Any]:
    """Activity: the id of another run that is alive or succeeded, and has confirmed what the entry refers to.

    Of what is to go for good, only of one that is alive: who has ended relies on what Azure has.
    """
    order = EntryInput.from_wire(payload)
    hub, about = Hub(client), (order.for_good is True, order.entry.kind == steps.ROLE_ASSIGNMENT.kind)
    claims = await shared((hub.address, about), lambda: read_claims(hub, *about))
    return {"ok": Claim(claimed_by=claims.on(order.entry, order.mark)).to_wire()}


async def read_claims(hub: Hub, for_good: bool, roles: bool) -> Claims:
    """Those on roles, or on whatever else a deployment has; of what is to go for good, those of runs that are alive.

    Opens the hub; raises HubUnavailable.
    """
    since = datetime.now(UTC) - LOOKED_BACK
    kinds = {steps.DEPLOYMENT, steps.ROLE_ASSIGNMENT} if roles else {steps.DEPLOYMENT}
    runs: dict[tuple[str, str], list[str]] = {}
    async with hub:
        prefixes = [one.prefix for one in RUNBOOKS if kinds.intersection(one.takes)]
        ended = [] if for_good else [Query(prefix, ("Completed",), since) for prefix in prefixes]
        for query in (*(Query(prefix, ALIVE) for prefix in prefixes), *ended):
            async for instance in every(hub, query):
                for entry in (one for one in _ledger(instance) if _is_claim(one, for_good)):
                    runs.setdefault(entry.key, []).append(instance.id)
    return Claims(runs)


def _is_claim(theirs: LedgerEntry, for_good: bool) -> bool:
    if theirs.fate != "in_use" or theirs.how == "removed":
        return False
    # Only begun counts too: it may have found ours there by now. And what is to go for good may be theirs altogether.
    return theirs.how == "found" or not theirs.sure or for_good


def _ledger(instance: Instance) -> list[LedgerEntry]:
    told = ((DeploymentResult, instance.output), (OperationResult, instance.output), (Progress, instance.custom_status))
    for contract, wire in told:
        try:
            return contract.from_wire(plain(wire)).ledger
        except (*UNREADABLE, TypeError):
            continue
    return []
