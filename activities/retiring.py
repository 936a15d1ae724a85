"""Which superseded deployments of an endpoint are to go by now, found out by reading only."""

from __future__ import annotations

from typing import Any

from activities.departing import Departing, taken
from activities.envelope import activity
from activities.mirror_traffic import mirrored
from activities.teardown import belongings
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.plan import Percentages
from contracts.retiring import Retirement, RetirementInput, SupersededDeployment

# Of a deployment that may go; what is being made or changed is somebody's work.
SETTLED = frozenset({begin.SUCCEEDED, begin.FAILED, begin.CANCELED, "Deleting"})
# As many as an endpoint holds (Azure ML's limits).
REASONS_TOLD = 20


@activity
def plan_retirement(order: RetirementInput) -> Retirement:
    """The next deployment to go and what goes with it; none once all that are left are wanted, or not Slipway's."""
    endpoint = begin.find_endpoint(order.endpoint)
    if endpoint is None:
        return Retirement()
    with translated():
        there = {str(one.name).lower(): one for one in clients().ml.online_deployments.list(order.endpoint)}
    standing = [one for one in order.superseded if one.deployment.lower() in there]
    traffic, copies = begin.traffic_of(endpoint), mirrored(endpoint)
    stays: dict[str, str] = {}
    kept = 0
    for one in standing:
        found = there[one.deployment.lower()]
        why = _why_it_stays(one, found, traffic, copies)
        if why is None and kept < order.keep:
            kept, why = kept + 1, f"the newest {order.keep} are kept"
        elif why is None and not one.due:
            why = "it has time left"
        if why is None:
            going = taken(belongings(Departing(order.endpoint, one.deployment)))
            return Retirement(mark=one.run, next=going, stays=_told(stays))
        stays[one.deployment] = why
    return Retirement(stays=_told(stays))


def _why_it_stays(one: SupersededDeployment, found: Any, traffic: Percentages, copies: Percentages) -> str | None:
    name, state = str(found.name), begin.state_of(found)
    if begin.mark_of(found) != one.run:
        return "somebody has made it again"
    if name in traffic:
        return f"it has {traffic[name]} % of the traffic"
    if name in copies:
        return f"it gets a copy of {copies[name]} % of the traffic"
    return None if state in SETTLED else f"it is {state}"


def _told(stays: dict[str, str]) -> dict[str, str]:
    return dict([*stays.items()][:REASONS_TOLD])
