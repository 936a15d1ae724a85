"""What callers see of a deployment: steps, result, error, and the ledger of what the run made."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from contracts.activities import Observed, Percentages
from contracts.base import Contract, Json
from contracts.errors import Failure

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


class LedgerEntry(Contract):
    """Something this run made or changed, and what became of it."""

    kind: Literal["model", "environment", "code", "endpoint", "role_assignment", "deployment", "traffic"]
    name: str
    fate: Annotated[
        Literal["made", "undone", "stays", "undo_failed"],
        Field(description="made: in use; the others say what undo did after a failure"),
    ] = "made"
    reason: str | None = None


class Progress(Contract):
    """Custom status of a deployment: at most 4 KiB on the wire."""

    endpoint: str
    deployment: str
    model: str
    steps: list[StepStatus] = []
    ledger: list[LedgerEntry] = []
    error: Failure | None = None


class DeploymentResult(Contract):
    """A live, tested deployment, as it was read back."""

    observed: Observed
    answer: Json
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


class Health(Contract):
    """Answer of `GET /api/health`."""

    status: Literal["ok"]
    version: str
    workspace: str
