"""Operations that a run starts for later, and what the one that retires superseded deployments needs to know."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from contracts.base import Contract
from contracts.ledger import LedgerEntry
from contracts.operations import OperationOrder


class StartOrder(Contract):
    """Start an operation that goes on when this run has ended; the same run starts it once."""

    mark: str
    operation: Annotated[str, Field(description="name of its orchestration")]
    order: OperationOrder


class Started(Contract):
    """An operation that was started, now or by an earlier try."""

    id: str


class SupersededInput(Contract):
    """Look for what served an endpoint before."""

    endpoint: str
    before: Annotated[datetime, Field(description="what was superseded later has time left")]


class SupersededDeployment(Contract):
    """A deployment that served in a release, and does not in the newest one."""

    deployment: str
    run: Annotated[str, Field(description="id of the run that made it")]
    due: Annotated[bool, Field(description="false: it has time left")] = True

    def to_wire(self) -> dict[str, Any]:
        """As every contract, without what is said by a default: thirty must fit one answer."""
        return self.model_dump(mode="json", exclude_defaults=True)


class SupersededDeployments(Contract):
    """What served before: the newest first, the one that a rollback would go back to before all others."""

    deployments: list[SupersededDeployment] = []


class RetirementInput(Contract):
    """Look which of those are to go by now."""

    endpoint: str
    keep: int
    superseded: list[SupersededDeployment]


class Retirement(Contract):
    """The next deployment to go, and what goes before it; none when none is left."""

    mark: Annotated[str, Field(description="that the deployment carries")] = ""
    next: Annotated[list[LedgerEntry], Field(description="in order; the deployment is the last one")] = []
    stays: Annotated[dict[str, str], Field(description="why others stay that served before, by name")] = {}


class ExpiryInput(Contract):
    """Look whether this operation still is the one by which an endpoint goes."""

    endpoint: str
    mark: str
    goes: Annotated[datetime, Field(description="when it goes: whoever reads the log is warned")]


class Expiry(Contract):
    """The operation by which an endpoint goes at its time; none: it stays."""

    by: str | None = None
