"""Automatic runtimes of prompt flow: the settings that the studio is given when it starts one.

Nothing of one can be made beforehand: the studio makes it when a flow is opened, on a machine that goes when it is not
used. What can be had ready are the roles of its identity and of its users. Source: "Create and manage prompt flow
runtimes", which calls the settings VM size, idle time and identity; promptflow 1.18 calls the second as it is here.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator

from contracts.base import Contract
from contracts.names import ApplicationName, ImageName, InstanceType
from contracts.online import EndpointIdentity
from contracts.queue import Queued
from contracts.runtimes import ObjectId, OrderForUsers, RuntimeAccess, at_most_one
from contracts.values import Whole

# No endpoint has a dot in its name, and no compute instance's queue begins so.
QUEUE = "automatic."
Requirement = Annotated[str, Field(max_length=500)]


class AutomaticRuntimeRequest(Queued):
    """An automatic runtime that somebody wants to start: its settings are checked, its roles are granted."""

    name: Annotated[ApplicationName, Field(description="what the run is shown under; nothing in Azure has it")]
    size: Annotated[InstanceType | None, Field(description="of its machine; none: the studio chooses")] = None
    idle_time_before_shutdown_minutes: Annotated[Whole, Field(ge=1, le=10080)] | None = None
    identity: Annotated[
        EndpointIdentity | None, Field(description="a user-assigned one; none: its user's own, which is given nothing")
    ] = None
    image: Annotated[ImageName | None, Field(description="`environment.image` of `flow.dag.yaml`")] = None
    requirements: Annotated[
        list[Requirement], Field(max_length=200, description="the lines of the flow's `requirements.txt`")
    ] = []
    users: Annotated[list[ObjectId], Field(max_length=8, description="object ids of those who open the flow")] = []
    access: Annotated[RuntimeAccess, Field(default_factory=RuntimeAccess)]

    @field_validator("identity")
    @classmethod
    def _of_somebody(cls, value: EndpointIdentity | None) -> EndpointIdentity | None:
        if value and not value.user_assigned_identities:
            raise ValueError("an automatic runtime has no identity of its own: name a user-assigned one, or none")
        return at_most_one(value)

    @property
    def environment(self) -> None:
        """None: an image alone says what it runs."""

    @property
    def user_assigned_id(self) -> str | None:
        """ARM id of its identity; None for its user's own."""
        return self.identity.user_assigned_identities[0].resource_id if self.identity else None

    @property
    def everybody(self) -> list[str]:
        """Object ids of its users."""
        return [*dict.fromkeys(self.users)]


class AutomaticRuntimeOrder(OrderForUsers):
    """Have ready what this runtime needs."""

    @property
    def endpoint(self) -> str:
        """Where its turn is waited for: two that are called the same follow each other."""
        return f"{QUEUE}{self.deployment}"

    @property
    def users(self) -> list[str]:
        """Object ids of its users."""
        return AutomaticRuntimeRequest.from_wire(self.request).everybody


class AutomaticPlanInput(Contract):
    """Ask what such a request would take."""

    request: dict[str, Any]
