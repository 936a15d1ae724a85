"""The traffic of an endpoint: read, changed and written whole, and given back."""

from __future__ import annotations

from typing import Any

from activities.endpoints import endpoint_state, refuse_taking
from activities.envelope import activity
from activities.gates.answers import READ
from activities.mirror_traffic import beside, copies_at, mirrored, told
from activities.resource import CHANGED_SINCE, Resource
from activities.scene import Finding, Scene
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import Right
from contracts.activities import Ensured, EnsureInput, EntryInput, Provisioning, TrafficInput, TrafficShift
from contracts.errors import EndpointBusy, TrafficRejected
from contracts.ledger import LedgerEntry, arm_id, short_name
from contracts.plan import Percentages
from contracts.rollout import Rollout


class Traffic(Resource[TrafficShift]):
    """Which deployment answers how much; what it was is in the ledger before it is changed."""

    kind = "traffic"
    step = "shift_traffic"
    long = True

    def read(self, part: Any) -> TrafficShift:
        """A shift that `read_traffic` has found out; of a request, the shares it names."""
        if isinstance(part, dict) and part.keys() == {"before", "after"}:
            return TrafficShift.from_wire(part)
        return TrafficShift(before={}, after=part if isinstance(part, dict) else {})

    def plan(self, wanted: TrafficShift, scene: Scene) -> Finding:
        """How traffic will change; deployments it names besides the new one must exist already."""
        name, asked = scene.order.deployment, scene.order.part("traffic")
        finding = Finding()
        if asked == "none":
            return finding
        before = begin.traffic_of(scene.endpoint) if scene.endpoint is not None else {}
        after = wanted.after or {name: 100}
        rollout = Rollout.from_wire(scene.order.part("rollout")) if scene.order.part("rollout") else None
        way = rollout.splits(before, before, after, name) if rollout else []
        if before != after:
            slowly = f", each step for {rollout.pause} at least" if rollout and way else ""
            finding.changes.append(f"traffic {' → '.join(map(told, [before, *way, after]))}{slowly}")
        copies = copies_at(scene)
        if not copies.keys().isdisjoint({*after, *(name for split in way for name in split)}):
            finding.changes.append(f"mirror traffic {told(copies)} → {told({})}")
        if way:
            finding.needs.append(Right(READ, arm_id(scene.resolved.endpoint, clients().settings.workspace_id)))
        others = set(wanted.after) - {name}
        missing = others - scene.deployments if others else others
        if missing:
            message = f"endpoint {scene.order.endpoint} has no deployment {', '.join(sorted(missing))}"
            finding.problem("traffic", TrafficRejected(message))
        return finding

    def ensure(self, wanted: TrafficShift, order: EnsureInput) -> Ensured:
        """Begin giving the endpoint its traffic: the fetched endpoint with nothing but its traffic changed.

        A bare PUT would reset auth mode, identity and tags. Raises TrafficRejected for a deployment that is not ready.
        """
        name = short_name(order.resolved.endpoint)
        endpoint = begin.find_endpoint(name)
        before, state = _traffic_now(name, endpoint), begin.state_of(endpoint)
        if before == wanted.after:
            # As wanted already: a try whose answer was lost has begun it.
            before = wanted.before
        else:
            if order.resolved.alone:
                _refuse_taking(name, state, before, str(order.resolved.model))
            _refuse_unready(name, wanted.after)
            state = _write(endpoint, wanted.after)
        change = LedgerEntry(
            kind=self.kind, id=order.resolved.endpoint, how="changed", before=before, after=wanted.after
        )
        return Ensured(entries=[change], done=state == begin.SUCCEEDED)

    def foretold(self, finding: Finding, scene: Scene, wanted: Any) -> Ensured:
        """The shift, under way."""
        change = self.entry(scene.resolved.endpoint, made=True)
        return Ensured(entries=[change.model_copy(update=wanted)], done=False)

    def provisioned(self, entry: LedgerEntry) -> Provisioning:
        """How far the change is; raises its error when it failed."""
        return endpoint_state(short_name(entry.id))

    def remove(self, order: EntryInput) -> Provisioning:
        """Give the endpoint the traffic it had before, unless somebody has changed it since."""
        entry, name = order.entry, short_name(order.entry.id)
        endpoint = begin.get_endpoint(name)
        if endpoint is None:
            return Provisioning(state="Deleted", done=True, absent=True)
        traffic, state = begin.traffic_of(endpoint), begin.state_of(endpoint)
        if traffic == entry.before:
            return Provisioning(state=state, done=state == begin.SUCCEEDED, ours=False)
        if not entry.may_have_left(traffic):
            return Provisioning(state=state, done=True, ours=False, stays=CHANGED_SINCE)
        _refuse_unready(name, entry.before)
        # Azure would refuse a copy for what has traffic again; what this run mirrored is given back after that.
        endpoint.mirror_traffic = beside(mirrored(endpoint), entry.before)
        return Provisioning(state=_write(endpoint, entry.before), done=False)


@activity
def read_traffic(order: TrafficInput) -> TrafficShift:
    """The traffic now, and what it would become."""
    endpoint = begin.find_endpoint(order.endpoint)
    before, after = _traffic_now(order.endpoint, endpoint), {n: share for n, share in order.traffic.items() if share}
    return TrafficShift(before=before, after=after, mirrored=mirrored(endpoint))


def _traffic_now(name: str, endpoint: Any) -> Percentages:
    if endpoint is None:
        raise TrafficRejected(f"endpoint {name} does not exist any more")
    return begin.traffic_of(endpoint)


def _write(endpoint: Any, traffic: Percentages) -> str:
    endpoint.traffic = traffic
    with translated():
        return begin.state_of(begin.begin_endpoint(endpoint, endpoint.location))


def _refuse_taking(endpoint: str, state: str, traffic: Percentages, model: str) -> None:
    """Two runs may both have found the endpoint empty: who gives traffic first has it.

    One operation runs on an endpoint at a time, so that what is read here is still so when the write is let through.
    """
    if state not in (begin.SUCCEEDED, begin.FAILED, begin.CANCELED):
        raise EndpointBusy(f"endpoint {endpoint} is {state}")
    refuse_taking(endpoint, traffic, model)


def _refuse_unready(endpoint: str, traffic: Percentages) -> None:
    for name in traffic:
        deployment = begin.find_deployment(endpoint, name)
        if deployment is None or begin.state_of(deployment) != begin.SUCCEEDED:
            state = begin.state_of(deployment) if deployment else "missing"
            raise TrafficRejected(f"deployment {name} of endpoint {endpoint} is {state}; it cannot take traffic")
