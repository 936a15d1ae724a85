"""The deployment request: what a caller or a policy asks for, in `az ml` YAML field names.

What people already have in their YAML files can be pasted in: where such a file says something in another place than
a request does, `contracts.gathering` puts it there.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from contracts.assets import ModelDefinition
from contracts.base import Contract, Duration, json_type
from contracts.digests import is_digest
from contracts.lifetimes import RetireRequest, Ttl
from contracts.names import ArmId, OnlineName
from contracts.online import KUBERNETES, EndpointRequest, OnlineDeploymentRequest
from contracts.queue import Queued
from contracts.references import REGISTRIES, ModelReference
from contracts.rollout import Rollout
from contracts.smoke_test import SmokeTestRequest
from contracts.values import ONCE, Percent

# With the automatic ones, as many as one activity's answer can tell of (4 KiB).
MAX_ADDITIONAL_ROLES = 8
MAX_ROLES_BYTES = 1900


class RoleGrant(Contract):
    """One more role for the endpoint's identity: by any of its names, its GUID, or the ARM id of its definition."""

    role: Annotated[str, Field(min_length=3, max_length=256)]
    scope: ArmId


class Propagation(Contract):
    """How long role assignments are given to take effect, measured from the newest one."""

    wait: Duration = timedelta(minutes=15)
    give_up_after: Duration = timedelta(minutes=60)

    @model_validator(mode="after")
    def _ordered(self) -> Propagation:
        if not timedelta(0) <= self.wait <= self.give_up_after <= timedelta(hours=24):
            raise ValueError("needs 0 <= wait <= give_up_after <= PT24H")
        return self


class AccessRequest(Contract):
    """The roles the endpoint's identity is to have.

    `auto` grants the least that the identity, the model and the connections need; `none` grants nothing of that, and
    deploys only when the identity has it all.
    """

    grants: Literal["auto", "none"] = "auto"
    additional: Annotated[list[RoleGrant], Field(max_length=MAX_ADDITIONAL_ROLES)] = []
    propagation: Propagation = Propagation()

    @field_validator("additional")
    @classmethod
    def _can_be_told(cls, additional: list[RoleGrant]) -> list[RoleGrant]:
        size = sum(len(json.dumps(grant.role + grant.scope)) for grant in additional)
        if size > MAX_ROLES_BYTES:
            raise ValueError(
                f"names and scopes take {size} bytes of JSON, at most {MAX_ROLES_BYTES}: grant at a wider scope"
            )
        return additional


Traffic = Annotated[
    Annotated[Literal["all_at_once", "none"], Tag("text")] | Annotated[dict[OnlineName, Percent], ONCE, Tag("mapping")],
    Discriminator(json_type),
]

Retiring = Annotated[
    Annotated[Literal["none"], Tag("text")] | Annotated[RetireRequest, Tag("mapping")], Discriminator(json_type)
]


class RequestBody(Queued):
    """Everything of a deployment request but the model: what a policy holds as its template."""

    endpoint: EndpointRequest
    deployment: OnlineDeploymentRequest
    access: AccessRequest = AccessRequest()
    smoke_test: SmokeTestRequest = SmokeTestRequest()
    traffic: Traffic = "all_at_once"
    rollout: Rollout | None = None
    on_failure: Annotated[
        Literal["undo", "keep"], Field(description="keep: what was made stays to be looked at; traffic is given back")
    ] = "undo"
    retire: Annotated[
        Retiring | None,
        Field(description="which superseded deployments go after this one; left out: none, but after a policy's run"),
    ] = None
    ttl: Ttl | None = None

    @field_validator("smoke_test")
    @classmethod
    def _patient(cls, test: SmokeTestRequest, info: ValidationInfo) -> SmokeTestRequest:
        deployment = info.data.get("deployment")
        if not isinstance(deployment, OnlineDeploymentRequest):
            return test
        settings = deployment.request_settings
        return test.waiting_for(timedelta(milliseconds=(settings and settings.request_timeout_ms) or 0))

    @field_validator("traffic")
    @classmethod
    def _hundred(cls, traffic: Traffic) -> Traffic:
        if isinstance(traffic, dict) and sum(traffic.values()) != 100:
            raise ValueError(f"the percentages must add up to 100, not {sum(traffic.values())}")
        return traffic

    @field_validator("rollout")
    @classmethod
    def _on_the_way(cls, rollout: Rollout | None, info: ValidationInfo) -> Rollout | None:
        traffic, deployment = info.data.get("traffic"), info.data.get("deployment")
        if rollout is None or traffic is None or not isinstance(deployment, OnlineDeploymentRequest):
            return rollout
        shares = traffic if isinstance(traffic, dict) else {deployment.name: 100 if traffic == "all_at_once" else 0}
        last = shares.get(deployment.name, 0)
        if rollout.steps[-1] >= last:
            raise ValueError(f"the steps lead to the {last} % that `traffic` gives {deployment.name}: write less")
        return rollout


def _digest(value: str) -> str:
    if not is_digest(value):
        raise ValueError("write the digest that POST /api/plans or `slipway plan` tells, or leave it out")
    return value


PlanDigest = Annotated[
    str,
    AfterValidator(_digest),
    Field(description="digest of the plan that was agreed to; refused when the plan is another one by then"),
]


class DeploymentRequest(RequestBody):
    """A model version behind an online endpoint: register, create, grant, wait, deploy, test, shift traffic."""

    plan: PlanDigest | None = None

    model: (
        Annotated[
            Annotated[ModelReference, Tag("text")] | Annotated[ModelDefinition, Tag("mapping")],
            Discriminator(json_type),
        ]
        | None
    ) = None

    @field_validator("model")
    @classmethod
    def _of_a_registry(cls, model: object, info: ValidationInfo) -> object:
        deployment = info.data.get("deployment")
        kubernetes = isinstance(deployment, OnlineDeploymentRequest) and deployment.type == KUBERNETES
        if kubernetes and isinstance(model, str) and model.startswith(REGISTRIES):
            raise ValueError("models of a registry are for managed deployments: register it in the workspace")
        return model
