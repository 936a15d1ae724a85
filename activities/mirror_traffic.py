"""Mirror traffic: a copy of part of an endpoint's requests, to a deployment whose answers nobody gets.

Written before traffic is shifted, on the fetched endpoint, so that a shift keeps it. Azure's rules: one deployment, at
most half of the requests, none that has traffic of its own, and none of a Kubernetes endpoint
(how-to-safely-rollout-online-endpoints).
"""

from __future__ import annotations

from typing import Any

from activities.endpoints import endpoint_state
from activities.platforms import platform_for
from activities.platforms.managed import Managed
from activities.resource import CHANGED_SINCE, Resource
from activities.scene import Finding, Scene
from azure_api import begin
from azure_api.errors import translated
from contracts.activities import Ensured, EnsureInput, EntryInput, Provisioning
from contracts.errors import TrafficRejected
from contracts.ledger import LedgerEntry, short_name
from contracts.online import EndpointRequest
from contracts.plan import Percentages


class MirrorTraffic(Resource[Percentages]):
    """`endpoint.mirror_traffic` of a request."""

    kind = "mirror_traffic"
    within = True
    after = "deployment"
    long = True

    def read(self, part: Any) -> Percentages:
        """Shares by deployment, without those that get none."""
        return {str(name): int(share) for name, share in part.items() if share}

    def reference(self, scene: Scene) -> str:
        """That of the endpoint."""
        return scene.resolved.endpoint

    def plan(self, wanted: Percentages, scene: Scene) -> Finding:
        """What it will be; the deployment must be there by then, and have no traffic of its own."""
        finding, there = Finding(), mirrored(scene.endpoint) if scene.endpoint is not None else {}
        scene.resolve(mirrored=there)
        if wanted and scene.resolved.platform != Managed.name:
            finding.problem("endpoint.mirror_traffic", _of_cluster(scene.order.endpoint))
        if there != wanted:
            finding.changes.append(f"mirror traffic {told(there)} → {told(wanted)}")
        shares = scene.order.part("traffic")
        live = {scene.order.deployment} if shares == "all_at_once" else {*shares} if isinstance(shares, dict) else set()
        for name in wanted:
            if name != scene.order.deployment and name not in scene.deployments:
                finding.problem("endpoint.mirror_traffic", TrafficRejected(f"there is no deployment {name}"))
            if name in live:
                message = f"deployment {name} gets traffic, and cannot get a copy of it too"
                advice = "Write `traffic: none`, or give the traffic to another deployment."
                finding.problem("endpoint.mirror_traffic", TrafficRejected(message, suggestion=advice))
        return finding

    def foretold(self, finding: Finding, scene: Scene, wanted: Any) -> Ensured:
        """The change, under way; that a run takes all copies away is no part of the request."""
        return self.answers(done=bool(wanted) and not finding.changes)

    def ensure(self, wanted: Percentages, order: EnsureInput) -> Ensured:
        """Begin giving the endpoint its mirror traffic, on the fetched endpoint."""
        endpoint = begin.find_endpoint(short_name(order.resolved.endpoint))
        if endpoint is None:
            raise TrafficRejected("the endpoint does not exist any more")
        if wanted and platform_for(EndpointRequest.from_wire({"name": endpoint.name}), endpoint).name != Managed.name:
            raise _of_cluster(str(endpoint.name))
        there, before = mirrored(endpoint), order.resolved.mirrored or {}
        if there == before == wanted:
            return Ensured(entries=[self.entry(order.resolved.endpoint, made=False)])
        if there == wanted:
            # By now: a try whose answer was lost has begun it.
            state = begin.state_of(endpoint)
        else:
            # Roles and a deployment took their time since the plan: somebody may have changed it meanwhile.
            before, state = there, _write(endpoint, wanted)
        change = LedgerEntry(kind=self.kind, id=order.resolved.endpoint, how="changed", before=before, after=wanted)
        return Ensured(entries=[change], done=state == begin.SUCCEEDED)

    def provisioned(self, entry: LedgerEntry) -> Provisioning:
        """How far the change is; raises its error when it failed."""
        return endpoint_state(short_name(entry.id))

    def remove(self, order: EntryInput) -> Provisioning:
        """Give the endpoint what it mirrored before, unless somebody has changed it since."""
        entry = order.entry
        endpoint = begin.get_endpoint(short_name(entry.id))
        if endpoint is None:
            return Provisioning(state="Deleted", done=True, absent=True)
        there, before, state = mirrored(endpoint), entry.before or {}, begin.state_of(endpoint)
        if there == before:
            return Provisioning(state=state, done=state == begin.SUCCEEDED, ours=False)
        left = [beside(one or {}, begin.traffic_of(endpoint)) for one in (entry.after, *(entry.tried or []))]
        if entry.after is not None and there not in left and not entry.may_have_left(there):
            return Provisioning(state=state, done=True, ours=False, stays=CHANGED_SINCE)
        if order.claimed_by:
            return Provisioning(state=state, done=True, stays=order.wish)
        return Provisioning(state=_write(endpoint, before), done=False)


def _of_cluster(endpoint: str) -> TrafficRejected:
    message = f"endpoint {endpoint} runs on a Kubernetes cluster, where Azure copies no requests"
    return TrafficRejected(message, suggestion="Leave `mirror_traffic` out: only managed endpoints have it.")


def mirrored(endpoint: Any) -> Percentages:
    """An endpoint's mirror traffic, without deployments that get none."""
    return begin.shares(endpoint.mirror_traffic)


def copies_at(scene: Scene) -> Percentages:
    """The mirror traffic that a run finds when it shifts traffic: what its request says, or what is there."""
    asked = scene.order.part(MirrorTraffic.kind)
    there = mirrored(scene.endpoint) if scene.endpoint is not None else {}
    return MirrorTraffic().read(asked) if asked else there


def beside(copies: Percentages, traffic: Percentages) -> Percentages:
    """What may stay of mirror traffic beside that traffic: what has some of its own gets no copy."""
    return {name: share for name, share in copies.items() if name not in traffic}


def _write(endpoint: Any, wanted: Percentages) -> str:
    endpoint.mirror_traffic = wanted
    with translated():
        return begin.state_of(begin.begin_endpoint(endpoint, endpoint.location))


def told(shares: Percentages) -> str:
    """Shares of traffic, live or copied, for people."""
    return ", ".join(f"{name} {share} %" for name, share in shares.items()) or "none"
