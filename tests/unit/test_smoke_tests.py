"""What a request may say of its smoke test, and what is sent of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from activities.gates.exchange import Answer
from activities.gates.expectations import bytes_mismatch, is_bytes, told
from activities.gates.samples import of_description
from contracts.activities import SmokeTestInput
from contracts.mlflow_model import request_of_example, request_of_signature
from contracts.problems import read_request
from contracts.smoke_test import Expectation, cases_of
from tests.samples import request

PNG = b"\x89PNG\r\n\x1a\n\x00"


def test_it_may_be_left_out_and_then_the_model_goes_along() -> None:
    body = request()
    del body["smoke_test"]

    (sent,) = sent_of(body, "models/credit-risk/versions/7")

    assert (sent.model, sent.test) == ("models/credit-risk/versions/7", {"timeout": "PT8S"})


def sent_of(body: dict[str, Any], model: str) -> list[SmokeTestInput]:
    return cases_of("credit-risk", "blue", read_request(body).to_wire()["smoke_test"], model)


def test_several_cases_are_sent_one_after_the_other_with_the_names_of_what_is_deployed() -> None:
    named = {
        "request": {"who": "${{model.name}}", "${{no.such}}": "${{other}}"},
        "expect": {"json": ["${{ model.version }}"]},
    }
    body = request(smoke_test={"cases": [named | {"name": "small"}, {"text": "a,b"}, {"expect": {"contains": "x"}}]})

    tests = sent_of(body, "models/credit-risk/versions/7")

    assert tests[0].test["request"] == {"who": "credit-risk", "${{no.such}}": "${{other}}"}
    assert tests[0].test["expect"]["json"] == ["7"]
    assert [one.model for one in tests] == [None, None, "models/credit-risk/versions/7"]


def waits(timeout_ms: int | None, **test: Any) -> list[float]:
    body = request(smoke_test={"request": 1, **test} if "cases" not in test else test)
    if timeout_ms:
        body["deployment"]["request_settings"] = {"request_timeout_ms": timeout_ms}
    return [case.timeout.total_seconds() for case in read_request(body).smoke_test.every]


def test_a_case_is_waited_for_as_long_as_the_deployment_may_take() -> None:
    assert waits(None) == [8]
    assert waits(3000) == [8]
    assert waits(60_000) == [60]
    assert waits(300_000) == [180]
    assert waits(60_000, timeout="PT2S") == [2]
    assert waits(60_000, timeout="PT30S", cases=[{"request": 1}, {"request": 2, "timeout": "PT5S"}]) == [30, 5]
    assert timedelta(seconds=180).total_seconds() in waits(180_000, timeout="PT180S")


def answer(body: bytes, kind: str = "image/png") -> Answer:
    return Answer(200, {"content-type": kind} if kind else {}, body)


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        (None, None),
        ({"content_type": "image/png", "size": 9}, None),
        ({"content_type": "IMAGE/PNG"}, None),
        ({"sha256": told(answer(PNG))["sha256"].upper()}, None),
        ({"size": 8}, "the answer has size 9, not 8"),
        ({"content_type": "image/jpeg"}, "the answer has content_type image/png; v=1, not image/jpeg"),
        ({"sha256": "0" * 64}, "the answer has sha256"),
    ],
)
def test_an_answer_of_bytes_is_told_and_compared_by_type_size_and_digest(expect: Any, problem: str | None) -> None:
    said = answer(PNG, "image/png; v=1")
    wanted = Expectation.model_validate({"bytes": expect}) if expect else None

    assert is_bytes(said)
    found = bytes_mismatch(wanted, said)
    assert found == problem if problem is None else problem in str(found)


@pytest.mark.parametrize(
    ("kind", "body", "bytes_"),
    [
        ("application/json", b"[1]", False),
        ("application/problem+json; charset=utf-8", b"{}", False),
        ("text/csv", b"a", False),
        ("", b"text", False),
        ("", PNG, True),
        ("application/octet-stream", b"a", True),
    ],
)
def test_what_is_neither_json_nor_text_is_bytes(kind: str, body: bytes, bytes_: bool) -> None:
    assert is_bytes(answer(body, kind)) is bytes_


def test_bytes_where_json_is_expected_say_what_to_expect() -> None:
    assert "expect `bytes`" in str(bytes_mismatch(Expectation.model_validate({"json": 1}), answer(PNG)))
    assert bytes_mismatch(Expectation(contains="PNG"), answer(PNG)) is None


def swagger2(schema: Any) -> dict[str, Any]:
    parameter = {"in": "body", "schema": {"$ref": "#/definitions/ServiceInput"}}
    return {"paths": {"/score": {"post": {"parameters": [parameter]}}}, "definitions": {"ServiceInput": schema}}


def swagger3(schema: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/In"}}}
    return {
        "paths": {"/score": {"post": {"requestBody": {"content": content}}}},
        "components": {"schemas": {"In": schema}},
    }


NUMBERS = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}


@pytest.mark.parametrize("swagger", [swagger2, swagger3])
@pytest.mark.parametrize(
    ("schema", "sample"),
    [
        ({"type": "object", "example": {"data": [[1, 2]]}}, {"data": [[1, 2]]}),
        ({"type": "object", "properties": {"data": NUMBERS}}, {"data": [[0]]}),
        # What the inference server says of a script that says nothing, and of a table of which only columns are known.
        ({"type": "object", "example": {}}, None),
        ({"type": "object", "example": {"input_data": {"columns": ["a"], "index": [], "data": []}}}, None),
    ],
)
def test_a_swagger_file_gives_its_example_or_what_its_types_ask_for(swagger: Any, schema: Any, sample: Any) -> None:
    assert of_description(swagger(schema)) == sample


@pytest.mark.parametrize("odd", [None, [], {}, {"paths": []}, {"paths": {"/score": []}}, "text"])
def test_what_is_no_swagger_file_gives_nothing(odd: Any) -> None:
    assert of_description(odd) is None


@pytest.mark.parametrize(
    ("example", "sent"),
    [
        ({"columns": ["a"], "data": [[1], [2]]}, {"columns": ["a"], "index": [0, 1], "data": [[1], [2]]}),
        ({"columns": ["a"], "index": [7], "data": [[1]]}, {"columns": ["a"], "index": [7], "data": [[1]]}),
        ({"inputs": {"x": [1]}}, {"x": [1]}),
        ({"question": "?"}, {"question": "?"}),
        (["text"], ["text"]),
    ],
)
def test_a_saved_example_is_sent_as_azures_mlflow_server_takes_it(example: Any, sent: Any) -> None:
    assert request_of_example(example) == {"input_data": sent}


def tensor(shape: str, name: str = "") -> str:
    called = f', "name": "{name}"' if name else ""
    return f'{{"type": "tensor", "tensor-spec": {{"dtype": "float32", "shape": {shape}}}{called}}}'


@pytest.mark.parametrize(
    ("inputs", "sent"),
    [
        (
            '[{"type": "double", "name": "a"}, {"type": "string", "name": "b"}]',
            {"columns": ["a", "b"], "index": [0], "data": [[1.0, "text"]]},
        ),
        ('[{"type": "long"}]', [[1]]),
        (f"[{tensor('[-1, 2]')}]", [[0.0, 0.0]]),
        (f"[{tensor('[-1]', 'x')}]", {"x": [0.0]}),
    ],
)
def test_a_signature_gives_a_row_or_zeros(inputs: str, sent: Any) -> None:
    assert request_of_signature({"signature": {"inputs": inputs}}) == {"input_data": sent}


@pytest.mark.parametrize("inputs", ['[{"type": "any"}]', "[", "[]", "[1]", f"[{tensor('[-1, 9999, 9999]')}]", None])
def test_a_signature_that_does_not_say_enough_gives_nothing(inputs: Any) -> None:
    assert request_of_signature({"signature": {"inputs": inputs}}) is None
    assert request_of_signature({}) is None
