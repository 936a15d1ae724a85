"""Deleting an endpoint, or one of its deployments, with what Slipway has made for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.base import Contract
from contracts.ledger import LedgerEntry
from contracts.plan import Percentages, PlanProblem
from contracts.queue import Queued
from contracts.values import Flag


class DeleteRequest(Queued):
    """Query parameters of a deletion."""

    force: Annotated[Flag, Field(description="also what has traffic, and what others have made")] = False
    plan: Annotated[Flag, Field(description="only tell what would go; nothing is written")] = False


class DepartingInput(Contract):
    """Look at what is to be deleted: an endpoint, or one of its deployments."""

    endpoint: str
    deployment: str | None = None
    force: bool = False
    only_ours: Annotated[bool | None, Field(description="with its traffic, and without what others have made")] = None
    spared: Annotated[list[str] | None, Field(description="ids of what stays, because another run relies on it")] = None


class Departure(Contract):
    """What a run needs to know of it: small enough for a history, whatever there is."""

    there: Annotated[bool, Field(description="false: what was to be deleted is gone already")]
    next: Annotated[
        list[LedgerEntry], Field(description="what goes first, in order; not all of it where it is much")
    ] = []
    traffic: Percentages = {}
    mirrored: Percentages = {}
    problems: list[PlanProblem] = []
    shared: Annotated[bool | None, Field(description="it has an identity that others may have too")] = None
    left: Annotated[
        list[LedgerEntry] | None, Field(description="what Slipway has made and stays, as many as fit, with the reason")
    ] = None


class LeftAlone(Contract):
    """Something that belongs to it and is not taken, and why."""

    kind: str
    id: str
    name: str
    reason: str


class TeardownPlan(Contract):
    """Answer of a deletion with `plan=true`: what would go, found out by reading only."""

    endpoint: str
    deployment: str | None = None
    removes: Annotated[list[LedgerEntry], Field(description="in order; with `goes_with`: Azure deletes it along")] = []
    leaves: list[LeftAlone] = []
    problems: Annotated[list[PlanProblem], Field(description="what stands in the way, or takes `force`")] = []
