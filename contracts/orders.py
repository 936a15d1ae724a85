"""What each orchestration is started with: one typed input, stored with the instance."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from contracts.base import Contract, Duration, Json
from contracts.errors import Failure
from contracts.events import ModelRegistered
from contracts.ledger import LedgerEntry
from contracts.queue import LeaveOrder, WhenBusy
from contracts.releases import BY_REQUEST
from contracts.request import Propagation
from contracts.status import EventOutcome, StepStatus

# The external event that cancels a run.
CANCEL = "cancel"

# Where in a request the part of a resource stands; any other resource's part has the name of its kind.
PARTS: dict[str, tuple[str, ...]] = {
    "environment": ("deployment", "environment"),
    "code": ("deployment", "code_configuration"),
    "role_assignment": ("access",),
    "data_asset": ("deployment", "data_collector"),
    "mirror_traffic": ("endpoint", "mirror_traffic"),
}


# How a deployment without a model is shown; no model can be called so without a version.
NO_MODEL = "none"


class Carried(Contract):
    """What an instance knew when it began anew under its own id: the platform had ended it, or its history was long."""

    resumptions: int = 0
    steps: list[StepStatus] = []
    ledger: list[LedgerEntry] = []
    error: Failure | None = None


class Ending(Contract):
    """All that is left to do for an instance: to leave the queue, to show this, and to fail or to answer."""

    failure: Annotated[Failure | None, Field(description="with what it fails; none: it answers its result")] = None
    result: Annotated[Json, Field(description="what it answers")] = None
    shown: Annotated[Json, Field(description="its custom status")] = None
    leaves: Annotated[LeaveOrder | None, Field(description="once more, where nobody knows whether it has left")] = None


class RunOrder(Contract):
    """The stored order of a run that writes, and waits for its turn to. Its request was judged at the front door."""

    request: dict[str, Any] = {}
    digest: str = ""
    accepted: datetime | None = None
    """When the front door took it; None when a policy asks for it."""
    carried: Carried = Carried()
    ending: Ending | None = None

    def part(self, name: str) -> Json:
        """What the request says of something; None when nothing."""
        return self.request.get(name)

    @property
    def when_busy(self) -> WhenBusy:
        """What to do while another run writes to the same."""
        wish: WhenBusy = self.part("when_busy") or "queue"
        return wish

    @property
    def interruptible(self) -> bool:
        """Whether a later request that supersedes may cancel this one."""
        return bool(self.part("interruptible"))


class DeployOrder(RunOrder):
    """Deploy this request; its parts are carried unread to the activities."""

    request: dict[str, Any]
    match: dict[str, Any] | None = None
    """That of the policy which asked: only versions it is for can supersede this one."""
    shares_endpoint: bool | None = None
    """Whether that policy allows the endpoint to serve other models too; None when a person asked, who may decide."""
    policy: str | None = None
    """Name of that policy."""

    def part(self, name: str) -> Json:
        """What the request says of a resource of that kind; None when nothing."""
        part: Json = self.request
        for place in PARTS.get(name, (name,)):
            part = part.get(place) if isinstance(part, dict) else None
        return part

    @property
    def endpoint(self) -> str:
        """The endpoint's name."""
        return str(self.part("endpoint")["name"])

    @property
    def deployment(self) -> str:
        """The deployment's name."""
        return str(self.part("deployment")["name"])

    @property
    def model(self) -> str:
        """The model as asked for, `name:version`; `@latest` where the request says so, `none` where there is none."""
        model = self.part("model")
        if isinstance(model, dict):
            return ":".join(str(model[part]) for part in ("name", "version") if model.get(part)) or "a model"
        return str(model).removeprefix("azureml:") if model else NO_MODEL

    @property
    def user_assigned_id(self) -> str | None:
        """ARM id of the endpoint's user-assigned identity; None when its identity is its own."""
        identities = (self.part("endpoint").get("identity") or {}).get("user_assigned_identities") or []
        return str(identities[0]["resource_id"]) if identities else None

    @property
    def asked_by(self) -> str:
        """Who asked: `request`, or `policy` and its name."""
        return f"policy {self.policy or ''}".strip() if self.policy or self.match is not None else BY_REQUEST

    @property
    def waived(self) -> str | None:
        """Why there is no smoke test; None when there is one."""
        why = (self.part("smoke_test") or {}).get("waived")
        return str(why) if why else None

    @property
    def keeps_on_failure(self) -> bool:
        """Whether what was made is to stay after a failure, to be looked at."""
        return bool(self.part("on_failure") == "keep")

    @property
    def propagation(self) -> Propagation:
        """How long role assignments are given to take effect."""
        return Propagation.from_wire((self.part("role_assignment") or {}).get("propagation") or {})


class WatchOrder(Contract):
    """Look at something with `activity` until it is done: the message to send, and how patiently."""

    activity: str
    message: Json
    first: Duration
    factor: float
    longest: Duration
    allowed: Duration
    """How long the watch may take in all."""
    tries: int = 0
    crashes: int = 0
    absences: int = 0
    deadline: datetime | None = None


class PolicyDeployment(Contract):
    """A deployment that a policy asks for."""

    policy: str
    instance_id: str
    order: DeployOrder


class ReactOrder(Contract):
    """Deploy a registered version as these policies ask.

    `outcome` is what is told of it so far: of an earlier decision, what that has started. `event` is kept as long as
    the registration may have to be decided again.
    """

    outcome: EventOutcome
    asked: list[PolicyDeployment] = []
    event: ModelRegistered | None = None
    digest: str = ""
    carried: Carried = Carried()
    ending: Ending | None = None
