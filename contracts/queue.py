"""The queue of an endpoint: who may write to it, who waits, and what the queue answers.

One run writes to an endpoint at a time. The first in the queue is its owner; the others wait in the order in which they
were accepted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Contract
from contracts.releases import Release

# How the reason begins why a run is canceled that gives way to a later one.
SUPERSEDED_BY = "superseded by "
WhenBusy = Literal["queue", "reject", "supersede"]
# gone: it does not stand in the queue, or another instance waits for it by now.
Verdict = Literal["owner", "waits", "rejected", "superseded", "gone"]


class Queued(Contract):
    """What a request says of its turn at the endpoint."""

    when_busy: Annotated[
        WhenBusy,
        Field(description="while another run writes to the endpoint: wait in line, be refused, or replace who waits"),
    ] = "queue"
    interruptible: Annotated[
        bool, Field(strict=True, description="whether a later request with `when_busy: supersede` may cancel this one")
    ] = False


class Asker(Contract):
    """A run that wants to write to an endpoint."""

    id: str
    since: Annotated[datetime, Field(description="when it was accepted")]
    when_busy: WhenBusy = "queue"
    interruptible: Annotated[bool, Field(description="whether a later run that supersedes may cancel it")] = False
    woken: Annotated[str, Field(description="id of the instance that waits for it")] = ""
    event: Annotated[str, Field(description="name of the event that ends this wait")] = ""
    resumptions: Annotated[int | None, Field(description="how often it has been carried on; none: never")] = None


class Wake(Contract):
    """Somebody to be told, by an external event, that the queue has changed."""

    instance: str
    event: str
    reason: Annotated[str | None, Field(description="why a run is canceled, when that is what the event does")] = None


class Place(Contract):
    """What the queue answers: how a run stands in it, and whom the run has to wake.

    An entity cannot raise events in Python, so whoever called it does.
    """

    verdict: Verdict
    ahead: Annotated[int, Field(description="how many are before it, the owner included")] = 0
    by: Annotated[str | None, Field(description="the owner, or who superseded it")] = None
    wakes: list[Wake] = []


class EndpointQueue(Contract):
    """State of the entity: the owner first, then who waits; and what the endpoint has served, the newest first."""

    askers: list[Asker] = []
    superseded: Annotated[dict[str, str], Field(description="by whom, until they have been told")] = {}
    left: Annotated[
        dict[str, int], Field(description="left before they had entered: they had been carried on so often by then")
    ] = {}
    releases: list[Release] = []
    released: Annotated[int, Field(description="number of the newest release")] = 0
    expires: Annotated[str | None, Field(description="id of the operation that takes the endpoint at its time")] = None


class TurnOrder(Contract):
    """Input of `take_turn`; `looks` are those of its former histories."""

    endpoint: str
    asker: Asker
    looks: int = 0
    untold: Annotated[bool | None, Field(description="nobody has told it anything since its last look")] = None


class RunRef(Contract):
    """A run that stands in a queue, and what it has changed of what the endpoint serves."""

    id: str
    release: Release | None = None
    resumptions: Annotated[int | None, Field(description="how often it has been carried on; none: never")] = None
    expiry: Annotated[str | None, Field(description="id of the operation by which it lets the endpoint expire")] = None


class LeaveOrder(Contract):
    """Input of `leave_turn`."""

    endpoint: str
    run: RunRef


class Woken(Contract):
    """How many of those to be told could be told."""

    told: int = 0
