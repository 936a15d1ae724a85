"""What is said of a wrong body: in words of its own author, at a place that is there, with advice that holds there."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.corrections import fields_at
from contracts.policy import Match, read_policy
from contracts.problems import Problem, RequestProblems, read_request
from contracts.request import DeploymentRequest
from tests.unit.complete_request import complete

EXAMPLES = settings(max_examples=150)

# Words of pydantic, of Python and of regular expressions, none of which helps who writes a request.
NOT_OURS = re.compile(
    r"(?i)pydantic|regex|pattern|timedelta|validat|union|literal|input should|instance of|\bdict\b|\bstr\b|\bint\b"
    r"|(?-i:\bNone\b)|errors\.|\^|\\|\[A-Z|extra inputs|field required"
)
WRONG: list[Any] = [
    None, True, False, 0, -1, 3, 10**15, 2.5, "", "?", "a" * 5000, " x ", "P1X", "PT", "P99999999999D", "-PT1S",
    [], [1], [None], ["x", 1], {}, {"a": 1}, {"a": None}, {"name": 5}, [{"x": 1}], {"resource_id": "x"},
    {"json": 1, "contains": "x"}, {"type": "nope"}, {"blue": 101}, {"blue": 1.5}, {"b?": 100}, "azureml:x", "./x.py",
]  # fmt: skip


# What a request cannot have besides something else that `complete` has.
BESIDES = {
    "json_schema", "contains", "bytes", "waived", "text", "base64", "cases", "compute", "build", "resources", "data_id",
    "min_instances", "max_instances", "polling_interval", "target_utilization_percentage",
}  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from places(item, (*path, key))


PLACES = list(places(complete()))


def at(body: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        body = body[part]
    return body


def told(body: Any) -> list[Problem]:
    try:
        read_request(body)
    except RequestProblems as error:
        return error.problems
    return []


def there(body: Any, problem: Problem) -> bool:
    """Whether the path of a problem is one of the body, or that of a field that is missing in it."""
    if problem.path == "(body)":
        return True
    *parents, last = problem.path.split(".")
    for part in parents:
        body = body[int(part)] if isinstance(body, list) else body[part]
    if problem.code == "required":
        return last not in body
    return int(last) < len(body) if isinstance(body, list) else last in body


def check(body: Any) -> None:
    for problem in told(body):
        assert there(body, problem), problem
        assert not NOT_OURS.search(problem.message), problem
        assert problem.message != "this value is not taken here", "what to write instead"
        assert len(problem.message) > 10
        assert "P99999999999D" not in problem.message
        suggested = re.search(r"did you mean '(.+)'", problem.message)
        if suggested:
            *place, written = problem.path.split(".")
            assert suggested[1] != written
            assert suggested[1] in fields_at(DeploymentRequest, place)


def test_every_field_of_the_contract_is_written() -> None:
    read_request(complete())
    for place in {tuple(str(part) for part in path[:-1]) for path in PLACES}:
        fields = fields_at(DeploymentRequest, list(place))
        here = at(complete(), tuple(int(part) if part.isdigit() else part for part in place))
        if isinstance(here, dict) and fields:
            assert fields - BESIDES <= here.keys() or place[-1:] == ("additional",)


@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_a_wrong_value_anywhere_is_told_in_our_words(path: tuple[Any, ...]) -> None:
    for value in WRONG:
        body = complete()
        at(body, path[:-1])[path[-1]] = copy.deepcopy(value)
        check(body)


@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))
def test_what_is_missing_is_told_in_our_words(path: tuple[Any, ...]) -> None:
    body = complete()
    del at(body, path[:-1])[path[-1]]
    check(body)


@given(
    path=st.sampled_from(PLACES),
    letters=st.text("abcdefghijklmnopqrstuvwxyz_$", max_size=14),
    cut=st.integers(0, 4),
    value=st.sampled_from(WRONG),
)
@EXAMPLES
def test_an_unknown_field_is_told_one_that_can_be_written_there(
    path: tuple[Any, ...], letters: str, cut: int, value: Any
) -> None:
    body = complete()
    parent = at(body, path[:-1])
    if isinstance(parent, dict):
        # As people mistype: the beginning of a name, with something after it.
        parent[str(path[-1])[:cut] + letters] = value
        check(body)


@given(values=st.dictionaries(st.sampled_from(PLACES), st.sampled_from(WRONG), min_size=2, max_size=6))
@EXAMPLES
def test_many_wrong_values_at_once_are_told_in_our_words(values: dict[tuple[Any, ...], Any]) -> None:
    body = complete()
    for path, value in values.items():
        try:
            parent = at(body, path[:-1])
        except (KeyError, IndexError, TypeError):
            continue  # another value took its place away
        if isinstance(parent, list if isinstance(path[-1], int) else dict) and parent:
            parent[path[-1]] = copy.deepcopy(value)
    check(body)


def message(path: str, value: Any) -> str:
    body = complete()
    *parents, last = path.split(".")
    at(body, tuple(parents))[last] = value
    [problem] = told(body)
    return problem.message


def test_limits_and_choices_are_named() -> None:
    assert message("endpoint.auth_mode", "password") == "write 'key', 'aml_token' or 'aad_token'"
    assert message("deployment.instance_count", 0) == "write at least 1"
    assert message("deployment.instance_count", 1001) == "write at most 1000"
    assert message("deployment.data_collector.collections", {}) == "give at least 1 of them"
    assert message("endpoint.description", "x" * 2001) == "write at most 2000 characters"
    assert message("access.propagation.wait", "soon").startswith("write an ISO 8601 duration such as PT15M")
    assert message("deployment.instance_type", "a b") == "name a virtual machine size, e.g. Standard_DS3_v2"
    assert message("deployment.environment.image", "A B").startswith("name an image as <registry>/<repository>:<tag>")
    assert message("model.name", "a b").startswith("use 1 to 255 letters, digits")
    assert message("traffic", [1]) == "write all_at_once, none, or a mapping of deployments to percentages"
    assert message("model", 5) == "write azureml:<name>:<version>, or a mapping with path, name and version"


def test_a_field_of_the_preview_of_az_ml_is_told_by_the_name_that_it_has_now() -> None:
    for path, now in (
        ("model.local_path", "path"),
        ("model.model_format", "type"),
        ("deployment.environment.docker", "image"),
        ("deployment.scale_settings.scale_type", "type"),
        ("deployments", "deployment"),
    ):
        assert message(path, "x") == f"there is no such field here since the preview of az ml: it is called {now!r}"
    assert message("endpoint.deployments", []).endswith("az ml: each deployment has a file of its own")
    assert message("deployment.docker", {}) == "there is no such field here: remove it"


def test_a_field_that_belongs_elsewhere_is_not_suggested_here() -> None:
    assert message("instance_type", "x") == "there is no such field here: remove it"
    assert message("smoke_test.expect.schema", {}) == "there is no such field here; did you mean 'json_schema'?"
    assert message("smoke_test.schema", {}) == "there is no such field here: remove it"
    assert message("deployment.liveness_probe.perod", 1) == "there is no such field here: remove it"

    body = complete()
    del body["deployment"]["liveness_probe"]["period"]
    body["deployment"]["liveness_probe"]["perod"] = 1
    [problem] = told(body)
    assert problem.message == "there is no such field here; did you mean 'period'?"


def test_a_schema_that_is_none_says_where() -> None:
    body = complete()
    body["smoke_test"]["expect"] = {"json_schema": {"properties": {"a": {"type": "hunter2-x"}}}}
    [problem] = told(body)

    assert problem.path == "smoke_test.expect.json_schema"
    assert "properties.a.type" in problem.message
    assert "hunter2-x" not in problem.message


POLICY = {key: part for key, part in complete().items() if key != "model"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, [("match", "required")]),
        ({"match": None}, [("match", "wrong_type")]),
        ({"match": {}}, [("match.model", "required")]),
        ({"match": {"model": ""}}, [("match.model", "invalid_value")]),
        ({"match": {"model": 5, "tags": {"a": 1}}}, [("match.model", "wrong_type")]),
        ({"match": {"model": "*", "tags": {"a": [1]}}}, [("match.tags.a", "wrong_type")]),
        ({"match": {"model": "*", "tag": {}}}, [("match.tag", "unknown_field")]),
        ({"match": {"model": "*", "tags": {"__class__": "x"}}}, [("match.tags.__class__", "reserved_key")]),
        ({"match": {"model": "*"}, "model": "azureml:a:1"}, [("model", "unknown_field")]),
        (
            {"match": {"model": ""}, "endpoint": {"name": "-"}, "traffic": {"blue": 5}, "foo": 1},
            [
                ("match.model", "invalid_value"),
                ("endpoint.name", "invalid_value"),
                ("traffic", "invalid_value"),
                ("foo", "unknown_field"),
            ],
        ),
    ],
)
def test_all_that_is_wrong_with_a_policy_is_told_at_once(change: dict[str, Any], expected: list[Any]) -> None:
    with pytest.raises(RequestProblems) as refused:
        read_policy("standard", POLICY | change)

    assert sorted((one.path, one.code) for one in refused.value.problems) == sorted(expected)
    assert not [one for one in refused.value.problems if NOT_OURS.search(one.message)]


@pytest.mark.parametrize("body", [None, [], "text", 5])
def test_a_policy_that_is_no_mapping_is_refused(body: Any) -> None:
    with pytest.raises(RequestProblems) as refused:
        read_policy("standard", body)
    assert [(one.path, one.code) for one in refused.value.problems] == [("(body)", "wrong_type")]


def test_a_policy_suggests_fields_of_its_match() -> None:
    with pytest.raises(RequestProblems) as refused:
        read_policy("standard", POLICY | {"match": {"model": "*", "tag": {}, "endpoint": 1}})

    assert [one.message for one in refused.value.problems] == [
        "there is no such field here; did you mean 'tags'?",
        "there is no such field here: remove it",
    ]
    assert fields_at(Match, []) == {"model", "tags", "properties"}


def test_a_good_policy_is_read() -> None:
    policy = read_policy("standard", POLICY | {"match": {"model": "credit-*"}})

    assert (policy.name, policy.match, policy.template) == ("standard", Match(model="credit-*"), POLICY)
