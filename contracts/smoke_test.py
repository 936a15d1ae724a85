"""The smoke test of a request: what is sent to the new deployment, and what it must answer.

What is sent may be left out where the model or the deployment describes a request itself (`activities.gates.samples`).
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, TypeVar

from pydantic import Field, field_validator, model_validator

from contracts.activities import SmokeTestInput
from contracts.base import Contract, Duration, Json
from contracts.ledger import short_name
from contracts.names import MediaType, Sha256
from contracts.schemas import check_schema
from contracts.values import Whole

# A deployment answers within its own request_timeout_ms, which Azure ML bounds at 180 s for managed ones.
LONGEST = timedelta(seconds=180)
# What is waited for where neither test nor deployment says more; a try that short is a short activity.
USUAL, SHORT = timedelta(seconds=8), timedelta(seconds=9)
MAX_CASES = 10
# The ways to say what is sent.
BODIES = ("request", "text", "base64")
# What may stand in a case as `${{…}}`, known once the plan is: the names of what is deployed.
VALUES = ("model.name", "model.version", "endpoint.name", "deployment.name")
_VALUE = re.compile(r"\$\{\{\s*([a-z_]+\.[a-z_]+)\s*\}\}")

CaseT = TypeVar("CaseT", bound="SmokeTestCase")


class BytesExpectation(Contract):
    """What an answer of bytes must be; what is left out may be anything."""

    content_type: MediaType | None = None
    size: Annotated[Whole, Field(ge=0, description="in bytes")] | None = None
    sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _something(self) -> BytesExpectation:
        if not self.model_fields_set:
            raise ValueError("give content_type, size or sha256")
        return self


class Expectation(Contract):
    """What the answer of the smoke test must be: exactly one of the four."""

    json_value: Annotated[Json, Field(alias="json")] = None
    tolerance: Annotated[float, Field(strict=True, ge=0, le=1e12)] = 0.0
    json_schema: dict[str, Any] | bool | None = None
    contains: Annotated[str, Field(min_length=1, max_length=4000)] | None = None
    bytes_value: Annotated[BytesExpectation | None, Field(alias="bytes")] = None

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
        given = {"json_value", "json_schema", "contains", "bytes_value"} & self.model_fields_set
        if len(given) != 1:
            raise ValueError("give exactly one of json, json_schema, contains, bytes")
        if "json_value" in given and self.json_value is None:
            raise ValueError("for an answer of null write `json_schema: {type: 'null'}`")
        return self


class SmokeTestCase(Contract):
    """One real request to the new deployment, and what its answer must be: any but an error, where nothing is expected.

    What is sent is JSON (`request`), `text`, or bytes (`base64`).
    """

    name: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    request: Json = None
    text: Annotated[str, Field(min_length=1)] | None = None
    base64: Annotated[str, Field(min_length=1)] | None = None
    content_type: Annotated[
        MediaType | None, Field(description="of what is sent; none: JSON, plain text or an octet stream")
    ] = None
    expect: Expectation | None = None
    timeout: Annotated[
        Duration, Field(description="none: 8 s, or as long as the deployment may take for a request, if that is longer")
    ] = USUAL

    @property
    def sends(self) -> bool:
        """Whether it says what to send."""
        return self.request is not None or self.text is not None or self.base64 is not None

    @field_validator("request")
    @classmethod
    def _something(cls, value: Json) -> Json:
        if value is None:
            raise ValueError("write the JSON body to send to the model")
        return value

    @field_validator("base64")
    @classmethod
    def _bytes(cls, value: str | None) -> str | None:
        try:
            base64.b64decode("".join((value or "").split()), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("is no base64: write the bytes to send as `base64 FILE` prints them") from None
        return value

    @field_validator("timeout")
    @classmethod
    def _bounded(cls, value: timedelta) -> timedelta:
        if not timedelta(seconds=1) <= value <= LONGEST:
            raise ValueError("must be between PT1S and PT180S")
        return value

    @model_validator(mode="after")
    def _one_body(self) -> SmokeTestCase:
        given = [name for name in BODIES if name in self.model_fields_set]
        if len(given) > 1:
            raise ValueError(f"give one of {', '.join(given)}")
        if self.content_type is not None and not given:
            raise ValueError("content_type goes with what is sent: request, text or base64")
        return self


class SmokeTestRequest(SmokeTestCase):
    """One request, or several `cases`; with neither, the one that the model or the deployment itself describes.

    `waived` instead says why there is none; the status shows it.
    """

    cases: Annotated[list[SmokeTestCase], Field(min_length=1, max_length=MAX_CASES)] | None = None
    waived: Annotated[str, Field(min_length=3, max_length=200)] | None = None

    @model_validator(mode="after")
    def _asked_once(self) -> SmokeTestRequest:
        single = sorted({*BODIES, "content_type", "expect", "name"} & self.model_fields_set)
        if self.waived is not None and (single or self.cases):
            others = [*single, *(["cases"] if self.cases else [])]
            raise ValueError(f"it is waived: leave {' and '.join(others)} out")
        if self.cases and single:
            raise ValueError(f"each of the cases says its own: leave {' and '.join(single)} out")
        return self

    @property
    def every(self) -> list[SmokeTestCase]:
        """The requests that are sent, one after the other."""
        return [*(self.cases or [self])]

    def waiting_for(self, request_timeout: timedelta) -> SmokeTestRequest:
        """The same where each case is waited for as long as the deployment may take, unless it says how long.

        Raises ValueError for a case that would be waited for longer than that.
        """
        usual = self.timeout if "timeout" in self.model_fields_set else min(max(USUAL, request_timeout), LONGEST)
        cases = [_waiting(case, usual) for case in self.cases or []]
        longest = max(SHORT, request_timeout)
        if max(case.timeout for case in [*cases, _waiting(self, usual)]) > longest:
            raise ValueError(
                f"timeout is longer than the {longest.total_seconds():g} s that such a deployment may take: set"
                " deployment.request_settings.request_timeout_ms"
            )
        return _waiting(self.model_copy(update={"cases": cases}) if cases else self, usual)


def _waiting(case: CaseT, usual: timedelta) -> CaseT:
    return case if "timeout" in case.model_fields_set else case.model_copy(update={"timeout": usual})


def filled(value: Json, values: Mapping[str, str]) -> Json:
    """A case with what stands in `${{model.name}}` and the like; what has no such name stays as it is."""
    if isinstance(value, str):
        return _VALUE.sub(lambda found: values.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {key: filled(item, values) for key, item in value.items()}
    return [filled(item, values) for item in value] if isinstance(value, list) else value


def cases_of(endpoint: str, deployment: str, test: Json, model: str | None) -> list[SmokeTestInput]:
    """The requests of a stored smoke test, one after the other; `model` is the ledger's reference.

    The reference goes along only where a request has to be found.
    """
    name, _, version = short_name(model or "").partition(":")
    values = {"model.name": name, "model.version": version, "endpoint.name": endpoint, "deployment.name": deployment}
    return [
        SmokeTestInput(
            endpoint=endpoint,
            deployment=deployment,
            test=filled(case, values),
            model=None if case.keys() & set(BODIES) else model,
        )
        for case in test.get("cases") or [test]
    ]


def first_written(cases: list[SmokeTestInput]) -> Json:
    """The first of the cases that says itself what to send; None where there is none, or the test is waived."""
    return next((case.test for case in cases if case.test.keys() & set(BODIES)), None)
