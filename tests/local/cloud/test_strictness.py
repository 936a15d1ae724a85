"""A strict local Azure, as tests have it, takes no field that no official schema has; Azure passes those over."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.cloud.arm.schema import unknown
from local.cloud.environment import STRICT, is_strict
from local.cloud.world import REGION, WORKSPACE_ID, WORKSPACE_STORAGE, storage_id
from tests.local.cloud.routed import World, routed
from tests.local.cloud.whole_bodies import WHOLE

PLANTED = "nobodyHasThis"
# What is read of these has other models than what is written.
MORE_IN_ANSWERS = {storage_id("whole"), f"{storage_id(WORKSPACE_STORAGE)}/blobServices/default/containers/mine"}
# Told by the resource that they are part of.
PARTS = {path for path in WHOLE if "/accessPolicies/" in path}


def planted(body: Any, shape: dict[str, Any]) -> Iterator[Any]:
    """The body with one field too many, in each object that has fields of its own."""
    fields = shape.get("properties", {})
    if not isinstance(body, dict) or ("additionalProperties" in shape and fields):
        return
    if fields:
        yield {**body, PLANTED: "x"}
    for name, value in body.items():
        inner = fields.get(name, shape.get("additionalProperties") or {})
        if isinstance(value, list):
            for one in planted(value[0] if value else None, inner.get("items", {})):
                yield {**body, name: [one, *value[1:]]}
        for one in planted(value, inner):
            yield {**body, name: one}


@pytest.mark.parametrize("path", WHOLE)
def test_a_field_too_many_is_refused_wherever_it_stands(world: World, path: str) -> None:
    bodies = list(planted(copy.deepcopy(WHOLE[path]), world.schema(path)))
    answers = [world.put(path, body) for body in bodies]

    assert len(bodies) >= len([part for part in WHOLE[path].values() if isinstance(part, dict) and part]) - 1
    assert {(one.status_code, one.json()["error"]["code"]) for one in answers} == {(400, "UnknownFieldLocally")}
    assert all(PLANTED in one.text for one in answers)


def test_a_patch_is_judged_too(world: World) -> None:
    answer = world.put(f"{WORKSPACE_ID}/onlineEndpoints/there", {"tags": {}, PLANTED: 1}, method="PATCH")

    assert answer.json()["error"]["code"] == "UnknownFieldLocally"


def test_what_azure_itself_answers_may_be_sent_back(world: World) -> None:
    for path in set(WHOLE) - MORE_IN_ANSWERS - PARTS:
        world.forget()
        if world.put(path, WHOLE[path]).status_code < 300 and "/eventSubscriptions/" not in path:
            read = world.get(path)
            body = {name: read[name] for name in (*WHOLE[path], "id", "name", "type")}

            assert (path, unknown(world.schema(path), body)) == (path, [])


def test_one_that_is_not_strict_passes_it_over_as_azure_does(tmp_path: Path) -> None:
    body = {"location": REGION, "properties": {"authMode": "Key", PLANTED: 1}}
    with routed(tmp_path, strict=False) as lenient:
        answer = lenient.put(f"{WORKSPACE_ID}/onlineEndpoints/whole", body)

    assert answer.status_code == 201
    assert PLANTED not in answer.text


def test_every_local_azure_of_these_tests_is_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_strict()
    monkeypatch.delenv(STRICT)
    assert not is_strict()
