"""What orchestrations hand to activities and get back: one message in, one message out.

Every input carries a `mark`, the orchestration's instance ID: resources are marked with it, so that an activity that
runs twice recognises its own work, and undo removes exactly what this instance made.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from contracts.base import Contract, Json
from contracts.container_log import Container
from contracts.errors import Failure
from contracts.ledger import LedgerEntry
from contracts.plan import NeededRole, Percentages, Resolved
from contracts.releases import Pin


class EnsureInput(Contract):
    """Make sure that a resource is as wanted."""

    mark: str
    wanted: Annotated[
        Json, Field(description="the resource's part of the request, where it has one; only its room reads it")
    ] = None
    resolved: Resolved = Resolved()


class Ensured(Contract):
    """What was made, changed or found, for the ledger."""

    entries: list[LedgerEntry] = []
    done: Annotated[bool, Field(description="false: begun, to be watched")] = True
    refused: Annotated[Failure | None, Field(description="why not all was made, once some was")] = None

    def to_wire(self) -> dict[str, Any]:
        """As every contract, without what is said by a default: ten role assignments must fit one answer."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class EndpointEnsured(Ensured):
    """An endpoint, and who it is towards other services."""

    principal_id: str


class RolesEnsured(Ensured):
    """The role assignments of the endpoint's identity, and since when the newest one exists."""

    newest: Annotated[datetime | None, Field(description="createdOn of the newest assignment; none: no grants")] = None


class EntryInput(Contract):
    """Look at, or remove, what this ledger entry refers to."""

    mark: str
    entry: LedgerEntry
    keep: Annotated[str | None, Field(description="why the request wants it to stay")] = None
    claimed_by: Annotated[str | None, Field(description="id of another run that seems to rely on it")] = None
    for_good: Annotated[bool | None, Field(description="whoever made it: somebody has asked that it goes")] = None
    canceled: Annotated[
        bool | None, Field(description="the run was canceled: what a next attempt would begin with goes too")
    ] = None

    @property
    def wish(self) -> str | None:
        """Why somebody wants it to stay."""
        return self.keep or (f"{self.claimed_by} has confirmed it" if self.claimed_by else None)


class Provisioning(Contract):
    """How far making or removing something is."""

    state: str
    done: bool
    absent: Annotated[bool, Field(description="Azure answered that it does not exist")] = False
    stays: Annotated[str | None, Field(description="why it is not removed")] = None
    ours: Annotated[bool, Field(description="false: what is there is not this run's work")] = True


class Claim(Contract):
    """Who else relies on something."""

    claimed_by: Annotated[str | None, Field(description="id of the deployment that has confirmed it")] = None


class KeptLogs(Contract):
    """Which logs of a deployment are kept by now."""

    kept: list[Container] = []
    nothing: Annotated[str | None, Field(description="why there was no log to keep")] = None


class Grants(Contract):
    """What the role assignments' room is asked for: these roles for that identity."""

    principal_id: str
    roles: list[NeededRole]
    goes_with: Annotated[str | None, Field(description="the endpoint whose own identity it is")] = None
    principal_type: Annotated[str | None, Field(description="User; none: the identity of a service")] = None


class TrafficInput(Contract):
    """Read an endpoint's traffic, and what giving it `traffic` would change."""

    endpoint: str
    traffic: Percentages


class TrafficShift(Contract):
    """Traffic before and after."""

    before: Percentages
    after: Percentages
    mirrored: Annotated[Percentages | None, Field(description="mirror traffic as it is, where it was read")] = None

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return self.before != self.after


class SmokeTestInput(Contract):
    """Send one case of the smoke test to this deployment and check the answer."""

    endpoint: str
    deployment: str
    test: Json
    model: Annotated[
        str | None, Field(description="reference of the model, where it is asked for a request to send")
    ] = None


class SmokeTestResult(Contract):
    """A real answer of the deployment, and that it was as expected."""

    deployment: str
    http_status: int
    answer: Annotated[Json, Field(description="the answer, or its beginning as text when it is long")] = None
    milliseconds: float
    sent: Annotated[str | None, Field(description="where the request came from, when nobody wrote it")] = None


class ReadBackInput(Contract):
    """Read back what the run produced."""

    endpoint: str
    deployment: Annotated[str, Field(description="empty: the run was about none of them")]
    model: str
    traffic: Percentages | None = None
    pin: Annotated[
        list[str] | None, Field(description="tell what these are made from; none: all that have traffic")
    ] = None


class Observed(Contract):
    """What was read back from Azure after the last step."""

    endpoint: str
    deployment: str
    model_id: str
    principal_id: str
    scoring_uri: str
    traffic: Percentages
    serving: Annotated[list[Pin], Field(description="what has traffic; the largest share first")] = []
    unpinned: Annotated[
        list[str] | None, Field(description="have traffic as well, and did not fit this answer: to be asked for")
    ] = None


class RegistrationRef(Contract):
    """Names the model version that was registered, and which of its versions count beside it."""

    model: str
    version: str
    match: Annotated[Json, Field(description="a policy's: versions it is not for are left out")] = None


class NewestVersion(Contract):
    """The newest registered version that counts, by registration time; none when there is none."""

    version: str | None = None
