"""Changing a deployment in place: what a caller asks for, and what it was before."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from contracts.assets import Description
from contracts.base import Contract, Json
from contracts.marks import DIGEST_TAG, MARK_TAG
from contracts.names import ScriptName
from contracts.online import ProbeSettings, RequestSettings
from contracts.plan import PlanProblem
from contracts.queue import Queued
from contracts.references import CodeReference, EnvironmentReference, ModelReference
from contracts.smoke_test import SmokeTestRequest
from contracts.values import ONCE, AsText, Flag, Whole

SIZE = "instance_count"
SETTINGS = ("request_settings", "liveness_probe", "readiness_probe", "app_insights_enabled")
ASSETS = ("model", "environment")
# Of these, single names change and the others stay.
NAMED = (VARIABLES, TAGS) = ("environment_variables", "tags")
DESCRIPTION = "description"
CODE_CONFIGURATION = "code_configuration"
# Of that, as a ledger has them.
CODE, SCRIPT = "code", "scoring_script"
OTHERS = (*ASSETS, CODE_CONFIGURATION, VARIABLES, *SETTINGS, DESCRIPTION, TAGS)


class CodeChange(Contract):
    """Another code, another script in it, or both."""

    code: CodeReference | None = None
    scoring_script: ScriptName | None = None

    @model_validator(mode="after")
    def _something(self) -> CodeChange:
        if self.code is None and self.scoring_script is None:
            raise ValueError("name code, scoring_script, or both")
        return self


VariableChanges = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=256)], AsText | None],
    Field(max_length=200, description="those that change; null takes one away, and the others stay"),
]


TagChanges = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=512)], Annotated[AsText, Field(max_length=256)] | None],
    ONCE,
    Field(max_length=50, description="those that change; null takes one away, and the others stay"),
]


class UpdateRequest(Queued):
    """Body of a change in place: only what is named changes. The number of instances is changed by itself."""

    instance_count: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    model: ModelReference | None = None
    environment: EnvironmentReference | None = None
    code_configuration: CodeChange | None = None
    environment_variables: VariableChanges | None = None
    request_settings: RequestSettings | None = None
    liveness_probe: ProbeSettings | None = None
    readiness_probe: ProbeSettings | None = None
    app_insights_enabled: Flag | None = None
    description: Description | None = None
    tags: TagChanges | None = None
    in_place: Annotated[Flag, Field(description="also while it has all the traffic; scaling needs no word")] = False
    smoke_test: Annotated[
        SmokeTestRequest | None, Field(description="what it must answer then; left out: as when it was made")
    ] = None

    @field_validator(TAGS)
    @classmethod
    def _nobody_elses(cls, tags: TagChanges | None) -> TagChanges | None:
        own = sorted({MARK_TAG, DIGEST_TAG} & {name.lower() for name in tags or {}})
        if own:
            raise ValueError(f"Slipway knows its deployments by {' and '.join(own)}: leave that out")
        return tags

    @model_validator(mode="after")
    def _one_kind_of_change(self) -> UpdateRequest:
        others = [name for name in OTHERS if getattr(self, name) is not None]
        if self.instance_count is not None and others:
            raise ValueError(f"scale in a request of its own: leave {SIZE} or {', '.join(others)} out")
        if self.instance_count is None and not others:
            raise ValueError(f"name what is to change: {', '.join((SIZE, *OTHERS))}")
        return self


class UpdateInput(Contract):
    """Find out what a change in place would change."""

    endpoint: str
    deployment: str
    wanted: dict[str, Any]
    begun: Annotated[bool, Field(description="the run had begun to change it before it began anew")] = False


class Update(Contract):
    """A deployment's own words before and after; references are those of a ledger."""

    before: dict[str, Json]
    after: dict[str, Json]
    share: Annotated[int, Field(description="percent of the endpoint's traffic that it has")] = 0
    run: Annotated[str | None, Field(description="id of the run that made it")] = None
    model: Annotated[str | None, Field(description="reference of the model that it has then")] = None
    registers: Annotated[str | None, Field(description="reference of the code that is registered before")] = None
    problems: list[PlanProblem] | None = None

    @property
    def scales_only(self) -> bool:
        """Whether it answers as before."""
        return self.after.keys() <= {SIZE}
