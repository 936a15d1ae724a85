"""Operations: whatever writes to an endpoint besides deploying to it. What is asked, stored and told of each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from contracts.activities import Observed
from contracts.base import Contract, Json
from contracts.errors import Failure
from contracts.ledger import LedgerEntry
from contracts.orders import RunOrder
from contracts.plan import Percentages
from contracts.releases import BY_REQUEST
from contracts.status import DeploymentState, StepStatus


class OperationOrder(RunOrder):
    """Do this to an endpoint, or to one of its deployments."""

    endpoint: str
    deployment: str = ""
    asked_by: str = BY_REQUEST


class OperationResult(Contract):
    """What an operation has come to, as it was read back."""

    observed: Observed | None = None
    release: Annotated[int | None, Field(description="number of the release that serves again, of a rollback")] = None
    answers: Annotated[
        dict[str, Json], Field(description="what deployments answered to their smoke tests, by name")
    ] = {}
    answered: Annotated[
        dict[str, int], Field(description="how many real requests each deployment answered, when traffic was verified")
    ] = {}
    made_again: Annotated[
        dict[str, str], Field(description="deployments that were made again: the run whose request they are made from")
    ] = {}
    stays: Annotated[
        dict[str, str], Field(description="why things stay that might have gone by themselves, by name")
    ] = {}
    traffic_before: Percentages = {}
    ledger: list[LedgerEntry] = []


class OperationStatus(Contract):
    """Answer of `GET /api/operations/{id}`."""

    id: str
    kind: Annotated[str, Field(description="what it does: rollback, …")]
    status: DeploymentState
    endpoint: str
    deployment: str = ""
    created: datetime | None = None
    updated: datetime | None = None
    steps: list[StepStatus] = []
    ledger: list[LedgerEntry] = []
    result: OperationResult | None = None
    error: Failure | None = None
    links: dict[str, str] = {}


class OperationList(Contract):
    """Answer of `GET /api/operations`: newest first, steps and results left to the single status."""

    operations: list[OperationStatus]
    next: Annotated[str | None, Field(description="URL of the next page")] = None
