"""What callers see of a deployment: steps, result, error, and the ledger of what the run made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.activities import Observed
from contracts.base import Contract, Json
from contracts.errors import Failure
from contracts.ledger import LedgerEntry
from contracts.plan import Percentages

StepState = Literal["running", "waiting", "succeeded", "failed", "skipped"]
DeploymentState = Literal["Pending", "Running", "Suspended", "Succeeded", "Failed", "Canceled"]


class StepStatus(Contract):
    """One step of the runbook."""

    name: str
    # A default, because defaults are left out of a custom status, and most steps of most runs have ended so.
    state: StepState = "succeeded"
    started: datetime
    ended: datetime | None = None
    attempts: int = 1
    waiting_until: datetime | None = None
    detail: str | None = None


class Progress(Contract):
    """Custom status of a deployment: at most 4 KiB on the wire, so defaults are left out there."""

    endpoint: str = ""
    deployment: str = ""
    model: str = ""
    digest: Annotated[str, Field(description="of the order: its input may not be readable any more")] = ""
    steps: list[StepStatus] = []
    ledger: list[LedgerEntry] = []
    error: Failure | None = None
    ended: Annotated[bool, Field(description="the run has ended in its own words; else the platform ended it")] = False

    def to_wire(self) -> dict[str, Any]:
        """As every contract, without what is said by a default."""
        return shown(self)


def shown(part: Contract) -> dict[str, Any]:
    """A progress, or one of its steps or entries, as it stands in a custom status."""
    return part.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class DeploymentResult(Contract):
    """A live, tested deployment, as it was read back."""

    observed: Observed
    answer: Annotated[Json, Field(description="what the model answered to the smoke test")] = None
    traffic_before: Percentages = {}
    ledger: list[LedgerEntry] = []


class DeploymentStatus(Contract):
    """Answer of `GET /api/deployments/{id}`."""

    id: str
    status: DeploymentState
    endpoint: str
    deployment: str
    model: str
    created: datetime | None = None
    updated: datetime | None = None
    steps: list[StepStatus] = []
    ledger: list[LedgerEntry] = []
    result: DeploymentResult | None = None
    error: Failure | None = None
    links: dict[str, str] = {}


class DeploymentList(Contract):
    """Answer of `GET /api/deployments`: newest first, steps and results left to the single status."""

    deployments: list[DeploymentStatus]
    next: Annotated[str | None, Field(description="URL of the next page")] = None


class EventOutcome(Contract):
    """What became of one model registration."""

    id: str
    model: str
    version: str
    outcome: Annotated[
        Literal["received", "ignored", "superseded", "invalid", "deploying", "deployed", "failed"],
        Field(description="superseded: a newer version was there; invalid: a policy for it cannot be used as it is"),
    ]
    reasons: list[str] = []
    deployments: Annotated[dict[str, str], Field(description="by policy: instance ID of the deployment started")] = {}
    policies: Annotated[str | None, Field(description="digest of the policies that it was decided by")] = None
    invalid: Annotated[list[str], Field(description="policies to mend; then the registration is decided again")] = []
    created: datetime | None = None

    def saying(self, *reasons: str) -> EventOutcome:
        """This outcome with these reasons before the others; as many as fit a custom status."""
        return self.model_copy(update={"reasons": bounded([*reasons, *self.reasons], REASONS_LIMIT_BYTES)})


# Of the reasons of one event, as JSON: the whole outcome is a custom status.
REASONS_LIMIT_BYTES = 2048


def bounded(lines: Sequence[str], limit: int) -> list[str]:
    """The first lines that take at most `limit` bytes of JSON; then one that says how many there are besides."""
    for index, line in enumerate(lines):
        limit -= len(json.dumps(line))
        if limit < 0:
            return [*lines[:index], f"and {len(lines) - index} more"]
    return [*lines]


class EventList(Contract):
    """Answer of `GET /api/events`: newest first."""

    events: list[EventOutcome]
    next: Annotated[str | None, Field(description="URL of the next page")] = None


class Health(Contract):
    """Answer of `GET /api/health`."""

    status: Literal["ok"]
    version: str
    workspace: str
