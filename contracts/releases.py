"""The releases of an endpoint: what served when, who asked for it, and what it was made from."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.base import Contract
from contracts.ledger import arm_id
from contracts.plan import Percentages

Outcome = Literal["live", "undone", "broken"]
BY_REQUEST = "request"


class Pin(Contract):
    """A deployment that serves, and what it is made from; references are those of a ledger."""

    deployment: str
    model: str | None = None
    environment: str | None = None
    code: str | None = None
    settings: Annotated[str, Field(description="digest of everything else that it is made from, but its size")] = ""
    run: Annotated[str | None, Field(description="id of the run that made it; none: somebody else did")] = None

    def for_people(self, workspace_id: str) -> Pin:
        """This pin with whole ARM ids."""
        references = {"model": self.model, "environment": self.environment, "code": self.code}
        return self.model_copy(
            update={name: arm_id(one, workspace_id) if one else None for name, one in references.items()}
        )


class Release(Contract):
    """One change of what an endpoint serves."""

    number: Annotated[int, Field(description="counted for each endpoint, from 1")] = 0
    run: Annotated[str, Field(description="id of the deployment or operation that made it")]
    kind: Annotated[str, Field(description="what that run does: deploy, rollback, …")]
    asked_by: Annotated[str, Field(description="`request`, or `policy` and its name")] = BY_REQUEST
    digest: Annotated[str, Field(description="of the request")] = ""
    deployment: Annotated[str, Field(description="the deployment that the run was about")] = ""
    serving: Annotated[list[Pin], Field(description="what had traffic in the end; the largest share first")] = []
    traffic_before: Percentages = {}
    traffic: Percentages = {}
    verdict: Annotated[str, Field(description="of the smoke test: passed, or why there was none")] = ""
    restores: Annotated[int | None, Field(description="number of the release that it rolled back to")] = None
    began: datetime
    ended: datetime
    outcome: Annotated[
        Outcome,
        Field(description="live: read back; undone: it failed, and what served before does; broken: that failed too"),
    ] = "live"

    def for_people(self, workspace_id: str) -> Release:
        """This release with whole ARM ids."""
        return self.model_copy(update={"serving": [pin.for_people(workspace_id) for pin in self.serving]})


class ReleaseList(Contract):
    """Answer of `GET /api/endpoints/{endpoint}/releases`: newest first, the last ones."""

    releases: list[Release]


class Target(Contract):
    """The release to go back to, and the one that serves now; none where there is no such release."""

    release: Release | None = None
    serving: Annotated[int, Field(description="number of the newest release that was not undone; 0: there is none")] = 0
    known: Annotated[list[int], Field(description="numbers of those that can be gone back to")] = []


class TargetOrder(Contract):
    """Input of `choose_release`: a release by its number, or the previous one."""

    endpoint: str
    number: Annotated[int | None, Field(description="none: the previous one")] = None
    run: Annotated[str | None, Field(description="id of a run that asks again: its own release does not count")] = None


class OrderRef(Contract):
    """What a deployment was made with: all that its run was asked for, or one part of that."""

    run: str
    deployment: str
    part: Annotated[str | None, Field(description="none: all of it")] = None


class StoredOrder(Contract):
    """The request that a run was started with, or a part of it; none where the task hub does not tell any more."""

    request: dict[str, Any] | None = None
    digest: str = ""
    run: Annotated[str, Field(description="id of the run that was started with it")] = ""


class ServingInput(Contract):
    """Look at what these deployments are made from by now."""

    endpoint: str
    serving: list[Pin]


class ServingNow(Contract):
    """Of the deployments that were asked for: which are as they were pinned, which are gone or failed, which differ."""

    same: list[str] = []
    gone: list[str] = []
    other: list[str] = []
