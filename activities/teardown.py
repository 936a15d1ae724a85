"""Find out, by reading only, what goes when an endpoint or a deployment is deleted: one look at each resource's room.

Rooms are asked in the reverse of the order in which a deployment makes them, so that nothing is left behind by what it
belongs to.
"""

from __future__ import annotations

import json
from itertools import accumulate

from activities.departing import (
    PROBLEMS_TOLD,
    TOLD_AT_ONCE,
    Belonging,
    Departing,
    left_alone,
    problems_of,
    taken,
)
from activities.envelope import OUTPUT_LIMIT_BYTES, activity
from activities.mirror_traffic import mirrored
from activities.registry import RESOURCES
from azure_api import begin
from azure_api.clients import clients
from contracts.ledger import LedgerEntry
from contracts.teardown import DepartingInput, Departure, TeardownPlan


@activity
def plan_teardown(order: DepartingInput) -> Departure:
    """What goes first, and what stands in the way; nothing of either once everything is gone."""
    departing = Departing(order.endpoint, order.deployment)
    found = belongings(departing)
    going = [one for one in taken(found) if one.id not in (order.spared or [])]
    problems = [] if order.force else problems_of(found, only_ours=order.only_ours is True)
    there = departing.entity is not None
    departure = Departure(
        there=there and bool(going or not order.deployment),
        next=[] if problems else going[:TOLD_AT_ONCE],
        traffic=begin.traffic_of(departing.entity) if there else {},
        mirrored=mirrored(departing.entity) if there else {},
        problems=problems[:PROBLEMS_TOLD],
        shared=(there and bool(departing.entity.identity.user_assigned_identities)) or None,
    )
    return departure.model_copy(update={"left": _left_of(found, departure)})


def teardown_plan(order: DepartingInput) -> TeardownPlan:
    """All of that for whoever asked. Raises deployment errors when Azure cannot be read."""
    found, workspace_id = belongings(Departing(order.endpoint, order.deployment)), clients().settings.workspace_id
    return TeardownPlan(
        endpoint=order.endpoint,
        deployment=order.deployment,
        removes=[one.entry.for_people(workspace_id) for one in found if one.left is None],
        leaves=[left_alone(one, workspace_id) for one in found if one.left is not None],
        problems=problems_of(found),
    )


def belongings(departing: Departing) -> list[Belonging]:
    """Everything that belongs to what is to be deleted, in the order in which it goes."""
    return [one for resource in reversed(RESOURCES) for one in resource.belongings(departing)]


def _left_of(found: list[Belonging], departure: Departure) -> list[LedgerEntry] | None:
    """What of Slipway's making stays, as a ledger says it: as many as one answer has room for."""
    staying = {"fate": "stays", "how": "found"}
    left = [one.entry.model_copy(update={**staying, "reason": one.left}) for one in found if one.told and one.left]
    used = accumulate(
        (len(json.dumps(one.to_wire())) + len(", ") for one in left),
        initial=len(json.dumps({"ok": {**departure.to_wire(), "left": []}})),
    )
    fitting = sum(size <= OUTPUT_LIMIT_BYTES for size in [*used][1:])
    return left[:fitting] or None
