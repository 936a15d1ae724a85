"""What of an endpoint's findings is removed, in which order, and why other things stay; found out by reading only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from activities.departing import Departing, taken
from activities.monitoring import MonitorSettings
from activities.retiring import SETTLED
from activities.role_assignments import RoleAssignments
from activities.roles import role_with
from activities.scene import problem
from activities.strays import (
    MONITORED,
    Document,
    Things,
    deployment_of,
    holders,
    principal_of,
    signed_by,
)
from activities.teardown import belongings
from azure_api import begin
from azure_api.clients import clients
from contracts.endpoint_errors import MadeByOthers, StillNeeded, StillServing
from contracts.failure import DeploymentError
from contracts.findings import Going, Removal, Stray
from contracts.ledger import LedgerEntry, deployment_reference, endpoint_reference
from contracts.marks import mark_in
from contracts.plan import PlanProblem
from contracts.releases import Release
from contracts.teardown import LeftAlone, TeardownPlan

# What goes first: a finding may be what another one was made for.
ORDER = ("setting_without_deployment", "deployment_without_release", "grant_without_identity")
REASONS_TOLD = 10
DEPLOYMENT = "deployment"


@dataclass(frozen=True)
class Staying:
    """Something at the endpoint, or about it, that is not removed."""

    kind: str
    id: str
    name: str
    why: DeploymentError


@dataclass(frozen=True)
class Compared:
    """An endpoint's things, compared with its releases.

    Attributes:
        strays: what is found.
        in_use: ids of those that a run relies on which has not ended, and which run that is.
    """

    endpoint: str
    things: Things
    releases: Sequence[Release]
    strays: Sequence[Stray]
    in_use: dict[str, str]

    @property
    def removable(self) -> list[Stray]:
        """In the order in which they go."""
        unsettled = {
            str(one["id"])
            for every in self.things.deployments.values()
            for one in every
            if one["properties"].get("provisioningState") not in SETTLED
        }
        left = [one for one in self.strays if one.kind in ORDER and one.id not in unsettled | self.in_use.keys()]
        return sorted(left, key=lambda one: ORDER.index(one.kind))

    def staying(self) -> Iterator[Staying]:
        """All that stays, and why."""
        gone = {one.id.lower() for one in self.removable}
        every = (*self._deployments(), *self._settings(gone), *self._grants(), *self._traffic())
        return (one for one in every if one.id.lower() not in gone)

    def _deployments(self) -> Iterator[Staying]:
        for endpoint, every in self.things.deployments.items():
            for one in every:
                name = str(one["name"]).lower()
                why = self._why_deployment(self.things.endpoints[endpoint]["properties"], one, name)
                yield Staying(DEPLOYMENT, str(one["id"]), name, why)

    def _why_deployment(self, endpoint: Document, one: Document, name: str) -> DeploymentError:
        share, copied = (begin.shares(endpoint.get(part)).get(name) for part in ("traffic", "mirrorTraffic"))
        if not mark_in(one):
            return MadeByOthers(f"deployment {name} was not made by Slipway")
        if share:
            return StillServing(f"deployment {name} has {share} % of the traffic")
        if copied:
            return StillServing(f"deployment {name} gets a copy of {copied} % of the traffic")
        served = [release.number for release in self.releases for pin in release.serving if pin.deployment == name]
        if served:
            return StillNeeded(f"deployment {name} has served in release {max(served)}")
        run, state = self.in_use.get(str(one["id"])), one["properties"].get("provisioningState")
        return StillNeeded(f"the run {run} works on deployment {name}" if run else f"deployment {name} is {state}")

    def _settings(self, gone: set[str]) -> Iterator[Staying]:
        """But those that go with what is removed."""
        for one in self.things.settings:
            about, name = deployment_of(one, self.things), str(one["name"])
            why: DeploymentError = StillNeeded(f"{name} is about deployment {about}")
            if not mark_in(one):
                why = MadeByOthers(f"{name} was not made by Slipway")
            elif any(one.endswith(f"/deployments/{about}".lower()) for one in gone):
                continue
            yield Staying(room_of(one).kind, str(one["id"]), name, why)

    def _grants(self) -> Iterator[Staying]:
        """Those that were found and are relied on."""
        for one in self.strays:
            if one.kind == "grant_without_identity" and one.id in self.in_use:
                why = StillNeeded(f"the run {self.in_use[one.id]} has not ended, and relies on it")
                yield Staying(RoleAssignments.kind, one.id, one.id.rsplit("/", 1)[-1], why)

    def _traffic(self) -> Iterator[Staying]:
        for one in self.strays:
            if one.kind == "traffic_changed":
                yield Staying("traffic", one.id, "traffic", StillServing(f"{one.detail}: {one.command}"))

    def why_not(self, identifier: str) -> PlanProblem | None:
        """Why the thing of that id is not removed, if it is there."""
        for one in (*self.staying(), *self._granted(identifier)):
            if one.id.lower() == identifier.lower():
                return problem("id", one.why)
        return None

    def _granted(self, identifier: str) -> Iterator[Staying]:
        """A role assignment of that id that was not found to be one too many."""
        found = {one.id.lower() for one in self.strays}
        for one in self.things.grants:
            if str(one["id"]).lower() == identifier.lower() and identifier.lower() not in found:
                who = holders(self.things).get(principal_of(one)) or "somebody else"
                why = StillNeeded(f"the identity of {who} has this role")
                ours = signed_by(one) is not None
                said = why if ours else MadeByOthers("the role was not granted by Slipway")
                yield Staying(RoleAssignments.kind, str(one["id"]), str(one["name"]), said)

    def going(self, stray: Stray) -> list[Going]:
        """What is removed for one finding, in order."""
        if stray.kind == "deployment_without_release":
            name = stray.id.rsplit("/", 1)[-1].lower()
            with_it = [Going(entry=one) for one in taken(belongings(Departing(self.endpoint, name)))]
            itself = deployment_reference(self.endpoint, name).lower()
            return [
                *(one for one in with_it if one.entry.id.lower() != itself),
                _going(DEPLOYMENT, itself, stray, name),
            ]
        if stray.kind == "setting_without_deployment":
            [setting] = [one for one in self.things.settings if str(one["id"]) == stray.id]
            return [_going(room_of(setting).kind, stray.id, stray, str(setting["name"]))]
        [grant] = [one for one in self.things.grants if str(one["id"]) == stray.id]
        gone = endpoint_reference(self.endpoint)
        return [_going(RoleAssignments.kind, stray.id, stray, called(grant), goes_with=gone)]


def _going(kind: str, identifier: str, stray: Stray, name: str, goes_with: str | None = None) -> Going:
    entry = LedgerEntry(kind=kind, id=identifier, how="found", name=name, goes_with=goes_with)
    return Going(entry=entry, mark=stray.made_by)


def next_to_go(found: Compared, only: str | None, but: Iterable[str]) -> Removal:
    """The first of those that can be removed, but for some; why the others stay."""
    said = {one.name: one.why.message for one in found.staying()} if only is None else {}
    stays = dict([*said.items()][:REASONS_TOLD])
    for stray in found.removable:
        going = found.going(stray) if only is None or stray.id.lower() == only.lower() else []
        if going and going[-1].entry.id not in but:
            return Removal(next=going, stays=stays)
    return Removal(stays=stays, problem=found.why_not(only) if only else None)


def whole_plan(found: Compared, only: str | None) -> TeardownPlan:
    """All of that for whoever asked."""
    workspace_id = clients().settings.workspace_id
    wanted = [one for one in found.removable if only is None or one.id.lower() == only.lower()]
    why_not = found.why_not(only) if only and not wanted else None
    return TeardownPlan(
        endpoint=found.endpoint,
        removes=[going.entry.for_people(workspace_id) for one in wanted for going in found.going(one)],
        leaves=[LeftAlone(kind=one.kind, id=one.id, name=one.name, reason=one.why.message) for one in found.staying()]
        if only is None
        else [],
        problems=[why_not] if why_not else [],
    )


def room_of(setting: Document) -> MonitorSettings[object]:
    """The room of a setting of Azure Monitor."""
    return next(one for one in MONITORED if f"/{one.resource_type}/".lower() in str(setting["id"]).lower())


def called(grant: Document) -> str:
    """A role assignment in words."""
    properties = grant["properties"]
    guid, scope = str(properties["roleDefinitionId"]).rsplit("/", 1)[-1], str(properties["scope"])
    role = role_with(guid)
    return f"{role.name if role else guid} on {scope.rsplit('/', 1)[-1]}"
