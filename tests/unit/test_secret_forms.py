"""Secrets as people write them, in every text of a request, a policy and a model's tags; and what is none."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

from contracts.events import EVENT_TYPE, UnreadableEvent, read_event
from contracts.policy import read_policy
from contracts.problems import RequestProblems, read_request
from contracts.redaction import KINDS, MASK, redact, secret_in
from tests.samples import request
from tests.secret_forms import FORMS, HARMLESS, NAMED, ORDINARY, PEM, SETTINGS, Secret

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
FORM = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def full() -> dict[str, Any]:
    """A request with a text in every field that can hold one; names of people's own under `name` and the like."""
    body = request(
        model={
            "name": "credit-risk",
            "version": "1",
            "path": "azureml://datastores/d/paths/a",
            "type": "custom_model",
            "description": "x",
            "properties": {"name": "x"},
            "tags": {"name": "x"},
        },
        environment={
            "image": "a.io/b",
            "conda_file": {
                "channels": ["x"],
                "dependencies": ["x", {"pip": ["x"]}],
                "variables": {"NAME": "x"},
            },
        },
        access={
            "additional": [{"role": "Reader", "scope": "/subscriptions/" + "0" * 8 + "-0000-0000-0000-" + "0" * 12}]
        },
        expect={"json": {"answer": ["x"]}},
    )
    body["endpoint"] |= {"auth_mode": "key", "description": "x", "tags": {"name": "x"}}
    body["deployment"] |= {
        "description": "x",
        "tags": {"name": "x"},
        "environment_variables": {"NAME": "x"},
        "liveness_probe": {},
    }
    body["smoke_test"] |= {"request": {"rows": [["x"]], "name": "x"}, "timeout": "PT5S"}
    return body


def texts(value: Any, path: str = "") -> list[str]:
    """The path of every text in a body."""
    if isinstance(value, str):
        return [path]
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in pairs for found in texts(item, f"{path}.{key}".strip("."))]


def filled(value: Any, text: str) -> Any:
    """A body with `text` in place of every text."""
    if isinstance(value, dict):
        return {key: filled(item, text) for key, item in value.items()}
    return [filled(item, text) for item in value] if isinstance(value, list) else text


def refused(body: Any) -> RequestProblems:
    with pytest.raises(RequestProblems) as error:
        read_request(body)
    return error.value


def looking_secret(error: RequestProblems) -> list[str]:
    return [problem.path for problem in error.problems if problem.code == "looks_like_secret"]


def test_the_tables_are_as_large_as_they_should_be() -> None:
    assert len(FORMS) + len(NAMED) + len(SETTINGS) >= 60
    assert len(HARMLESS) + len(ORDINARY) >= 30
    assert len({form.text for form in FORMS.values()}) == len(FORMS)
    assert not [name for name, form in FORMS.items() if form.secret not in form.text]


@FORM
def test_a_secret_is_refused_in_every_text_of_a_request_and_never_repeated(form: Secret) -> None:
    body = full()
    read_request(body)
    error = refused(filled(body, form.text))

    assert looking_secret(error) == texts(body)
    assert form.secret not in str(error)


@FORM
def test_a_secret_is_refused_as_a_key_and_masked_in_the_path(form: Secret) -> None:
    for place in ("endpoint.tags", "smoke_test.request", "deployment.environment_variables", "smoke_test"):
        body = full()
        here = body
        for part in place.split("."):
            here = here[part]
        here[form.text] = "x"
        error = refused(body)

        assert [path for path in looking_secret(error) if path.startswith(place + ".") and MASK in path]
        assert form.secret not in str(error)


def test_secrets_are_told_together_with_what_else_is_wrong() -> None:
    body = full() | {"unknown": 1}
    body["endpoint"] |= {"name": "-", "description": FORMS["GitHub token"].text}

    assert [(problem.path, problem.code) for problem in refused(body).problems] == [
        ("endpoint.description", "looks_like_secret"),
        ("endpoint.name", "invalid_value"),
        ("unknown", "unknown_field"),
    ]


@FORM
def test_a_secret_in_a_policy_is_refused_wherever_it_stands(form: Secret) -> None:
    body = {key: part for key, part in full().items() if key != "model"}
    body["match"] = {"model": "*", "tags": {"name": "x"}, "properties": {"name": "x"}}
    read_policy("standard", body)
    with pytest.raises(RequestProblems) as error:
        read_policy("standard", filled(body, form.text))

    assert looking_secret(error.value) == texts(body)
    assert form.secret not in str(error.value)


def registered(**data: Any) -> Any:
    return read_event(event_type=EVENT_TYPE, topic=WORKSPACE, subject="models/m:1", data=data)


@FORM
def test_a_secret_in_a_models_tags_is_masked_before_anything_is_told(form: Secret) -> None:
    event = registered(modelTags={"a": form.text, form.text: "b"}, modelProperties={"a": form.text})
    policy = read_policy("p", {key: part for key, part in full().items() if key != "model"} | {"match": {"model": "*"}})
    narrow = policy.model_copy(update={"match": policy.match.model_copy(update={"tags": {"a": "x"}})})

    assert event.properties == {"a": MASK}
    assert form.secret not in json.dumps(event.to_wire())
    assert narrow.why_not(event) == f"tag a is '{MASK}', not 'x'"


def test_a_named_secret_in_a_models_tags_is_masked_too() -> None:
    assert registered(modelTags=NAMED).tags == dict.fromkeys(NAMED, MASK)
    assert registered(modelTags={"stage": "prod", "key": "customer_id"}).tags == {"stage": "prod", "key": "customer_id"}


@FORM
def test_a_model_whose_name_is_a_secret_is_not_repeated(form: Secret) -> None:
    for data, subject in (
        ({"modelName": form.text, "modelVersion": "1"}, ""),
        ({}, f"models/{form.text}:1"),
        ({}, f"models/{form.text}:"),
    ):
        with pytest.raises(UnreadableEvent) as error:
            read_event(event_type=EVENT_TYPE, topic=WORKSPACE, subject=subject, data=data)
        assert form.secret not in str(error.value)
    with pytest.raises(UnreadableEvent) as error:
        read_event(event_type=form.text, topic=WORKSPACE, subject="models/m:1", data={})
    assert form.secret not in str(error.value)


@pytest.mark.parametrize(("name", "value"), [*NAMED.items(), *SETTINGS.items()])
def test_a_name_gives_its_value_away(name: str, value: str) -> None:
    body = full()
    body["deployment"]["environment_variables"] = {name: value}
    error = refused(body)

    assert looking_secret(error) == [f"deployment.environment_variables.{name}"]
    assert value not in str(error).replace(name, "") or value in ("x", "x1", "abc")
    assert "${{azureml://connections/" in error.problems[0].message


@pytest.mark.parametrize("place", ["endpoint.tags", "deployment.tags", "model.tags", "model.properties"])
def test_a_tag_is_given_away_by_its_name_as_well(place: str) -> None:
    body = full()
    part, labels = place.split(".")
    body[part][labels] = NAMED

    assert looking_secret(refused(body)) == [f"{place}.{name}" for name in NAMED]


def test_a_row_of_data_may_be_called_token() -> None:
    body = full()
    rows = {"token": "the", "tokens": ["a", "b"], "key": "v1", "password": "required", "secret_santa": "Ann"}
    body["smoke_test"]["request"] = rows
    assert read_request(body).smoke_test.request == rows

    body["smoke_test"]["request"] = {
        "password": "hunter2",
        "api_keys": ["hunter2"],
        "token": FORMS["GitHub token"].text,
    }
    assert looking_secret(refused(body)) == [
        "smoke_test.request.password",
        "smoke_test.request.api_keys.0",
        "smoke_test.request.token",
    ]


@pytest.mark.parametrize(("name", "value"), HARMLESS.items())
def test_what_is_no_secret_is_taken(name: str, value: str) -> None:
    body = full()
    body["deployment"]["environment_variables"] = {name: value}
    for part in ("endpoint", "deployment", "model"):
        body[part]["tags"] = {name: value}

    assert read_request(body).deployment.environment_variables == {name: value}


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_taken_and_stays_as_it_is(text: str) -> None:
    body = full()
    body["endpoint"] |= {"description": text, "tags": {"a": text}}
    body["smoke_test"]["request"] = {"a": [text]}
    body["deployment"]["environment"]["conda_file"] = {"channels": [text], "dependencies": [{"pip": [text]}]}

    assert read_request(body).endpoint.description == text
    assert redact(text) == text


@FORM
def test_foreign_text_is_cleaned_of_it(form: Secret) -> None:
    for around in ("{}", "Traceback: init failed for {} at line 1", "a\n{}\nb", "'{}'", "x={} y"):
        clean = redact(around.format(form.text) if around != "{}" else form.text)

        assert form.secret not in clean
        assert MASK in clean
        assert redact(clean) == clean


@FORM
def test_a_models_answer_is_cleaned_of_it(form: Secret) -> None:
    clean = redact(json.dumps({"answer": [form.text]}))

    assert form.secret not in clean


def test_a_key_whose_beginning_is_cut_off_is_cleaned() -> None:
    tail = PEM[200:]
    clean = redact(f"{tail}ValueError: no weights\n")

    assert not [line for line in tail.splitlines() if len(line) == 64 and line in clean]
    assert clean.endswith("ValueError: no weights\n")
    assert secret_in(tail)


REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
# What one look at one place of a text may cost, in steps of the matcher.
STEPS = 4096


def cost(pattern: Any, *, last: bool) -> int:
    """The most steps that a pattern can take at one place; a repeat without end is free as the last thing only."""
    total = 0
    items = list(pattern)
    for number, (operation, argument) in enumerate(items):
        at_end = last and number == len(items) - 1
        name = str(operation)
        if name in REPEATS:
            least, most, repeated = argument
            if most >= 2**31:
                assert at_end, "a repeat without end that is not the last thing"
                assert len(list(repeated)) == 1, "a repeat without end of more than one character"
                most = least
            total += most * cost(repeated, last=False)
        elif name == "SUBPATTERN":
            total += cost(argument[-1], last=at_end)
        elif name == "BRANCH":
            total += sum(cost(branch, last=at_end) for branch in argument[1])
        elif name in ("ASSERT", "ASSERT_NOT"):
            total += cost(argument[1], last=False)
        else:
            total += 1
    return total


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.pattern.pattern[:40])
def test_looking_for_a_secret_takes_time_in_proportion_to_the_text(kind: Any) -> None:
    parsed = importlib.import_module("re._parser").parse(kind.pattern.pattern)

    assert cost(parsed, last=True) <= STEPS
    assert kind.source
    assert all(hint == hint.lower() for hint in kind.hints)


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"a*b", r"(?:x{1,99}){1,99}", r"(?:ab)+"])
def test_a_pattern_that_could_take_for_ever_is_found(pattern: str) -> None:
    with pytest.raises(AssertionError):
        assert cost(importlib.import_module("re._parser").parse(pattern), last=True) <= STEPS
