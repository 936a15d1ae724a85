"""What must hold when a schedule has come to rest: one function over the ledgers of all runs and the state of Azure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from contracts.digests import digest
from contracts.errors import Superseded
from contracts.ledger import LedgerEntry
from contracts.orders import DeployOrder
from contracts.policy import Match
from contracts.status import DeploymentResult, EventOutcome, Progress
from orchestrations.policies import PROGRESS_LIMIT_BYTES
from tests.schedules.azure import Azure
from tests.schedules.hub import CHILDREN, Instance
from tests.schedules.play import Played
from tests.schedules.records import OUTSIDER, Act, deployment_key, endpoint_key, mark_in

ASSETS = ("model", "environment", "code")
LEFT = ("in_use", "stays", "undo_failed")


@dataclass(frozen=True)
class Broken:
    """A promise that was not kept: its name, and what shows it."""

    promise: str
    text: str


def broken(played: Played) -> list[Broken]:
    """Every promise that a schedule broke."""
    runs = [Judged(instance, played.azure) for instance in played.deployments]
    found = [*_ends(played)]
    for run in runs:
        found += [*run.ledger_is_true(), *run.nothing_is_orphaned()]
    return [*found, *_roles(played.azure, runs), *_traffic(played.azure, runs), *_superseded(played.azure, runs)]


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
        failed = instance.status == "Failed" and instance.name == "deploy" and not instance.foreign
        if failed and (instance.shown is None or Progress.from_wire(instance.shown).error is None):
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


class Judged:
    """One run and its ledger, beside what Azure has."""

    def __init__(self, instance: Instance, azure: Azure) -> None:
        self.instance = instance
        self.id = instance.id
        self.order = DeployOrder.from_wire(instance.given)
        self.ledger = _ledger(instance)
        self._azure = azure

    @property
    def succeeded(self) -> bool:
        """Whether it ended well."""
        return self.instance.status == "Completed"

    @property
    def code(self) -> str:
        """Of its failure; "" for none."""
        error = Progress.from_wire(self.instance.shown).error if self.instance.shown else None
        return error.code if error else ""

    def ledger_is_true(self) -> Iterator[Broken]:
        """What stands in it as made, found or left is there, and what was undone is not."""
        if self.instance.status not in ("Completed", "Failed"):
            return
        for entry in self.ledger:
            if entry.kind == "traffic" or (entry.how == "found" and not self.succeeded):
                continue
            there, ours = _there(self._azure, entry), _mark(self._azure, entry, self.id)
            if entry.fate in ("in_use", "stays") and not there and not self._gone_since(entry):
                yield Broken(self._promise(entry), f"{self.id}: {entry.kind} {entry.id} {became(entry)}, and gone")
            if entry.fate == "undone" and there and ours:
                yield Broken("the ledger is true", f"{self.id}: {entry.kind} {entry.id} is undone, and there")
            if entry.fate == "in_use" and not self.succeeded:
                yield Broken("everything is undone", f"{self.id}: {entry.kind} {entry.id} is in use after a failure")

    def nothing_is_orphaned(self) -> Iterator[Broken]:
        """What carries its mark is in its ledger."""
        told = {entry.id.lower() for entry in self.ledger if entry.fate in LEFT}
        for key in _marked(self._azure, self.id):
            if key.lower() not in told:
                yield Broken("no orphan", f"{self.id}: {key} carries its mark and is not in its ledger")

    def taken_since(self, key: str) -> bool:
        """Whether somebody else changed or removed it after this run's last look at it."""
        looked = self._azure.looks.get((self.id, key.lower()))
        others = [act for act in acts_on(self._azure, key) if act.by == OUTSIDER]
        return any(looked is None or act.moment >= looked for act in others)

    def _gone_since(self, entry: LedgerEntry) -> bool:
        """Whether it was somebody else's to take: a role goes with its endpoint, also after the run that granted it."""
        acts = acts_on(self._azure, entry.goes_with) if entry.goes_with else []
        ended = self.instance.ended
        with_it = any(act.what == "delete" and ended is not None and act.moment >= ended for act in acts)
        return with_it or self.taken_since(entry.id)

    def fates(self, kind: str) -> list[str]:
        """What became of everything of that kind."""
        return [entry.fate for entry in self.ledger if entry.kind == kind]

    def _promise(self, entry: LedgerEntry) -> str:
        removed = [act for act in acts_on(self._azure, entry.id) if act.what == "delete"]
        by_another = removed and removed[-1].by not in (self.id, OUTSIDER)
        return "what one run confirmed stays" if by_another else "the ledger is true"


def _ledger(instance: Instance) -> list[LedgerEntry]:
    if instance.status == "Completed":
        return DeploymentResult.from_wire(instance.output).ledger
    return Progress.from_wire(instance.shown).ledger if instance.shown else []


def became(entry: LedgerEntry) -> str:
    """What a ledger says became of something, and why."""
    return f"is {entry.fate}" + (f" ({entry.reason})" if entry.reason else "")


def acts_on(azure: Azure, key: str) -> list[Act]:
    """Everybody's writes to something."""
    return [act for act in azure.acts if act.key == key.lower()]


def _there(azure: Azure, entry: LedgerEntry) -> bool:
    parts = entry.id.split("/")
    if entry.kind in ASSETS:
        return entry.id in azure.assets
    if entry.kind == "endpoint":
        return parts[1] in azure.endpoints
    if entry.kind == "deployment":
        return parts[1] in azure.endpoints and parts[3] in azure.endpoints[parts[1]].deployments
    return entry.id.lower() in (azure.assignments if entry.kind == "role_assignment" else azure.settings)


def _mark(azure: Azure, entry: LedgerEntry, mark: str) -> bool:
    return entry.id.lower() in {key.lower() for key in _marked(azure, mark)}


def _marked(azure: Azure, mark: str) -> list[str]:
    """Everything in Azure that carries a mark."""
    found = [path for path, document in azure.assets.items() if mark_in(document) == mark]
    for endpoint in azure.endpoints.values():
        found += [endpoint_key(endpoint.name)] if endpoint.mark == mark else []
        key = endpoint_key(endpoint.name)
        found += [f"{key}/deployments/{one.name}" for one in endpoint.deployments.values() if one.mark == mark]
    found += [key for key in azure.assignments if _granted_by(azure, key) == mark]
    return found + [key for key in azure.settings if key.endswith(digest(mark, 12))]


def _granted_by(azure: Azure, key: str) -> str:
    return str(azure.assignments[key]["properties"].get("description") or "").rsplit(" ", 1)[-1]


def _roles(azure: Azure, runs: list[Judged]) -> Iterator[Broken]:
    """A principal that is gone has no roles, but those that the ledger of a run tells of."""
    by_id = {run.id: run for run in runs}
    for key, assignment in azure.assignments.items():
        run = by_id.get(_granted_by(azure, key))
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
        if run.code != Superseded.__name__ or run.order.match is None:
            continue
        model, version = run.order.model.split(":")
        match, begin = Match.from_wire(run.order.match), f"models/{model}/versions/"
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
            theirs = _last_put_by(azure, deployment_key(endpoint.name, name)) == OUTSIDER
            if deployment is None or (deployment.state != "Succeeded" and not theirs):
                yield Broken("traffic on what is ready", f"{endpoint.name}: {endpoint.traffic}")
            if not outsiders and not any(_answers_for(run, name) for run in on_it):
                yield Broken("traffic as it was", f"{endpoint.name}: {endpoint.traffic}, and nobody tells of it")
        given = any(run.succeeded and run.fates("traffic") for run in on_it)
        if given and not outsiders and not endpoint.traffic:
            yield Broken("traffic as it was", f"{endpoint.name} has none, though a run succeeded that gave it")


def _taken_after(azure: Azure, assignment: str, endpoint: str) -> bool:
    """Whether somebody else removed the endpoint after the role was granted to its identity."""
    granted = max((act.moment for act in acts_on(azure, assignment) if act.what == "put"), default=azure.now)
    removed = [act for act in acts_on(azure, endpoint) if act.what == "delete" and act.by == OUTSIDER]
    return any(act.moment >= granted for act in removed)


def _last_put_by(azure: Azure, key: str) -> str:
    return next((act.by for act in reversed(acts_on(azure, key)) if act.what == "put"), "")


def _answers_for(run: Judged, deployment: str) -> bool:
    if run.order.deployment != deployment:
        return False
    left = any(fate in ("stays", "undo_failed") for fate in run.fates("traffic"))
    return run.succeeded or run.instance.status == "Terminated" or left
