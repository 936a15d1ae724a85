"""Deleting a runtime: what is asked, stored and told of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.base import Contract
from contracts.ledger import LedgerEntry
from contracts.orders import RunOrder
from contracts.plan import PlanProblem
from contracts.releases import BY_REQUEST
from contracts.runtimes import queue_of
from contracts.teardown import DeleteRequest, Departure, LeftAlone
from contracts.values import Flag


class RuntimeDeletion(DeleteRequest):
    """Query parameters of a runtime's deletion."""

    force: Annotated[Flag, Field(description="also what others have made, and while a job runs on it")] = False
    with_compute: Annotated[
        Flag, Field(description="the compute instance too, where Slipway has made it and nothing else is on it")
    ] = False


class RuntimeDeletionOrder(RunOrder):
    """Delete this runtime."""

    compute: str
    name: str
    asked_by: str = BY_REQUEST

    @property
    def endpoint(self) -> str:
        """Where its turn is waited for, as whoever makes one does."""
        return queue_of(self.compute)

    @property
    def deployment(self) -> str:
        """Name of the application."""
        return self.name


class DepartingRuntimeInput(Contract):
    """Look at what is to be deleted."""

    compute: str
    name: str
    force: bool = False
    with_compute: bool = False
    spared: Annotated[list[str] | None, Field(description="ids of what stays, because a run relies on it")] = None


class RuntimeDeparture(Departure):
    """What a run needs to know of it."""

    starts: Annotated[bool, Field(description="the compute instance must run for its application to be taken")] = False
    stays: Annotated[dict[str, str], Field(description="why things stay, by name; not all of it where it is much")] = {}


class RuntimeTeardownPlan(Contract):
    """Answer of a runtime's deletion with `plan=true`: what would go, found out by reading only."""

    compute: str
    name: str
    removes: Annotated[list[LedgerEntry], Field(description="in order; with `goes_with`: Azure deletes it along")] = []
    leaves: list[LeftAlone] = []
    problems: Annotated[
        list[PlanProblem], Field(description="what it takes `force` for, and what Slipway itself may not do")
    ] = []
