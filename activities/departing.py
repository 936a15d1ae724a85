"""What is to be deleted, and what goes with it: each resource's own room says what there is of its kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from activities.scene import problem
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.endpoint_errors import MadeByOthers
from contracts.failure import DeploymentError
from contracts.ledger import LedgerEntry, endpoint_reference, short_name
from contracts.plan import PlanProblem
from contracts.teardown import LeftAlone

# How many things and problems a history is told of at once; what is left over is found by the next look.
TOLD_AT_ONCE, PROBLEMS_TOLD = 6, 3
HOW = "slipway delete <what> --force"


class Departing:
    """An endpoint that is to be deleted, or one of its deployments."""

    def __init__(self, endpoint: str, deployment: str | None) -> None:
        self.endpoint = endpoint
        self.deployment = deployment

    @property
    def reference(self) -> str:
        """That of the endpoint."""
        return endpoint_reference(self.endpoint)

    @cached_property
    def deployments(self) -> list[str]:
        """Names of the deployments that go."""
        return [self.deployment] if self.deployment else begin.deployments_of(self.endpoint)

    @cached_property
    def on_it(self) -> list[Any]:
        """All the deployments of the endpoint, as they are."""
        with translated():
            return list(clients().ml.online_deployments.list(self.endpoint))

    @property
    def marks(self) -> set[str]:
        """The runs that have made the endpoint, and what is on it."""
        marks = {begin.mark_of(one) for one in (self.entity, *self.on_it)}
        return {mark for mark in marks if mark}

    @cached_property
    def entity(self) -> Any:
        """The endpoint as it is; None when it is gone."""
        return begin.find_endpoint(self.endpoint)


@dataclass(frozen=True)
class Belonging:
    """Something that belongs to what is to be deleted.

    Attributes:
        entry: what it is; with `goes_with` when Azure deletes it along with that.
        left: why it is not taken; None when it goes.
        told: whether the ledger says so too: Slipway has made it.
        problems: why it should not go, which force overrides.
    """

    entry: LedgerEntry
    left: str | None = None
    told: bool = False
    problems: list[DeploymentError] = field(default_factory=list)


def taken(found: list[Belonging]) -> list[LedgerEntry]:
    """What of that a run removes itself, in order: the rest stays, or goes along with what it is on."""
    return [one.entry for one in found if one.left is None and one.entry.goes_with is None]


def problems_of(found: list[Belonging], command: str = HOW, *, only_ours: bool = False) -> list[PlanProblem]:
    """What it takes `force` for; with `only_ours`, what others have made."""
    errors = [error for one in found for error in one.problems if not only_ours or isinstance(error, MadeByOthers)]
    return [problem("force", error, command) for error in errors]


def left_alone(belonging: Belonging, workspace_id: str) -> LeftAlone:
    """What is told of something that is not taken."""
    entry = belonging.entry.for_people(workspace_id)
    return LeftAlone(kind=entry.kind, id=entry.id, name=entry.name or short_name(entry.id), reason=belonging.left or "")
