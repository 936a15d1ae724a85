"""Deployment requests: what is taken, and everything wrong with what is not, each at its path."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.base import iso_duration
from contracts.problems import MAX_PROBLEMS, RequestProblems, read_request
from contracts.request import NOT_CARRIED, DeploymentRequest
from tests.samples import request

REPEATABLE = settings(deadline=None, derandomize=True, database=None, max_examples=60)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cc", "Cs"))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)


def changed(path: str, value: object) -> dict[str, Any]:
    """A good request with one value put somewhere."""
    body: Any = request()
    *parents, last = path.split("/")
    here = body
    for parent in parents:
        here = here.setdefault(parent, {})
    here[last] = value
    return copy.deepcopy(body)


def problems(body: object) -> list[tuple[str, str]]:
    with pytest.raises(RequestProblems) as refused:
        read_request(body)
    assert all(problem.message for problem in refused.value.problems)
    return [(problem.path, problem.code) for problem in refused.value.problems]


def message(body: object) -> str:
    with pytest.raises(RequestProblems) as refused:
        read_request(body)
    [problem] = refused.value.problems
    return problem.message


SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
GRANT_SCOPE = SUBSCRIPTION + "/resourceGroups/x"
IDENTITY = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"

# Where a value is put, the value, where under it the problem is, and its code.
REFUSED: list[tuple[str, object, str, str]] = [
    ("model", "credit-risk", "", "invalid_value"),
    ("model", "azureml:credit-risk", "", "invalid_value"),
    ("model", "azureml://registries/azureml/models/m/versions/1", "", "invalid_value"),
    ("model", ["azureml:a:1"], "", "wrong_type"),
    ("model", {"name": "a", "version": "1", "path": "./model"}, ".path", "invalid_value"),
    ("model", {"name": "a", "version": "1", "path": "C:\\models\\m"}, ".path", "invalid_value"),
    ("model", {"name": "a", "version": "1", "path": "azureml://datastores/d/paths/../b"}, ".path", "invalid_value"),
    ("model", {"name": "a", "version": True, "path": "azureml://datastores/d/paths/a"}, ".version", "wrong_type"),
    ("model", {"name": "a", "path": "azureml://datastores/d/paths/a"}, ".version", "required"),
    ("endpoint", "credit-risk", "", "wrong_type"),
    ("endpoint/name", "x", "", "invalid_value"),
    ("endpoint/name", "credit--risk", "", "invalid_value"),
    ("endpoint/name", "credit_risk\n", "", "invalid_value"),
    ("endpoint/name", "a" * 33, "", "invalid_value"),
    ("endpoint/auth_mode", "password", "", "invalid_value"),
    ("endpoint/identity", {"type": "user_assigned"}, "", "invalid_value"),
    ("endpoint/tags", {"a": 1}, ".a", "wrong_type"),
    ("endpoint/tags", {"a": "x" * 257}, ".a", "invalid_value"),
    ("endpoint/descripton", "typo", "", "unknown_field"),
    ("deployment/instance_count", "1", "", "wrong_type"),
    ("deployment/instance_count", 0, "", "invalid_value"),
    ("deployment/instance_count", 51, "", "invalid_value"),
    ("deployment/instance_type", "a b", "", "invalid_value"),
    ("deployment/app_insights_enabled", "yes", "", "wrong_type"),
    ("deployment/code_configuration/code", "./src", "", "invalid_value"),
    ("deployment/code_configuration/scoring_script", "../score.py", "", "invalid_value"),
    ("deployment/environment", {"image": "a/b", "conda_file": "conda.yml"}, ".conda_file", "invalid_value"),
    ("deployment/environment", {"image": "rm -rf"}, ".image", "invalid_value"),
    ("deployment/environment_variables", {"API_KEY": "x"}, ".API_KEY", "looks_like_secret"),
    ("deployment/environment_variables", {"accountKey": "x"}, ".accountKey", "looks_like_secret"),
    ("deployment/environment_variables", {"URL": "https://a/b?sig=abcdefgh"}, ".URL", "looks_like_secret"),
    ("deployment/environment_variables", {"DEBUG": 1}, ".DEBUG", "wrong_type"),
    ("access/additional", [{"role": "Reader", "scope": "workspace"}], ".0.scope", "invalid_value"),
    ("access/additional", [{"role": "Reader", "scope": GRANT_SCOPE + "/../y"}], ".0.scope", "invalid_value"),
    ("access/additional", {"role": "Reader"}, "", "wrong_type"),
    ("access/propagation", {"wait": 900}, ".wait", "invalid_value"),
    ("access/propagation", {"wait": "PT2H"}, "", "invalid_value"),
    ("access/propagation", {"give_up_after": "P2D"}, "", "invalid_value"),
    ("smoke_test/request", None, "", "invalid_value"),
    ("smoke_test/timeout", "PT10S", "", "invalid_value"),
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
    ("traffic", {"blue": "100"}, ".blue", "wrong_type"),
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


@pytest.mark.parametrize("field", NOT_CARRIED)
def test_what_azure_ml_knows_and_slipway_does_not_carry_is_refused_by_name(field: str) -> None:
    body = changed(field.replace(".", "/"), {})

    assert problems(body) == [(field, "not_supported")]
    assert message(body) == NOT_CARRIED[field]


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


def test_an_image_of_its_own_needs_code_or_routes() -> None:
    body = changed("deployment/environment", {"image": "a/b"})
    assert read_request(body).deployment.code_configuration

    del body["deployment"]["code_configuration"]
    assert problems(body) == [("deployment", "invalid_value")]

    route = {"path": "/score", "port": 8080}
    body["deployment"]["environment"]["inference_config"] = dict.fromkeys(
        ("liveness_route", "readiness_route", "scoring_route"), route
    )
    assert read_request(body).deployment.code_configuration is None


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

    assert read_request(body).model_version == "3"


# Whoever resolves a `.` ends at another scope than the one that was read; so does who drops an empty part.
NO_SCOPES = [
    "",
    "/",
    "/subscriptions",
    "/subscriptions/00000000-0000-0000-0000-00000000000",
    SUBSCRIPTION + "/",
    SUBSCRIPTION + "/resourceGroups",
    SUBSCRIPTION + "/resourceGroups/.",
    SUBSCRIPTION + "/resourceGroups/..",
    GRANT_SCOPE + "/",
    GRANT_SCOPE + "/.",
    GRANT_SCOPE + "//providers/Microsoft.Storage/storageAccounts/a",
    GRANT_SCOPE + "/providers/Microsoft.Storage",
    GRANT_SCOPE + "/providers/Microsoft.Storage/storageAccounts",
    GRANT_SCOPE + "/providers/Microsoft.Storage/storageAccounts/.",
    GRANT_SCOPE + "/providers/Microsoft.Storage/./a",
    GRANT_SCOPE + "/providers/./storageAccounts/a",
    GRANT_SCOPE + "/providers/Microsoft.Storage/storageAccounts/..",
    GRANT_SCOPE + "/providers/Microsoft.Storage/storageAccounts/a/",
    GRANT_SCOPE + "/providers/Microsoft.Storage/storageAccounts/%2e",
    GRANT_SCOPE + "?x=1",
    GRANT_SCOPE + "\n",
    " " + GRANT_SCOPE,
]
SCOPES = [
    SUBSCRIPTION,
    GRANT_SCOPE,
    GRANT_SCOPE.replace("resourceGroups", "resourcegroups"),
    SUBSCRIPTION + "/resourceGroups/a.b-c_(d)",
    GRANT_SCOPE + "/providers/Microsoft.Storage/storageAccounts/a/blobServices/default/containers/c",
    GRANT_SCOPE + "/providers/Microsoft.KeyVault/vaults/v/secrets/s",
]


@pytest.mark.parametrize("scope", NO_SCOPES)
def test_a_scope_that_could_mean_another_one_is_refused(scope: str) -> None:
    body = changed("access/additional", [{"role": "Reader", "scope": scope}])

    assert problems(body) == [("access.additional.0.scope", "invalid_value")]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_is_taken_as_it_is_written(scope: str) -> None:
    body = changed("access/additional", [{"role": "Reader", "scope": scope}])

    assert read_request(body).access.additional[0].scope == scope


@pytest.mark.parametrize(
    "scope", [f"{SUBSCRIPTION}/resourceGroups/{name}{IDENTITY}" for name in (".", "..", "", "a/b")]
)
def test_an_identity_of_another_group_than_the_one_written_is_refused(scope: str) -> None:
    identity = {"type": "user_assigned", "user_assigned_identities": [{"resource_id": scope}]}

    assert problems(changed("endpoint/identity", identity)) == [
        ("endpoint.identity.user_assigned_identities.0.resource_id", "invalid_value")
    ]


NO_PATHS = ["a/./b", "a/..", "a/../b", "a//b", "a/%2e%2e/b", "a/%2E/b", "a%2f..", "./a", "a?sv=1", "a#b", "a\\b"]


@pytest.mark.parametrize("path", NO_PATHS)
def test_a_datastore_path_that_leads_elsewhere_is_refused(path: str) -> None:
    model = {"name": "a", "version": "1", "path": f"azureml://datastores/d/paths/{path}"}

    assert problems(changed("model", model)) == [("model.path", "invalid_value")]


@pytest.mark.parametrize(
    "path",
    [
        "azureml://datastores/d/paths/a.b/c..d/.hidden",
        "azureml://datastores/d/paths/made/",
        "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/a%20b",
    ],
)
def test_a_datastore_path_is_taken_as_it_is_written(path: str) -> None:
    model = {"name": "a", "version": "1", "path": path}

    assert read_request(changed("model", model)).model.path == path  # type: ignore[union-attr]


@given(sent=JSON.filter(lambda value: value is not None), expected=JSON.filter(lambda value: value is not None))
@REPEATABLE
def test_an_accepted_request_reads_back_equal_from_its_wire(sent: Any, expected: Any) -> None:
    taken = read_request(request(smoke_test={"request": sent, "expect": {"json": expected}}))

    assert DeploymentRequest.from_wire(json.dumps(taken.to_wire())) == taken
    assert taken.smoke_test.request == sent


@given(wait=st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=24)))
@REPEATABLE
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
