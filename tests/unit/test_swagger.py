"""A sample request out of the description that a deployment gives of itself."""

from __future__ import annotations

from typing import Any

import pytest

from activities.swagger_samples import sample_request
from contracts.base import Json


def second(schema: Json, **definitions: Json) -> dict[str, Any]:
    """As azureml-inference-server-http writes version 2."""
    body = {"name": "serviceInputPayload", "in": "body", "schema": schema}
    return {"paths": {"/score": {"post": {"parameters": [body]}}}, "definitions": definitions}


def third(schema: Json, **schemas: Json) -> dict[str, Any]:
    """As it, and prompt flow's server, write version 3."""
    content = {"application/json": {"schema": schema}}
    return {"paths": {"/score": {"post": {"requestBody": {"content": content}}}}, "components": {"schemas": schemas}}


QUESTION = {"type": "object", "properties": {"question": {"type": "string"}, "chat_history": {"type": "array"}}}
ITSELF = {"type": "object", "properties": {"next": {"$ref": "#/definitions/Node"}, "at": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("swagger", "sample"),
    [
        (second({"$ref": "#/definitions/In"}, In={"example": {"data": [1]}}), {"data": [1]}),
        (third({"$ref": "#/components/schemas/In"}, In=QUESTION), {"question": "", "chat_history": []}),
        (third({"type": "array", "items": {"type": "number", "default": 2.5}}), [2.5]),
        (third({"anyOf": [{"enum": ["first", "second"]}]}), "first"),
        (third({"type": "object", "properties": {"on": {"type": "boolean"}, "of": {"type": "odd"}}}),
         {"on": False, "of": None}),
        (second({"type": "object", "example": {}}), None),
        (second({"$ref": "#/definitions/Nowhere"}), None),
        (second({"$ref": "https://elsewhere.example/schema"}), None),
        ({"paths": []}, None),
        ({"paths": {"/score": {"post": {"parameters": ["odd"]}}}}, None),
        ([], None),
        (None, None),
    ],
)  # fmt: skip
def test_the_request_is_what_the_description_says(swagger: Json, sample: Json) -> None:
    assert sample_request(swagger) == sample


def test_a_schema_that_holds_itself_ends() -> None:
    sample = sample_request(second({"$ref": "#/definitions/Node"}, Node=ITSELF))

    assert sample["at"] == sample["next"]["at"] == 0
