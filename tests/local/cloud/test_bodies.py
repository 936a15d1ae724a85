"""A body with one defect is taken by no resource: each field of each body that a PUT reads."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from local.cloud.arm.schema import parsed_duration
from local.cloud.machinelearning.wire import deployment_document
from local.cloud.world import (
    USER_ASSIGNED,
    WORKSPACE_ID,
    WORKSPACE_STORAGE,
)
from tests.local.cloud.routed import World
from tests.local.cloud.whole_bodies import WHOLE

Path_ = tuple[Any, ...]


def defects(body: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The body with one defect each: a wrong type, a required field gone, an unknown word, a number out of range."""
    for place, value, shape in _fields(body, schema, ()):
        for name, bad in _bad(value, shape):
            if bad is None and not place and not schema.get("required"):
                continue  # a body of nothing but optional fields may be left out
            yield f"{'.'.join(map(str, place))}: {name}", _with(body, place, bad)
        for required in shape.get("required", []):
            if isinstance(value, dict) and required in value:
                yield f"{'.'.join(map(str, (*place, required)))}: gone", _without(body, (*place, required))


def _fields(value: Any, schema: dict[str, Any], place: Path_) -> Iterator[tuple[Path_, Any, dict[str, Any]]]:
    yield place, value, schema
    if isinstance(value, dict):
        for name, inner in value.items():
            shape = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            assert shape is not None, f"{(*place, name)} is in no schema"
            yield from _fields(inner, shape, (*place, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _fields(inner, schema["items"], (*place, index))


def _bad(value: Any, shape: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    kinds = shape.get("type", [])
    allowed = {kinds} if isinstance(kinds, str) else set(kinds)
    wrong = {"string": "text", "integer": 7, "boolean": True, "array": [], "object": {}, "number": 1.5, "null": None}
    for kind, sample in wrong.items():
        if allowed and kind not in allowed and not (kind == "integer" and "number" in allowed):
            yield f"is {kind}", sample
    if "integer" in allowed:
        yield "is a number that only happens to be whole", 7.0
    yield from _beyond(value, shape)


def _beyond(value: Any, shape: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Values of the right type that are none of the words, or out of range."""
    too_many = {f"n{number}": "v" for number in range(shape.get("maxProperties", 0) + 1)}
    found = {
        "oneOfWords": ["no-such-word"],
        "minimum": [shape.get("minimum", 0) - 1],
        "maximum": [shape.get("maximum", 0) + 1],
        "duration": ["30 seconds", "-PT1S", *(["P9D"] if "longest" in shape.get("duration", {}) else [])],
        "maxLength": ["x" * (shape.get("maxLength", 0) + 1)],
        "maxProperties": [too_many],
        "maxItems": [value * (shape.get("maxItems", 0) + 1)] if isinstance(value, list) and value else [],
        "pattern": ["..."],
        "propertyNames": [{"a<b": "v"}],
        "onceInAnyCase": [{"Stage": "v", "stage": "v"}],
    }
    yield from ((f"{limit}: {bad!r:.40}", bad) for limit, values in found.items() if limit in shape for bad in values)


def _with(body: dict[str, Any], place: Path_, bad: Any) -> Any:
    if not place:
        return bad
    changed = copy.deepcopy(body)
    inside: Any = changed
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = bad
    return changed


def _without(body: dict[str, Any], place: Path_) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    inside: Any = changed
    for step in place[:-1]:
        inside = inside[step]
    del inside[place[-1]]
    return changed


def changed(world: World) -> object:
    state = world.cloud.state
    return (
        sorted(state.endpoints),
        sorted(one.name for one in state.deployments()),
        sorted((container.kind, container.name, *container.versions) for container in state.containers.values()),
        len(world.cloud.authorization.assignments()),
        [one.name for one in world.cloud.events.subscriptions()],
        [one.identity.name for one in world.cloud.world.directory.every()],
        world.cloud.blobs.containers(WORKSPACE_STORAGE),
        [one.name for one in world.cloud.blobs.accounts],
    )


@pytest.mark.parametrize("path", WHOLE)
def test_no_body_with_a_defect_is_taken(world: World, path: str) -> None:
    before, schema = changed(world), world.schema(path)
    taken = []
    for what, body in defects(WHOLE[path], schema):
        answer = world.put(path, body)
        if answer.status_code != 400:
            taken.append((what, answer.status_code))

    assert taken == []
    assert changed(world) == before


@pytest.mark.parametrize("path", WHOLE)
def test_the_body_without_defects_is_taken(world: World, path: str) -> None:
    answer = world.put(path, WHOLE[path])

    assert answer.status_code in (200, 201), answer.text
    endpoint = world.cloud.state.endpoints.pop("whole", None)
    deployment = world.cloud.state.named("there").deployments.pop("blue", None)
    assert (endpoint is None, deployment is None) != (False, False)


def test_every_put_has_a_schema_and_a_whole_body(world: World) -> None:
    puts = [route for route in world.cloud.arm_routes if route.method == "PUT"]

    assert [route.pattern for route in puts if route.body is None] == []
    judged = [world.schema(path) for path in WHOLE]
    assert [route.pattern for route in puts if not any(route.body is one for one in judged)] == []
    assert sum(1 for path in WHOLE for _ in defects(WHOLE[path], world.schema(path))) > 500


ENDPOINT, DEPLOYMENT = f"{WORKSPACE_ID}/onlineEndpoints/whole", f"{WORKSPACE_ID}/onlineEndpoints/there/deployments/blue"
SUBSCRIPTIONS = f"{WORKSPACE_ID}/providers/Microsoft.EventGrid/eventSubscriptions"
SETTING = f"{WORKSPACE_ID}/onlineEndpoints/there/providers/Microsoft.Insights/diagnosticSettings/mine"
ROLE = next(path for path in WHOLE if "/roleAssignments/" in path)
WINDOWS, TO_HOOK = f"{WORKSPACE_ID}/environments/windows/versions/1", ("properties", "destination", "properties")
NOBODY = f"{USER_ASSIGNED[0].resource_id}-of-nobody"


@pytest.mark.parametrize(
    ("path", "place", "bad", "code"),
    [
        (ENDPOINT, ("tags",), {"n" * 513: "x"}, "InvalidRequestBody"),
        (ENDPOINT, ("tags",), {"Stage": "x", "stage": "y"}, "InvalidRequestBody"),
        (ENDPOINT, ("identity", "userAssignedIdentities"), {NOBODY: {}}, "FailedIdentityOperation"),
        (DEPLOYMENT, ("properties", "environmentVariables"), {"A=B": "x"}, "InvalidEnvironmentVariable"),
        (DEPLOYMENT, ("properties", "environmentVariables"), {"": "x"}, "InvalidEnvironmentVariable"),
        (DEPLOYMENT, ("properties", "environmentVariables"), {"1ST": "x"}, "InvalidEnvironmentVariable"),
        (DEPLOYMENT, ("properties", "environmentId"), WINDOWS, "NotEmulatedLocally"),
        (ROLE, ("properties", "delegatedManagedIdentityResourceId"), NOBODY, "NotEmulatedLocally"),
        (SETTING, ("properties", "workspaceId"), "logs", "LinkedInvalidPropertyId"),
        (SETTING, ("properties", "storageAccountId"), WORKSPACE_ID, "LinkedInvalidPropertyId"),
        (f"{SUBSCRIPTIONS}/ab", (), None, "InvalidRequest"),
        (f"{SUBSCRIPTIONS}/mine", (*TO_HOOK, "azureActiveDirectoryTenantId"), "t", "NotEmulatedLocally"),
    ],
)
def test_what_would_be_taken_and_not_be_so(world: World, path: str, place: Path_, bad: Any, code: str) -> None:
    before, body = changed(world), WHOLE.get(path) or WHOLE[f"{SUBSCRIPTIONS}/mine"]

    answer = world.put(path, _with(body, place, bad) if place else body)

    assert answer.status_code in (400, 501)
    assert code in answer.text
    assert changed(world) == before


def test_a_deployments_properties_tell_what_became_of_its_container(world: World) -> None:
    assert world.put(DEPLOYMENT, WHOLE[DEPLOYMENT]).status_code == 201
    endpoint = world.cloud.state.named("there")
    deployment = endpoint.deployments.pop("blue")
    process: Any = SimpleNamespace(told="2 restarts, not ready")

    document: Any = deployment_document(endpoint, replace(deployment, process=process))

    assert document["properties"]["properties"]["localAzure.container"] == "2 restarts, not ready"
    assert "localAzure.container" not in str(deployment_document(endpoint, deployment))


def test_a_text_of_a_body_may_have_lines(world: World) -> None:
    path = f"{WORKSPACE_ID}/environments/lines/versions/1"
    written = '{"properties": {"image": "mcr.microsoft.com/azureml/x:1", "condaFile": "dependencies:\n- python"}}'

    assert world.put(path, written).json()["properties"]["condaFile"] == "dependencies:\n- python"


def test_a_port_may_be_a_text(world: World) -> None:
    path = next(one for one in WHOLE if "/environments/e/" in one)

    body = _with(WHOLE[path], ("properties", "inferenceConfig", "scoringRoute", "port"), "8080")

    assert world.put(path, body).json()["properties"]["inferenceConfig"]["scoringRoute"]["port"] == 8080


def test_an_endpoint_has_the_keys_that_it_is_made_with(world: World) -> None:
    keys = {"primaryKey": "first", "secondaryKey": None}

    assert world.put(ENDPOINT, _with(WHOLE[ENDPOINT], ("properties", "keys"), keys)).status_code == 201

    there = world.cloud.state.endpoints.pop("whole").keys
    assert there["primaryKey"] == "first"
    assert len(there["secondaryKey"]) > 20


@pytest.mark.parametrize("wrong", ["", "P", "PT", "P1Y", "PT1", "1S", "PT1.2.3S", "PT1H30", "P1DT"])
def test_a_text_that_is_no_duration(wrong: str) -> None:
    assert parsed_duration(wrong) is None
