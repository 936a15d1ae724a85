"""Policies and registration events: which models are deployed without anybody asking, and why others are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events import EVENT_TYPE, ModelRegistered, UnreadableEvent, read_event
from contracts.policy import Match, Policy
from contracts.problems import RequestProblems
from tests.samples import request
from triggers.events import PolicyError, load_policy, read_policies

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
REPEATABLE = settings(deadline=None, derandomize=True, database=None, max_examples=60)


def template(**parts: Any) -> dict[str, Any]:
    body = request(deployment="version-{version}", **parts)
    del body["model"]
    return body


def policy(**match: Any) -> Policy:
    return Policy(name="standard", match=Match(**({"model": "credit-*"} | match)), template=template())


def registered(model: str = "credit-risk", version: str = "2", **labels: Any) -> ModelRegistered:
    return ModelRegistered(workspace_id=WORKSPACE, model=model, version=version, **labels)


@pytest.mark.parametrize(
    ("match", "labels", "why_not"),
    [
        ({}, {}, None),
        ({"model": "fraud"}, {}, "model credit-risk is not fraud"),
        ({"model": "Credit-*"}, {}, "model credit-risk is not Credit-*"),
        ({"tags": {"stage": "prod*"}}, {"tags": {"stage": "production"}}, None),
        ({"tags": {"stage": "production"}}, {"tags": {"stage": "test"}}, "tag stage is 'test', not 'production'"),
        ({"tags": {"stage": "production"}}, {}, "tag stage is None, not 'production'"),
        ({"properties": {"job": "*"}}, {"tags": {"job": "nightly"}}, None),
        ({"properties": {"job": "n*"}}, {"tags": {"job": "nightly"}}, "property job is None, not 'n*'"),
    ],
)
def test_all_parts_of_a_match_must_fit(match: dict[str, Any], labels: dict[str, Any], why_not: str | None) -> None:
    assert policy(**match).why_not(registered(**labels)) == why_not


def test_model_and_version_stand_in_the_texts_of_a_policy() -> None:
    body = template(endpoint="{model}")
    body["deployment"]["tags"] = {"from": "{model}:{version}"}
    body["smoke_test"]["request"] = {"data": [["{version}", 1]]}
    made = Policy(name="standard", match=Match(model="*"), template=body).request_for("credit.risk_EU", "2.1")

    assert (made.model, made.endpoint.name, made.deployment.name) == (
        "azureml:credit.risk_EU:2.1",
        "credit-risk-eu",
        "version-2-1",
    )
    assert made.deployment.tags == {"from": "credit.risk_EU:2.1"}
    assert made.smoke_test.request == {"data": [["2.1", 1]]}


def test_a_template_is_text_replaced_and_nothing_more() -> None:
    body = template()
    body["endpoint"]["description"] = "{model.__class__} {0} %s {version!r}"
    made = Policy(name="standard", match=Match(model="*"), template=body).request_for("m", "1")

    assert made.endpoint.description == "{model.__class__} {0} %s {version!r}"


def test_a_name_too_long_for_an_endpoint_is_a_problem_at_its_path() -> None:
    long = Policy(name="standard", match=Match(model="*"), template=template(endpoint="{model}"))

    with pytest.raises(RequestProblems) as refused:
        long.request_for("m" * 33, "1")
    assert [problem.path for problem in refused.value.problems] == ["endpoint.name"]


def write(folder: Path, name: str, body: object) -> None:
    (folder / name).write_text(body if isinstance(body, str) else yaml.safe_dump(body))


def test_policies_are_the_yml_files_of_a_folder_by_name(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yml"):
        write(tmp_path, name, {"match": {"model": name}, **template()})
    write(tmp_path, "notes.txt", "not a policy")

    found = read_policies(tmp_path)

    assert {name: getattr(policy, "match", None) for name, policy in found.items()} == {
        "a": Match(model="a.yml"),
        "b": Match(model="b.yml"),
    }
    assert read_policies(tmp_path / "missing") == {}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (template(), "match"),
        ({"match": {"model": ""}, **template()}, "match"),
        ({"match": {"models": "*"}, **template()}, "models"),
        ({"match": {"model": "*"}, **template(endpoint="no good")}, None),
        ({"match": {"model": "*"}, **template(endpoint="x")}, "endpoint.name"),
        ({"match": {"model": "*"}, **template(traffic={"blue": 5})}, "traffic"),
        ({"match": {"model": "*"}}, "deployment: add this field"),
        ("match: [", "unreadable|while parsing"),
        ("match: {model: '*'}\nendpoint: &x {}\ndeployment: *x", "anchors"),
    ],
)
def test_a_policy_that_could_never_deploy_anything_is_told_by_file(
    tmp_path: Path, body: object, says: str | None
) -> None:
    write(tmp_path, "broken.yml", body)

    if says is None:  # a space in a name becomes a dash, as it does for models
        assert load_policy(tmp_path / "broken.yml")
        return
    with pytest.raises(PolicyError, match=rf"(?s)policy broken\.yml: .*(?:{says})"):
        load_policy(tmp_path / "broken.yml")


def test_a_broken_policy_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path, "broken.yml", "match: [")
    write(tmp_path, "good.yml", {"match": {"model": "m"}, **template()})

    found = read_policies(tmp_path)

    assert isinstance(found["broken"], str)
    assert "policy broken.yml" in found["broken"]
    assert isinstance(found["good"], Policy)


@pytest.mark.parametrize(
    ("subject", "data"),
    [
        ("models/credit-risk:2", {"ModelName": "credit-risk", "ModelVersion": "2", "ModelTags": {"a": "b"}}),
        ("models/credit-risk:2", {"modelName": "credit-risk", "modelVersion": 2, "modelTags": {"a": "b"}}),
        ("models/credit-risk:2", {"modelTags": {"a": "b"}}),
    ],
    ids=["documented", "schema", "subject only"],
)
def test_both_casings_are_read_and_the_subject_where_the_data_is_silent(subject: str, data: dict[str, Any]) -> None:
    event = read_event(event_type=EVENT_TYPE, topic=WORKSPACE, subject=subject, data=data)

    assert event == registered(tags={"a": "b"})


@pytest.mark.parametrize(
    ("event_type", "subject", "data"),
    [
        ("Microsoft.MachineLearningServices.ModelDeployed", "models/m:1", {}),
        (EVENT_TYPE, "models/m", {}),
        (EVENT_TYPE, "", None),
        (EVENT_TYPE, "", {"modelName": "m"}),
        (EVENT_TYPE, "", {"modelName": "m\x00", "modelVersion": "1"}),
    ],
)
def test_what_is_no_registration_is_unreadable(event_type: str, subject: str, data: object) -> None:
    with pytest.raises(UnreadableEvent):
        read_event(event_type=event_type, topic=WORKSPACE, subject=subject, data=data)


@given(
    subject=st.text(max_size=20),
    data=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["modelName", "ModelVersion", "modelTags", "modelProperties"]) | st.text(max_size=3),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ),
)
@REPEATABLE
def test_any_data_is_an_event_or_unreadable(subject: str, data: object) -> None:
    try:
        event = read_event(event_type=EVENT_TYPE, topic=WORKSPACE, subject=subject, data=data)
    except UnreadableEvent:
        return
    assert ModelRegistered.from_wire(event.to_wire()) == event
