"""Deployment requests: what is taken, and everything wrong with what is not, each at its path."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.base import iso_duration
from contracts.problems import MAX_PROBLEMS, RequestProblems, read_request
from contracts.request import DeploymentRequest
from tests.samples import request
from tests.unit.changed_request import GRANT_SCOPE, changed, problems

EXAMPLES = settings(max_examples=60)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cc", "Cs"))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)


def message(body: object) -> str:
    with pytest.raises(RequestProblems) as refused:
        read_request(body)
    [problem] = refused.value.problems
    return problem.message


# Where a value is put, the value, where under it the problem is, and its code.
REFUSED: list[tuple[str, object, str, str]] = [
    ("model", "credit-risk", "", "invalid_value"),
    ("model", "azureml:credit risk", "", "invalid_value"),
    ("model", "azureml://registries/azureml/environments/m/versions/1", "", "invalid_value"),
    ("model", "azureml://registries/azureml/models/m", "", "invalid_value"),
    ("deployment/environment", "azureml:/subscriptions/x/environments/e/versions/1", "", "invalid_value"),
    ("deployment/code_configuration/code", "azureml:code@latest", "", "invalid_value"),
    ("model", ["azureml:a:1"], "", "wrong_type"),
    ("model", {"name": "a", "version": "1", "path": "./model"}, ".path", "invalid_value"),
    ("model", {"name": "a", "version": "1", "path": "C:\\models\\m"}, ".path", "invalid_value"),
    ("model", {"name": "a", "version": "1", "path": "azureml://datastores/d/paths/../b"}, ".path", "invalid_value"),
    ("model", {"name": "a", "version": True, "path": "azureml://datastores/d/paths/a"}, ".version", "wrong_type"),
    ("endpoint", "credit-risk", "", "wrong_type"),
    ("endpoint/name", "x", "", "invalid_value"),
    ("endpoint/name", "credit--risk", "", "invalid_value"),
    ("endpoint/name", "credit_risk\n", "", "invalid_value"),
    ("endpoint/name", "a" * 33, "", "invalid_value"),
    ("endpoint/auth_mode", "password", "", "invalid_value"),
    ("endpoint/identity", {"type": "user_assigned"}, "", "invalid_value"),
    ("endpoint/tags", {"a": [1]}, ".a", "wrong_type"),
    ("endpoint/compute", "my-cluster", "", "invalid_value"),
    ("endpoint/mirror_traffic", {"blue": 51}, ".blue", "invalid_value"),
    ("endpoint/mirror_traffic", {"blue": 10, "green": 10}, "", "invalid_value"),
    ("endpoint/public_network_access", "sometimes", "", "invalid_value"),
    ("endpoint/tags", {"a": "x" * 257}, ".a", "invalid_value"),
    ("endpoint/tags", {"a": "x", "A": "y"}, "", "invalid_value"),
    ("deployment/tags", {"a": "x", "A": "y"}, "", "invalid_value"),
    ("endpoint/descripton", "typo", "", "unknown_field"),
    ("deployment/instance_count", "many", "", "wrong_type"),
    ("deployment/instance_count", 1.5, "", "wrong_type"),
    ("deployment/type", "batch", "", "invalid_value"),
    ("deployment/resources", {"requests": {"cpu": "1"}}, "", "invalid_value"),
    ("deployment/scale_settings", {"type": "target_utilization"}, "", "invalid_value"),
    ("deployment/scale_settings", {"type": "default", "max_instances": 2}, "", "invalid_value"),
    ("deployment/data_collector", {"collections": {}}, ".collections", "invalid_value"),
    ("deployment/data_collector", {"collections": {"a": {"enabled": "x"}}}, ".collections.a.enabled", "invalid_value"),
    ("deployment/data_collector", {"sampling_rate": 1.5, "collections": {"a": {"enabled": True}}}, ".sampling_rate",
     "invalid_value"),
    ("deployment/instance_count", 0, "", "invalid_value"),
    ("deployment/instance_count", 1001, "", "invalid_value"),
    ("deployment/instance_type", "a b", "", "invalid_value"),
    ("deployment/app_insights_enabled", "perhaps", "", "wrong_type"),
    ("deployment/code_configuration/code", "./src", "", "invalid_value"),
    ("deployment/code_configuration/scoring_script", "../score.py", "", "invalid_value"),
    ("deployment/environment", {"image": "a/b", "conda_file": "conda.yml"}, ".conda_file", "invalid_value"),
    ("deployment/environment", {"image": "rm -rf"}, ".image", "invalid_value"),
    ("deployment/environment", {"image": "a/b", "build": {"path": "https://a.io/b"}}, "", "invalid_value"),
    ("deployment/environment", {"build": {"path": "./docker"}}, ".build.path", "invalid_value"),
    ("smoke_test", {"cases": []}, ".cases", "invalid_value"),
    ("smoke_test", {"cases": [{"request": 1}], "expect": {"json": 1}}, "", "invalid_value"),
    ("smoke_test", {"request": 1, "text": "a"}, "", "invalid_value"),
    ("smoke_test", {"waived": "why", "cases": [{"request": 1}]}, "", "invalid_value"),
    ("smoke_test", {"content_type": "text/csv"}, "", "invalid_value"),
    ("smoke_test", {"text": "a", "content_type": "csv\r\nX: y"}, ".content_type", "invalid_value"),
    ("smoke_test", {"base64": "no base64!"}, ".base64", "invalid_value"),
    ("smoke_test", {"request": 1, "expect": {"bytes": {}}}, ".expect.bytes", "invalid_value"),
    ("smoke_test", {"request": 1, "expect": {"bytes": {"sha256": "ab"}}}, ".expect.bytes.sha256", "invalid_value"),
    ("smoke_test", {"cases": [{"request": 1, "timeout": "PT10S"}]}, "", "invalid_value"),
    ("smoke_test", {"waived": "why", "request": 1}, "", "invalid_value"),
    ("deployment/environment_variables", {"API_KEY": "x"}, ".API_KEY", "looks_like_secret"),
    ("deployment/environment_variables", {"accountKey": "x"}, ".accountKey", "looks_like_secret"),
    ("deployment/environment_variables", {"URL": "https://a/b?sig=abcdefgh"}, ".URL", "looks_like_secret"),
    ("deployment/environment_variables", {"DEBUG": [1]}, ".DEBUG", "wrong_type"),
    ("access/additional", [{"role": "Reader", "scope": "workspace"}], ".0.scope", "invalid_value"),
    ("access/additional", [{"role": "Reader", "scope": GRANT_SCOPE + "/../y"}], ".0.scope", "invalid_value"),
    ("access/additional", {"role": "Reader"}, "", "wrong_type"),
    ("access/propagation", {"wait": 900}, ".wait", "invalid_value"),
    ("access/propagation", {"wait": "PT2H"}, "", "invalid_value"),
    ("access/propagation", {"give_up_after": "P2D"}, "", "invalid_value"),
    ("smoke_test/request", None, "", "invalid_value"),
    ("smoke_test/timeout", "PT181S", "", "invalid_value"),
    ("smoke_test/expect", {}, "", "invalid_value"),
    ("smoke_test/expect", {"json": 1, "contains": "1"}, "", "invalid_value"),
    ("smoke_test/expect", {"json": None}, "", "invalid_value"),
    ("smoke_test/expect", {"json": 1, "tolerance": "0.1"}, ".tolerance", "wrong_type"),
    (
        "deployment/environment",
        {"image": "a.io/b", "conda_file": {"pip": ["--extra-index-url https://me:secret@a.io/simple"]}},
        ".conda_file.pip.0",
        "looks_like_secret",
    ),
    (
        "endpoint/identity",
        {"type": "user_assigned", "user_assigned_identities": [GRANT_SCOPE]},
        ".user_assigned_identities.0",
        "invalid_value",
    ),
    ("smoke_test/expect", {"json_schema": {"type": "nope"}}, ".json_schema", "invalid_value"),
    ("smoke_test/expect", {"json_schema": {"pattern": "("}}, ".json_schema", "invalid_value"),
    ("smoke_test/expect", {"json_schema": {"items": {"$ref": "https://x/y"}}}, ".json_schema", "invalid_value"),
    ("smoke_test/expect", {"json_schema": {"anyOf": [{"pattern": "(a+)+$"}]}}, ".json_schema", "invalid_value"),
    ("smoke_test/expect", {"json_schema": {"patternProperties": {"^a": {}}}}, ".json_schema", "invalid_value"),
    ("smoke_test/expect", {"json_schema": {"items": {"uniqueItems": True}}}, ".json_schema", "invalid_value"),
    ("smoke_test/expect", {"json_schema": {"anyOf": [{"minLength": 1}] * 1001}}, ".json_schema", "invalid_value"),
    ("smoke_test/expect", {"json_schema": 5}, ".json_schema", "invalid_value"),
    ("traffic", "sometimes", "", "invalid_value"),
    ("traffic", None, "", "wrong_type"),
    ("traffic", {}, "", "invalid_value"),
    ("traffic", {"blue": 99}, "", "invalid_value"),
    ("traffic", {"blue": "all"}, ".blue", "wrong_type"),
    ("traffic", {"blue": True}, ".blue", "wrong_type"),
    ("traffic", {"mapping": 50, "green": 200}, ".green", "invalid_value"),
    ("traffic", {"a[b": 100}, ".a[b", "invalid_value"),
    ("text", 1, "", "unknown_field"),
    ("mapping", {}, "", "unknown_field"),
    ("[key]", 1, "", "unknown_field"),
    ("smoke_test/request", {"__class__": "os"}, ".__class__", "reserved_key"),
    ("endpoint/tags", {"a": "\x00"}, ".a", "invalid_text"),
    ("endpoint/description", "\ud800", "", "invalid_text"),
    ("smoke_test/request", [0, 2**64], ".1", "invalid_value"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "value", "under", "code"), REFUSED)
def test_what_is_refused_is_named_by_its_path(where: str, value: object, under: str, code: str) -> None:
    assert problems(changed(where, value)) == [(where.replace("/", ".") + under, code)]


def test_what_only_one_platform_has_is_refused_for_the_other() -> None:
    body = changed("deployment/type", "Kubernetes")
    body["deployment"] |= {"egress_public_network_access": "disabled", "resources": {"limits": {"nvidia.com/gpu": "1"}}}

    assert problems(body) == [("deployment.egress_public_network_access", "invalid_value")]
    del body["deployment"]["egress_public_network_access"], body["deployment"]["instance_type"]
    taken = read_request(body).deployment
    assert taken.resources is not None
    assert taken.resources.limits is not None
    assert taken.resources.limits.gpu == "1"


def test_access_to_secrets_by_a_property_is_for_an_identity_of_the_endpoints_own() -> None:
    body = changed("endpoint/properties", {"enforce_access_to_default_secret_stores": "enabled"})

    assert problems(body) == [("endpoint", "invalid_value")]
    body["endpoint"]["identity"] = {"type": "SystemAssigned"}
    assert read_request(body).endpoint.properties


def test_a_deployment_may_have_no_model_and_a_waived_smoke_test() -> None:
    body = changed("smoke_test", {"waived": "nobody may call it yet"})
    del body["model"]
    taken = read_request(body)

    assert taken.model is None
    assert taken.smoke_test.waived == "nobody may call it yet"


def test_all_problems_are_told_at_once() -> None:
    body = changed("endpiont", {}) | {"traffic": {"blue": 1}}
    del body["endpoint"]
    body["deployment"] |= {"environment": {"image": "a/b"}, "name": "x"}
    del body["deployment"]["code_configuration"]

    assert sorted(problems(body)) == [
        ("deployment.name", "invalid_value"),
        ("endpiont", "unknown_field"),
        ("endpoint", "required"),
        ("traffic", "invalid_value"),
    ]


def test_a_typo_is_told_the_field_meant() -> None:
    assert message(changed("endpoint/auth_mod", "key")) == "there is no such field here; did you mean 'auth_mode'?"


@pytest.mark.parametrize("body", [None, [], "text", 1])
def test_what_is_no_mapping_is_refused(body: object) -> None:
    assert problems(body) == [("(body)", "wrong_type")]


def test_reserved_keys_are_refused_wherever_they_stand() -> None:
    body = request(__class__="x", extra=[{"a": {"__module__": 1}}], traffic={"__data__": 100})

    assert problems(body) == [
        ("__class__", "reserved_key"),
        ("extra.0.a.__module__", "reserved_key"),
        ("traffic.__data__", "reserved_key"),
    ]


def test_nesting_and_keys_are_bounded() -> None:
    deep: Any = 1
    for _ in range(60):
        deep = [deep]

    [(path, code)] = problems(changed("smoke_test/request", deep))
    assert (path.startswith("smoke_test.request.0.0"), code) == (True, "too_deep")
    assert problems(changed("smoke_test/request", {1: 2})) == [("smoke_test.request.1", "invalid_value")]


def test_thousands_of_problems_are_cut_short() -> None:
    found = problems(request() | {f"unknown{number}": 1 for number in range(5000)})

    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1] == ("(body)", "more_problems")


def test_names_of_environment_variables_are_words() -> None:
    variables = {"MONKEY": "1", "TOKENIZER": "fast", "MY_KEY": "${{azureml://connections/c/credentials/k}}", "SAS": ""}

    assert read_request(changed("deployment/environment_variables", variables))


def test_a_version_may_be_written_as_a_number() -> None:
    body = changed("model", {"name": "a", "version": 3, "path": "azureml://datastores/d/paths/a"})

    assert read_request(body).model.version == "3"  # type: ignore[union-attr]


@given(sent=JSON.filter(lambda value: value is not None), expected=JSON.filter(lambda value: value is not None))
@EXAMPLES
def test_an_accepted_request_reads_back_equal_from_its_wire(sent: Any, expected: Any) -> None:
    taken = read_request(request(smoke_test={"request": sent, "expect": {"json": expected}}))

    assert DeploymentRequest.from_wire(json.dumps(taken.to_wire())) == taken
    assert taken.smoke_test.request == sent


@given(wait=st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=24)))
@EXAMPLES
def test_a_duration_reads_back_to_the_microsecond(wait: timedelta) -> None:
    asked = {"propagation": {"wait": iso_duration(wait), "give_up_after": "PT24H"}}
    taken = read_request(request(access=asked))

    assert taken.access.propagation.wait == wait
    assert DeploymentRequest.from_wire(taken.to_wire()) == taken


def test_online_names_are_taken_as_azure_ml_keeps_them() -> None:
    taken = read_request(
        request(endpoint="Credit-Risk", deployment="Blue", traffic={"Blue": 90, "green": 10}),
    )

    assert (taken.endpoint.name, taken.deployment.name) == ("credit-risk", "blue")
    assert taken.traffic == {"blue": 90, "green": 10}
