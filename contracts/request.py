"""The deployment request: what a caller or a policy asks for, in `az ml` YAML field names.

What people already have in their YAML files can be pasted in: where such a file says something in another place than
a request does, `contracts.gathering` puts it there.
"""

from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from contracts.assets import ModelDefinition
from contracts.base import Contract, Duration, Json, json_type
from contracts.digests import is_digest
from contracts.names import ArmId, OnlineName
from contracts.online import KUBERNETES, EndpointRequest, OnlineDeploymentRequest
from contracts.queue import Queued
from contracts.references import REGISTRIES, ModelReference
from contracts.schemas import check_schema
from contracts.values import Whole

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


class Expectation(Contract):
    """What the answer of the smoke test must be: exactly one of the three."""

    json_value: Annotated[Json, Field(alias="json")] = None
    tolerance: Annotated[float, Field(strict=True, ge=0, le=1e12)] = 0.0
    json_schema: dict[str, Any] | bool | None = None
    contains: Annotated[str, Field(min_length=1, max_length=4000)] | None = None

    @field_validator("tolerance")
    @classmethod
    def _finite(cls, value: float) -> float:
        if not math.isfinite(value):
            raise ValueError("must be a finite number")
        return value

    @field_validator("json_schema", mode="before")
    @classmethod
    def _schema_type(cls, schema: object) -> object:
        if schema is None or isinstance(schema, dict | bool):
            return schema
        raise ValueError("write a JSON schema: a mapping, or true or false")

    @field_validator("json_schema")
    @classmethod
    def _valid_schema(cls, schema: dict[str, Any] | bool | None) -> dict[str, Any] | bool | None:
        if isinstance(schema, dict):
            check_schema(schema)
        return schema

    @model_validator(mode="after")
    def _exactly_one(self) -> Expectation:
        given = {"json_value", "json_schema", "contains"} & self.model_fields_set
        if len(given) != 1:
            raise ValueError("give exactly one of json, json_schema, contains")
        if "json_value" in given and self.json_value is None:
            raise ValueError("for an answer of null write `json_schema: {type: 'null'}`")
        return self


class SmokeTestRequest(Contract):
    """A real request to the new deployment, and what its answer must be: any but an error, where nothing is expected.

    `waived` instead says why there is none; the status shows it.
    """

    request: Json = None
    expect: Expectation | None = None
    waived: Annotated[str, Field(min_length=3, max_length=200)] | None = None
    timeout: Duration = timedelta(seconds=8)

    @field_validator("request")
    @classmethod
    def _something(cls, value: Json) -> Json:
        if value is None:
            raise ValueError("write the JSON body to send to the model")
        return value

    @model_validator(mode="after")
    def _asked_or_waived(self) -> SmokeTestRequest:
        given = {"request", "expect"} & self.model_fields_set
        if self.waived is not None and given:
            raise ValueError(f"it is waived: leave {' and '.join(sorted(given))} out")
        if self.waived is None and "request" not in given:
            raise ValueError("write `request`, the body to send to the model; or `waived` and why there is none")
        return self

    @field_validator("timeout")
    @classmethod
    def _short(cls, value: timedelta) -> timedelta:
        if not timedelta(seconds=1) <= value <= timedelta(seconds=9):
            raise ValueError("must be between PT1S and PT9S: the request is made by an activity that must stay short")
        return value


Percent = Annotated[Whole, Field(ge=0, le=100)]
Traffic = Annotated[
    Annotated[Literal["all_at_once", "none"], Tag("text")] | Annotated[dict[OnlineName, Percent], Tag("mapping")],
    Discriminator(json_type),
]


class RequestBody(Queued):
    """Everything of a deployment request but the model: what a policy holds as its template."""

    endpoint: EndpointRequest
    deployment: OnlineDeploymentRequest
    access: AccessRequest = AccessRequest()
    smoke_test: SmokeTestRequest
    traffic: Traffic = "all_at_once"
    on_failure: Annotated[
        Literal["undo", "keep"], Field(description="keep: what was made stays to be looked at; traffic is given back")
    ] = "undo"

    @field_validator("traffic")
    @classmethod
    def _hundred(cls, traffic: Traffic) -> Traffic:
        if isinstance(traffic, dict) and sum(traffic.values()) != 100:
            raise ValueError(f"the percentages must add up to 100, not {sum(traffic.values())}")
        return traffic


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
