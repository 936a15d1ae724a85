"""What callers see of a deployment: steps, result, error, and the ledger of what the run made."""

from __future__ import annotations

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
    state: StepState
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
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


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
    outcome: Literal["received", "ignored", "deploying", "deployed", "failed"]
    reasons: list[str] = []
    deployments: Annotated[dict[str, str], Field(description="deployment instance ID by policy")] = {}
    created: datetime | None = None


class EventList(Contract):
    """Answer of `GET /api/events`: newest first."""

    events: list[EventOutcome]
    next: Annotated[str | None, Field(description="URL of the next page")] = None


class Health(Contract):
    """Answer of `GET /api/health`."""

    status: Literal["ok"]
    version: str
    workspace: str
