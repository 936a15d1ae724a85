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
from settings import policies_folder
from tests.samples import request
from triggers.body import parse_body
from triggers.policies import PolicyError, load_policy, read_folder

ROOT = Path(__file__).resolve().parents[2]
WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
EXAMPLES = settings(max_examples=60)


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
        ({"tags": {"stage": "production"}}, {}, "tag stage is missing, not 'production'"),
        ({"properties": {"job": "*"}}, {"tags": {"job": "nightly"}}, None),
        ({"properties": {"job": "n*"}}, {"tags": {"job": "nightly"}}, "property job is missing, not 'n*'"),
    ],
)
def test_all_parts_of_a_match_must_fit(match: dict[str, Any], labels: dict[str, Any], why_not: str | None) -> None:
    assert policy(**match).why_not(registered(**labels)) == why_not


def test_model_and_version_stand_in_the_texts_of_a_policy() -> None:
    body = template(endpoint="{model}-scores")
    body["deployment"]["tags"] = {"from": "{model}:{version}"}
    body["smoke_test"]["request"] = {"data": [["{version}", 1]]}
    made = Policy(name="standard", match=Match(model="*"), template=body).request_for("credit-risk", "2")

    assert (made.model, made.endpoint.name, made.deployment.name) == (
        "azureml:credit-risk:2",
        "credit-risk-scores",
        "version-2",
    )
    assert made.deployment.tags == {"from": "credit-risk:2"}
    assert made.smoke_test.request == {"data": [["2", 1]]}


def test_a_template_is_text_replaced_and_nothing_more() -> None:
    body = template()
    body["endpoint"]["description"] = "{model.__class__} {0} %s {version!r}"
    made = Policy(name="standard", match=Match(model="*"), template=body).request_for("m", "1")

    assert made.endpoint.description == "{model.__class__} {0} %s {version!r}"


def test_a_name_without_a_placeholder_must_be_one_that_azure_ml_takes() -> None:
    long = Policy(name="standard", match=Match(model="*"), template=template(endpoint="m" * 33))

    with pytest.raises(RequestProblems) as refused:
        long.request_for("m", "1")
    assert [problem.path for problem in refused.value.problems] == ["endpoint.name"]


def write(folder: Path, name: str, body: object) -> None:
    (folder / name).write_text(body if isinstance(body, str) else yaml.safe_dump(body))


def test_policies_are_the_yaml_files_of_a_folder_by_name(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yaml", "c.YML"):
        write(tmp_path, name, {"match": {"model": name}, **template(endpoint=name.replace(".", "-").lower())})
    for other in ("notes.txt", ".draft.yml", "d.json"):
        write(tmp_path, other, "not a policy")

    found = read_folder(tmp_path)

    assert [policy.name for policy in found.policies] == ["a", "b", "c"]
    assert [policy.match.model for policy in found.policies] == ["a.yaml", "b.yml", "c.YML"]
    assert found.invalid == []


def test_a_folder_that_is_not_there_is_told_unless_it_is_the_apps_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (tmp_path / "polices", tmp_path / "file"):
        (tmp_path / "file").write_text("")
        [invalid] = read_folder(path).invalid
        assert (invalid.file, invalid.match) == ("SLIPWAY_POLICIES", None)
        assert str(path) in invalid.lines[0]

    # Nothing of an empty folder is in a package.
    monkeypatch.setattr("triggers.policies.OWN_POLICIES", tmp_path / "policies")
    own = read_folder(tmp_path / "policies")
    assert (own.policies, own.invalid) == ([], [])


def test_the_folder_of_policies_is_relative_to_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert policies_folder({}) == policies_folder({"SLIPWAY_POLICIES": ""}) == ROOT / "policies"
    assert policies_folder({"SLIPWAY_POLICIES": "examples/policies"}) == ROOT / "examples" / "policies"
    assert policies_folder({"SLIPWAY_POLICIES": str(tmp_path)}) == tmp_path


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (template(), "match"),
        ({"match": {"model": ""}, **template()}, "match"),
        ({"match": {"models": "*"}, **template()}, "models"),
        ({"match": {"model": "*"}, **template(endpoint="no good")}, None),
        ({"match": {"model": "*"}, **template(endpoint="x")}, "endpoint.name"),
        ({"match": {"model": "*"}, **template(traffic={"blue": 5})}, "traffic"),
        ({"match": {"model": "*"}, "shares_endpoint": "yes", **template()}, "shares_endpoint: write true or false"),
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
    with pytest.raises(PolicyError, match=rf"(?s)^broken\.yml: .*(?:{says})"):
        load_policy(tmp_path / "broken.yml")


def test_a_broken_policy_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path, "broken.yml", "match: [")
    (tmp_path / "folder.yml").mkdir()
    write(tmp_path, "good.yml", {"match": {"model": "m"}, **template()})
    write(tmp_path, "halfway.yml", {"match": {"model": "credit-*"}, **template(traffic={"blue": 5})})
    write(tmp_path, "much.yml", "a: " + "b" * 300_000)
    for bad_name in ("what is this.yml", f"x{'x' * 40}.yml"):
        write(tmp_path, bad_name, {"match": {"model": "m"}, **template()})

    found = read_folder(tmp_path)

    assert [policy.name for policy in found.policies] == ["good"]
    assert [(one.file, one.problems[0].code) for one in found.invalid] == [
        ("broken.yml", "unreadable"),
        ("folder.yml", "unreadable"),
        ("halfway.yml", "invalid_value"),
        ("much.yml", "too_large"),
        ("what is this.yml", "bad_name"),
        (f"x{'x' * 40}.yml", "bad_name"),
    ]
    # What can be read of a broken one says for which models it is broken.
    assert found.invalid[2].why_not(registered("fraud")) == "model fraud is not credit-*"
    assert all(one.why_not(registered()) is None for one in found.invalid)


def test_a_broken_policy_tells_no_secret_of_its_match(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    write(tmp_path, "broken.yml", {"match": {"model": secret, "tags": {"a": secret}}, **template()})

    [invalid] = read_folder(tmp_path).invalid

    assert [problem.path for problem in invalid.problems] == ["match.model", "match.tags.a"]
    assert secret not in str((invalid.lines, invalid.why_not(registered())))


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ({"model": "credit-*"}, {"model": "credit-risk"}, "same_deployment"),
        ({"model": "credit-*"}, {"model": "fraud-*"}, None),
        ({"model": "*", "tags": {"stage": "prod"}}, {"model": "*", "tags": {"stage": "test"}}, None),
        ({"model": "*", "tags": {"stage": "prod"}}, {"model": "*", "tags": {"stage": "p*"}}, "same_deployment"),
        ({"model": "*", "tags": {"stage": "prod"}}, {"model": "*"}, "same_deployment"),
    ],
)
def test_two_policies_that_may_ask_for_one_deployment_are_told(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any], code: str | None
) -> None:
    write(tmp_path, "a.yml", {"match": first, **template(endpoint="{model}")})
    write(tmp_path, "b.yml", {"match": second, **template(endpoint="{model}")})

    found = read_folder(tmp_path)

    assert [one.problems[0].code for one in found.invalid] == ([code] if code else [])
    assert [policy.name for policy in found.policies] == (["a"] if code else ["a", "b"])


def test_names_without_a_model_are_the_same_for_any_two_models(tmp_path: Path) -> None:
    for name in ("credit", "fraud"):
        write(tmp_path, f"{name}.yml", {"match": {"model": name}, **template(endpoint="shared")})

    [invalid] = read_folder(tmp_path).invalid

    assert (invalid.file, invalid.problems[0].path) == ("fraud.yml", "deployment.name")
    assert "policy credit " in invalid.lines[0]


def test_two_files_of_one_name_are_told(tmp_path: Path) -> None:
    for name in ("a.yml", "a.yaml"):
        write(tmp_path, name, {"match": {"model": name}, **template(endpoint="{model}")})

    found = read_folder(tmp_path)
    told = [(one.file, one.problems[0].code) for one in found.invalid]

    assert ([one.name for one in found.policies], told) == (["a"], [("a.yml", "same_name")])


def test_a_folders_digest_changes_with_every_file_that_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = [read_folder(tmp_path / "policies").digest]
    (tmp_path / "policies").mkdir()
    digests.append(read_folder(tmp_path / "policies").digest)
    for name, text in (("a.yml", "match: ["), ("a.yml", "match: [ "), ("b.yaml", ""), ("b.yaml", "x: 1")):
        write(tmp_path / "policies", name, text)
        digests.append(read_folder(tmp_path / "policies").digest)
    monkeypatch.setattr("triggers.policies.VERSION", "another")
    digests.append(read_folder(tmp_path / "policies").digest)

    assert len(set(digests)) == len(digests)
    write(tmp_path / "policies", "notes.txt", "")
    assert read_folder(tmp_path / "policies").digest == digests[-1]


def test_a_digest_is_of_what_was_read_also_when_the_file_changes_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, mended = "match: [", {"match": {"model": "m"}, **template()}
    write(tmp_path, "a.yml", broken)
    before = read_folder(tmp_path)

    def mended_meanwhile(content: bytes) -> Any:
        write(tmp_path, "a.yml", mended)
        return parse_body(content)

    monkeypatch.setattr("triggers.policies.parse_body", mended_meanwhile)
    during = read_folder(tmp_path)

    assert (during.digest, len(during.invalid)) == (before.digest, 1)
    assert read_folder(tmp_path).digest != before.digest


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
        (EVENT_TYPE, "", {"modelName": "m" * 256, "modelVersion": "1"}),
        (EVENT_TYPE, "", {"modelName": ["m"], "modelVersion": {"a": 1}}),
        (EVENT_TYPE, "models/m\nERROR all is lost:1", {}),
    ],
)
def test_what_is_no_registration_is_unreadable(event_type: str, subject: str, data: object) -> None:
    with pytest.raises(UnreadableEvent, match=r"^[ -~]+$"):
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
@EXAMPLES
def test_any_data_is_an_event_or_unreadable(subject: str, data: object) -> None:
    try:
        event = read_event(event_type=EVENT_TYPE, topic=WORKSPACE, subject=subject, data=data)
    except UnreadableEvent:
        return
    assert ModelRegistered.from_wire(event.to_wire()) == event
