"""What is told of a model's answer: its beginning, never half of a secret, and nothing that reads back as an object."""

from __future__ import annotations

import json
from typing import Any

import pytest

from activities.gates.expectations import MISFIT_CHARACTERS, mismatch
from activities.gates.wording import SHOWN_CHARACTERS, brief, shown
from contracts.smoke_test import Expectation

TOKEN = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7H8"
BEFORE = "word " * 200


@pytest.mark.parametrize("shown_of_it", [1, 5, 15, 35, 39])
def test_a_secret_is_cut_out_before_the_rest_is_cut_off(shown_of_it: int) -> None:
    text = BEFORE[: SHOWN_CHARACTERS - shown_of_it - 1] + " " + TOKEN + " and so on"

    told = brief(text)

    assert "ghp_" not in told
    assert len(told) <= SHOWN_CHARACTERS + 1


def test_neither_a_schemas_misfit_nor_a_comparison_tells_half_a_secret() -> None:
    answer = BEFORE[: MISFIT_CHARACTERS - 20] + TOKEN
    text = json.dumps(answer)

    for expect in ({"json_schema": {"type": "number"}}, {"json": 1}, {"contains": "nothing of the kind"}):
        problem = mismatch(Expectation.model_validate(expect), answer, text)
        assert problem is not None
        assert "ghp_" not in problem


def test_what_is_short_and_plain_is_told_as_it_is() -> None:
    assert brief("a few words") == "a few words"
    assert shown({"a": [1, "b", None]}) == {"a": [1, "b", None]}


def test_what_goes_on_says_so() -> None:
    assert brief("x" * SHOWN_CHARACTERS) == "x" * SHOWN_CHARACTERS
    assert brief("x" * (SHOWN_CHARACTERS + 1)) == "x" * SHOWN_CHARACTERS + "…"
    assert brief("x" * 1_000_000) == "x" * SHOWN_CHARACTERS + "…"
    assert shown(["x" * SHOWN_CHARACTERS]) == '["' + "x" * (SHOWN_CHARACTERS - 2) + "…"


@pytest.mark.parametrize(
    "answer",
    [
        {"__class__": "A", "__module__": "os", "__data__": {}},
        [{"a": {"__class__": "A", "__module__": "os", "__data__": {}}}],
        {"deep": [[{"__module__": "os"}]]},
    ],
)
def test_an_answer_in_the_form_of_an_object_is_told_as_its_text(answer: Any) -> None:
    assert shown(answer) == json.dumps(answer)
