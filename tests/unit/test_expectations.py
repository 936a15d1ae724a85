"""When an answer is the one expected: numbers within a tolerance, schemas, texts."""

import json
from typing import Any

import pytest

from activities.gates.expectations import mismatch
from contracts.smoke_test import Expectation


def fits(expect: dict[str, Any], answer: Any, text: str = "") -> bool:
    return mismatch(Expectation.model_validate(expect), answer, text) is None


@pytest.mark.parametrize(
    ("expected", "answer", "fit"),
    [
        ([388.02], [388.0], True),
        ([388.02], [388.2], False),
        ([388.02], [388.0, 1], False),
        ({"a": [1, {"b": 2.05}]}, {"a": [1, {"b": 2}]}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1}, {"b": 1}, False),
        ([1], 1, False),
        ("yes", "yes", True),
        ("yes", "no", False),
        (True, 1, False),
        (1, True, False),
        (0, False, False),
        ([None], [None], True),
        ([None], [0], False),
        (1.0, float("nan"), False),
        (1.0, float("inf"), False),
        (0.5, 10**400, False),
    ],
)
def test_json_is_compared_part_by_part_and_numbers_within_the_tolerance(expected: Any, answer: Any, fit: bool) -> None:
    assert fits({"json": expected, "tolerance": 0.1}, answer) == fit


def test_without_a_tolerance_numbers_must_be_equal() -> None:
    assert fits({"json": 1}, 1.0)
    assert not fits({"json": 1}, 1.0000001)


def test_a_schema_is_checked_and_its_first_problem_told_by_path() -> None:
    schema = {"type": "array", "items": {"type": "number", "minimum": 0}}

    assert fits({"json_schema": schema}, [1, 2.5])
    assert fits({"json_schema": True}, "anything")
    assert not fits({"json_schema": False}, "anything")
    problem = mismatch(Expectation.model_validate({"json_schema": schema}), [1, -1], "[1, -1]")
    assert problem == "the answer does not fit the schema at $[1]: -1 is less than the minimum of 0"


def test_properties_may_be_named_like_keywords_that_are_not_taken() -> None:
    schema = {"properties": {"pattern": {"type": "string"}, "$id": {"const": {"uniqueItems": 1}}}}

    assert fits({"json_schema": schema}, {"pattern": "a", "$id": {"uniqueItems": 1}})
    assert not fits({"json_schema": schema}, {"pattern": 1})


def test_an_answer_too_long_for_its_schema_is_not_begun_with() -> None:
    schema = {"items": {"anyOf": [{"minimum": number} for number in range(100, 0, -1)]}}
    answer = [1] * 30_000

    assert mismatch(Expectation(json_schema=schema), answer, json.dumps(answer)) == (
        "an answer of 90000 characters is too long for a schema of this size"
    )


def test_a_number_beyond_floats_fits_no_schema_that_would_divide_it() -> None:
    assert not fits({"json_schema": {"multipleOf": 0.1}}, 10**400)


def test_a_text_is_looked_for_in_the_answer_as_it_came() -> None:
    assert fits({"contains": '"label": "cat"'}, {}, '{"label": "cat"}')
    assert not fits({"contains": "cat"}, {}, '{"label": "dog"}')


def test_a_long_answer_is_told_in_part() -> None:
    problem = mismatch(Expectation(contains="cat"), "", "dog" * 1000)

    assert problem is not None
    assert len(problem) < 500


@pytest.mark.parametrize("answer", [[1], {"result": 1, "error": None}, "text", None, 0, {"errors": []}])
def test_any_answer_fits_where_nothing_is_expected(answer: Any) -> None:
    assert mismatch(None, answer, json.dumps(answer)) is None


@pytest.mark.parametrize("name", ["error", "errors", "exception", "traceback"])
def test_an_answer_that_says_it_is_an_error_never_fits(name: str) -> None:
    answer = {name: "division by zero"}

    assert "division by zero" in str(mismatch(None, answer, json.dumps(answer)))
