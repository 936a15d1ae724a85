"""Compute-instance runtimes of prompt flow: what a caller asks for, what a plan finds, what callers see.

A runtime is a custom application on a compute instance ("Create and manage prompt flow runtimes"). The compute's fields
are those of the `az ml` file of a compute instance. Of an automatic runtime nothing can be made beforehand: the studio
makes it when a flow is opened.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from contracts.activities import Ensured
from contracts.assets import ResourceTags
from contracts.base import Contract
from contracts.errors import Failure
from contracts.ledger import LedgerEntry
from contracts.names import (
    HOST_PATH,
    OBJECT_ID,
    VARIABLE,
    ApplicationName,
    ComputeName,
    ImageName,
    InstanceType,
)
from contracts.online import EndpointIdentity
from contracts.orders import RunOrder
from contracts.plan import NeededRole, PlanRemark, PlanVerdict
from contracts.queue import Queued
from contracts.references import EnvironmentReference
from contracts.releases import BY_REQUEST
from contracts.request import Propagation
from contracts.status import DeploymentState, StepStatus
from contracts.values import Whole

# The base image of the document; it gets no updates since prompt flow's end, which the result says.
DEFAULT_IMAGE = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime-stable:latest"
# azure-ai-ml: ports lie between its PORT_MIN_VALUE and PORT_MAX_VALUE, neither of them included.
PORT = Field(ge=1026, le=65534)
# "Create an Azure Machine Learning compute instance": 15 minutes to 3 days of idle time.
IDLE_MINUTES = Field(ge=15, le=4320)
# One line of queues for all that is written to: no endpoint has a dot in its name.
QUEUE = "compute."


def at_most_one(identity: EndpointIdentity | None) -> EndpointIdentity | None:
    """The identity of a runtime; raises ValueError where several are named."""
    if identity and len(identity.user_assigned_identities) > 1:
        raise ValueError("name one identity: the one that pulls the image")
    return identity


def queue_of(compute: str) -> str:
    """The line of those who write to a compute instance."""
    return f"{QUEUE}{compute}"


def compute_of(queue: str) -> str:
    """The compute instance that a line is of; "" for another's."""
    return queue.removeprefix(QUEUE) if queue.startswith(QUEUE) else ""


ObjectId = Annotated[str, Field(pattern=OBJECT_ID)]
HostPath = Annotated[str, Field(pattern=HOST_PATH)]
VariableName = Annotated[str, Field(pattern=VARIABLE)]
VariableValue = Annotated[str, Field(max_length=500)]


class AssignedUser(Contract):
    """Whose compute instance it is; compute instances are isolated by user."""

    user_object_id: ObjectId
    user_tenant_id: ObjectId


class RuntimeCompute(Contract):
    """The compute instance: made when there is none of that name, else confirmed as it is and started when stopped."""

    name: ComputeName
    size: Annotated[InstanceType | None, Field(description="needed for a new one")] = None
    create_on_behalf_of: AssignedUser | None = None
    idle_time_before_shutdown_minutes: Annotated[Whole, IDLE_MINUTES] | None = None
    identity: EndpointIdentity | None = None
    tags: ResourceTags = {}

    @field_validator("identity")
    @classmethod
    def _one(cls, value: EndpointIdentity | None) -> EndpointIdentity | None:
        return at_most_one(value)

    @property
    def user_assigned_id(self) -> str | None:
        """ARM id of its user-assigned identity; None for one of its own."""
        named = self.identity.user_assigned_identities if self.identity else []
        return named[0].resource_id if named else None


class Ports(Contract):
    """Where the application listens in its container, and where the compute instance shows that."""

    target: Annotated[Whole, PORT] = 8080
    published: Annotated[Whole, PORT] = 8080


class BindMount(Contract):
    """A folder of the compute instance that the container sees."""

    source: HostPath
    target: HostPath


# What the document has a runtime see: the workspace's files.
FILES = "/home/azureuser/cloudfiles"


class RuntimeAccess(Contract):
    """`auto` grants what identity and users lack; `none` makes a runtime only where they have it."""

    grants: Literal["auto", "none"] = "auto"
    propagation: Propagation = Propagation()


class RuntimeRequest(Queued):
    """A runtime: a custom application of that name on a compute instance. Another image is an update of it."""

    name: Annotated[ApplicationName, Field(description="of the application")]
    compute: RuntimeCompute
    environment: Annotated[
        EnvironmentReference | None, Field(description="a registered one that is an image, without conda or build")
    ] = None
    image: ImageName | None = None
    ports: Annotated[Ports, Field(default_factory=Ports)]
    environment_variables: Annotated[dict[VariableName, VariableValue], Field(max_length=50)] = {}
    bind_mounts: Annotated[
        list[BindMount], Field(max_length=10, default_factory=lambda: [BindMount(source=FILES, target=FILES)])
    ]
    users: Annotated[
        list[ObjectId], Field(max_length=8, description="object ids of further users: they get the role they need")
    ] = []
    access: Annotated[RuntimeAccess, Field(default_factory=RuntimeAccess)]

    @model_validator(mode="after")
    def _one_origin(self) -> RuntimeRequest:
        if self.environment and self.image:
            raise ValueError("name an environment or an image, not both")
        return self

    @property
    def user_assigned_id(self) -> str | None:
        """ARM id of the compute instance's user-assigned identity; None for one of its own."""
        return self.compute.user_assigned_id

    @property
    def everybody(self) -> list[str]:
        """Object ids of all that use it, its owner first."""
        owner = self.compute.create_on_behalf_of
        return [*dict.fromkeys([*([owner.user_object_id] if owner else []), *self.users])]


class ComputeEnsured(Ensured):
    """A compute instance, and who it is towards other services."""

    principal_id: Annotated[str | None, Field(description="none: it has no identity")] = None


# Of a compute instance, in its state and in ledgers: what one that a run has started was before.
STOPPED = "Stopped"


class RuntimePlanInput(Contract):
    """Ask what a request for a runtime would do."""

    mark: str = ""
    request: dict[str, Any]


class ComputeWanted(RuntimeCompute):
    """What the compute instance's room is asked for."""

    starts: Annotated[bool, Field(description="the plan found it stopped")] = False


class ApplicationWanted(RuntimeRequest):
    """What the application's room is asked for; `image` is what the plan found."""

    was: Annotated[str | None, Field(description="the image that the plan found it with; none: it was not there")] = (
        None
    )


class RuntimePlan(PlanVerdict):
    """What a run needs of its plan; `grants` are those of the compute instance's identity."""

    model: str = ""
    image: str = ""
    was: Annotated[str | None, Field(description="the image that the application has before; none: it is new")] = None
    starts: Annotated[bool, Field(description="the compute instance is there, and stopped")] = False
    for_users: Annotated[list[NeededRole], Field(description="what each user needs")] = []
    remarks: list[PlanRemark] = []


class RuntimeInput(Contract):
    """Look at the application of that name."""

    compute: str
    name: str


class RuntimeSeen(Contract):
    """What was read back of a runtime."""

    compute: str
    state: Annotated[str, Field(description="of the compute instance")]
    image: str = ""
    address: Annotated[str | None, Field(description="where its user finds it")] = None
    health: Annotated[str, Field(description="whether the application itself answers")]


class RuntimeResult(Contract):
    """A runtime that is there for its users, or is not any more."""

    seen: Annotated[RuntimeSeen | None, Field(description="none: it was deleted, or is automatic")] = None
    image_before: Annotated[str | None, Field(description="of an update")] = None
    stays: Annotated[dict[str, str], Field(description="why things stay, by name, of a deletion")] = {}
    remarks: list[PlanRemark] = []
    ledger: list[LedgerEntry] = []


class OrderForUsers(RunOrder):
    """About a runtime whose users and identity are given their roles."""

    request: dict[str, Any]
    asked_by: str = BY_REQUEST

    @property
    def deployment(self) -> str:
        """What it is called."""
        return str(self.part("name"))

    @property
    def propagation(self) -> Propagation:
        """How long role assignments are given to take effect."""
        return Propagation.from_wire((self.part("access") or {}).get("propagation") or {})


class RuntimeOrder(OrderForUsers):
    """Make this runtime."""

    @property
    def compute(self) -> str:
        """Name of the compute instance."""
        return str(self.part("compute")["name"])

    @property
    def endpoint(self) -> str:
        """Where its turn is waited for: one run at a time writes to a compute instance, as to an endpoint."""
        return queue_of(self.compute)

    @property
    def users(self) -> list[str]:
        """Object ids of all that use it."""
        return RuntimeRequest.from_wire(self.request).everybody

    @property
    def user_assigned_id(self) -> str | None:
        """ARM id of the compute instance's user-assigned identity; None for one of its own."""
        return RuntimeCompute.from_wire(self.part("compute")).user_assigned_id


class RuntimeStatus(Contract):
    """Answer of `GET /api/runtimes/{id}`."""

    id: str
    kind: Annotated[str, Field(description="what it does: make_runtime, …")] = ""
    status: DeploymentState
    compute: str = ""
    name: str = ""
    created: datetime | None = None
    updated: datetime | None = None
    steps: list[StepStatus] = []
    ledger: list[LedgerEntry] = []
    result: RuntimeResult | None = None
    error: Failure | None = None
    links: dict[str, str] = {}


class RuntimeList(Contract):
    """Answer of `GET /api/runtimes`: newest first, steps and results left to the single status."""

    runtimes: list[RuntimeStatus]
    next: Annotated[str | None, Field(description="URL of the next page")] = None
