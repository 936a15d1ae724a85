"""What must hold when a schedule has come to rest: one function over the ledgers of all runs and the state of Azure."""

from __future__ import annotations

import json
from collections.abc import Iterator

from contracts.errors import Superseded
from contracts.policy import Match
from contracts.status import EventOutcome
from orchestrations.policies import PROGRESS_LIMIT_BYTES
from orchestrations.turns import WAIT_FOR_TURN
from tests.schedules import verdict_operations
from tests.schedules.azure import Azure
from tests.schedules.hub import CHILDREN
from tests.schedules.instances import Instance
from tests.schedules.judged import Broken, Judged, acts_on, became, granted_by, last_put_by
from tests.schedules.play import WRITERS, Played
from tests.schedules.records import OUTSIDER, deployment_key, endpoint_key

__all__ = ["Broken", "broken"]


def broken(played: Played) -> list[Broken]:
    """Every promise that a schedule broke."""
    runs = [Judged(instance, played.azure) for instance in played.writers]
    found = [*_ends(played)]
    for run in runs:
        found += [*run.ledger_is_true(), *run.nothing_is_orphaned()]
    found += [*_roles(played.azure, runs), *_traffic(played.azure, runs), *_superseded(played.azure, runs)]
    return [*found, *verdict_operations.broken(played, runs)]


def _ends(played: Played) -> Iterator[Broken]:
    for instance in played.hub.instances.values():
        if instance.name in CHILDREN:
            continue
        if instance.status == "Running":
            yield Broken("every instance ends", f"{instance.id} is still running")
        if instance.foreign:
            yield Broken("in our own words", f"{instance.id}: {instance.output}")
        if len(json.dumps(instance.shown)) > PROGRESS_LIMIT_BYTES:
            yield Broken("a status is small", f"{instance.id}: {len(json.dumps(instance.shown))} bytes")
        failed = instance.status == "Failed" and instance.name in WRITERS and not instance.foreign
        if failed and Judged(instance, played.azure).error is None:
            yield Broken("a failure is told", f"{instance.id} shows no error")
        if instance.name == "react_to_registration" and instance.status != "Terminated":
            outcome = EventOutcome.from_wire(instance.shown).outcome if instance.shown else "nothing"
            if outcome not in ("ignored", "superseded", "deployed", "failed"):
                yield Broken("every event has an outcome", f"{instance.id}: {outcome}")
            yield from _told_of(instance, played)


def _told_of(instance: Instance, played: Played) -> Iterator[Broken]:
    """What an event tells is how its deployment ended: there is one at most in a schedule."""
    told = EventOutcome.from_wire(instance.shown) if instance.shown and instance.status == "Completed" else None
    for one in told.deployments.values() if told else ():
        run = played.hub.instances[one]
        superseded = run.status == "Failed" and Judged(run, played.azure).code == Superseded.__name__
        ended = "deployed" if run.status == "Completed" else "superseded" if superseded else "failed"
        if told and told.outcome != ended:
            yield Broken("an event tells the end", f"{instance.id}: {told.outcome}, and {one} {ended}")


def _roles(azure: Azure, runs: list[Judged]) -> Iterator[Broken]:
    """A principal that is gone has no roles, but those that the ledger of a run tells of."""
    by_id = {run.id: run for run in runs}
    for key, assignment in azure.assignments.items():
        run = by_id.get(granted_by(azure, key))
        if assignment["properties"]["principalId"] in azure.principals or run is None:
            continue
        entry = next((one for one in run.ledger if one.id.lower() == key), None)
        told = entry is not None and (entry.fate == "undo_failed" or _taken_after(azure, key, str(entry.goes_with)))
        if not told and run.instance.status != "Terminated":
            fate = became(entry) if entry else "is not in the ledger"
            yield Broken("no role of the dead", f"{run.id}: {key} {fate}, and its principal is gone")


def _superseded(azure: Azure, runs: list[Judged]) -> Iterator[Broken]:
    """A version gives way only to one that the same policy is for and that was registered after it."""
    for run in runs:
        match_asked = getattr(run.order, "match", None)
        if (
            match_asked is None
            or run.error is None
            or run.code != Superseded.__name__
            or run.error.step == WAIT_FOR_TURN
        ):
            continue
        model, version = run.order.model.split(":")
        match, begin = Match.from_wire(match_asked), f"models/{model}/versions/"
        versions = {path.removeprefix(begin): one for path, one in azure.assets.items() if path.startswith(begin)}
        counting = {
            name: one["systemData"]["createdAt"]
            for name, one in versions.items()
            if match.why_not(model, one["properties"].get("tags") or {}, {}) is None
        }
        if version in counting and counting[version] == max(counting.values()):
            yield Broken("the newest is deployed", f"{run.id}: version {version} is superseded, and the newest")


def _traffic(azure: Azure, runs: list[Judged]) -> Iterator[Broken]:
    """All or none, on deployments that are ready, and only where a run succeeded or somebody else said so."""
    for endpoint in azure.endpoints.values():
        on_it = [run for run in runs if run.order.endpoint == endpoint.name]
        outsiders = any(act.by == OUTSIDER for act in acts_on(azure, endpoint_key(endpoint.name)))
        if sum(endpoint.traffic.values()) not in (0, 100):
            yield Broken("traffic is all or none", f"{endpoint.name}: {endpoint.traffic}")
        for name in endpoint.traffic:
            deployment = endpoint.deployments.get(name)
            theirs = last_put_by(azure, deployment_key(endpoint.name, name)) == OUTSIDER
            told = any(_left_changed(run, endpoint.name, name) for run in on_it)
            if deployment is None or (deployment.state != "Succeeded" and not (theirs or told)):
                yield Broken("traffic on what is ready", f"{endpoint.name}: {endpoint.traffic}")
            if not outsiders and not any(run.answers_for(name) for run in on_it):
                yield Broken("traffic as it was", f"{endpoint.name}: {endpoint.traffic}, and nobody tells of it")
        given = any(run.succeeded and run.fates("traffic") for run in on_it) and not any(map(_takes_away, on_it))
        if given and not outsiders and not endpoint.traffic:
            yield Broken("traffic as it was", f"{endpoint.name} has none, though a run succeeded that gave it")


def _left_changed(run: Judged, endpoint: str, name: str) -> bool:
    """Whether it tells that a change of the deployment could not be taken back."""
    key = deployment_key(endpoint, name)
    return any(one.kind == "deployment_update" and one.id == key and one.fate == "undo_failed" for one in run.ledger)


def _takes_away(run: Judged) -> bool:
    """Whether it was asked to leave an endpoint, or what is on it, without traffic."""
    return run.deletes or any(one.kind == "traffic" and one.after == {} for one in run.ledger)


def _taken_after(azure: Azure, assignment: str, endpoint: str) -> bool:
    """Whether somebody else removed the endpoint after the role was granted to its identity."""
    granted = max((act.moment for act in acts_on(azure, assignment) if act.what == "put"), default=azure.now)
    removed = [act for act in acts_on(azure, endpoint) if act.what == "delete" and act.by == OUTSIDER]
    return any(act.moment >= granted for act in removed)
