"""What does not fit together, and its removal: what Slipway made and nothing needs, traffic that others changed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Contract
from contracts.ledger import LedgerEntry
from contracts.names import ArmId
from contracts.plan import PlanProblem
from contracts.queue import Queued
from contracts.values import Flag

StrayKind = Literal[
    "deployment_without_release", "grant_without_identity", "setting_without_deployment", "traffic_changed"
]


class Stray(Contract):
    """One thing that was found. Nothing is done about it unless somebody asks: `command` is what would."""

    kind: StrayKind
    id: Annotated[str, Field(description="ARM id")]
    endpoint: str | None = None
    made_by: Annotated[str | None, Field(description="id of the run that made it")] = None
    detail: str
    command: Annotated[str, Field(description="what removes or mends it")]


class FindingList(Contract):
    """Answer of `GET /api/findings`."""

    findings: list[Stray] = []
    unchecked: Annotated[list[str], Field(description="what could not be read, and so was not compared")] = []


class RemovalRequest(Queued):
    """Query parameters of removing what was found at an endpoint."""

    id: Annotated[ArmId | None, Field(description="that of one finding; without it, all that can be removed")] = None
    plan: Annotated[Flag, Field(description="only tell what would go; nothing is written")] = False


class RemovalInput(Contract):
    """Look what of an endpoint's findings can be removed by now."""

    endpoint: str
    mark: str
    id: Annotated[str | None, Field(description="only this one")] = None
    but: Annotated[list[str], Field(description="ids of what this run could not remove")] = []


class Going(Contract):
    """Something that is to be removed."""

    entry: LedgerEntry
    mark: Annotated[str | None, Field(description="that it must carry still; none: it goes with something")] = None


class Removal(Contract):
    """The next finding to be removed, and what goes before it; none when none is left that can be."""

    next: Annotated[list[Going], Field(description="in order; the finding is the last one")] = []
    stays: Annotated[dict[str, str], Field(description="why the endpoint's others stay, by name")] = {}
    problem: Annotated[PlanProblem | None, Field(description="why the one that was asked for stays")] = None
