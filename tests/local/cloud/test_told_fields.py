"""No field of a body is taken and forgotten: what a PUT may say is told again, or refused by name, or known to act."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from local.checkout import ROOT
from local.cloud.world import RESOURCE_GROUP_ID, USER_ASSIGNED, WORKSPACE_ID, WORKSPACE_STORAGE, storage_id
from tests.local.cloud.routed import World
from tests.local.cloud.whole_bodies import WHOLE

Place = tuple[str, ...]
# Of these nobody is told again. Each acts, which the test named beside it proves.
_KEYS = "tests/local/cloud/test_bodies.py::test_an_endpoint_has_the_keys_that_it_is_made_with"
ACTS = {
    "properties.keys.primaryKey": _KEYS,
    "properties.keys.secondaryKey": _KEYS,
    "properties.createMode": (
        "tests/local/cloud/test_vaults.py::test_a_deleted_vault_keeps_its_name_and_is_recovered_with_its_secrets"
    ),
    "properties.credentials": "tests/local/cloud/test_connections.py::test_secrets_are_for_those_with_the_role",
    "properties.destination.properties.endpointUrl": (
        "tests/local/eventgrid/test_event_subscriptions.py::test_the_key_in_the_url_is_shown_to_nobody_but_who_asks_for_it"
    ),
}
# What is asked for where a field of that shape would be refused for its value.
PROVIDERS = f"{RESOURCE_GROUP_ID}/providers"
VALUES: dict[str, Any] = {
    "properties.storageAccountId": storage_id(WORKSPACE_STORAGE),
    "properties.eventHubAuthorizationRuleId": f"{PROVIDERS}/Microsoft.EventHub/namespaces/n/authorizationRules/r",
    "properties.marketplacePartnerId": f"{PROVIDERS}/Microsoft.Datadog/monitors/m",
}


def leaves(shape: dict[str, Any], place: Place = ()) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every field that holds no fields of its own; `[]` is each of a list, `{}` each of a mapping."""
    inner = {"[]": shape.get("items"), "{}": shape.get("additionalProperties"), **shape.get("properties", {})}
    deeper = {name: one for name, one in inner.items() if one and (name not in ("[]", "{}") or _holds_fields(one))}
    if not deeper:
        yield place, shape
    for name, one in deeper.items():
        if "readOnly" in one:
            continue
        yield from leaves(one, (*place, name))


def _holds_fields(shape: dict[str, Any]) -> bool:
    return bool(shape.get("properties")) or any(_holds_fields(shape[at]) for at in ("items",) if at in shape)


def at(body: Any, place: Place) -> list[Any]:
    """All that a document says there."""
    if not place:
        return [body]
    step, *rest = place
    each = list(body.values()) if step == "{}" and body else body if step == "[]" else [(body or {}).get(step, ...)]
    return [found for one in each or [] if one is not ... for found in at(one, tuple(rest))]


def saying(body: Any, place: Place, value: Any) -> Any:
    """The body, and this value there."""
    if not place:
        return value
    step, *rest = place
    if step == "[]":
        return [saying((body or [{}])[0], tuple(rest), value)]
    name = next(iter(body or {"one": {}})) if step == "{}" else step
    return {**(body or {}), name: saying((body or {}).get(name), tuple(rest), value)}


def sample(shape: dict[str, Any]) -> Any:
    if "oneOfWords" in shape:
        return shape["oneOfWords"][-1]
    kinds = shape.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    duration = "PT20M" if "duration" in shape else "words"
    return {"string": duration, "boolean": True, "integer": 7, "number": 0.5, "array": ["one"]}.get(kind, {"a": "b"})


def forgotten(world: World, path: str) -> Iterator[str]:
    """Fields of a PUT that are taken, and neither told again nor said to act."""
    others = [body for other, body in WHOLE.items() if other != path and world.schema(other) is world.schema(path)]
    for place, shape in leaves(world.schema(path)):
        name, said = ".".join(place), at(WHOLE[path], place)
        if not said and any(at(body, place) for body in others):
            continue  # theirs to be looked at: an environment has an image, or is built
        body = WHOLE[path] if said else saying(copy.deepcopy(WHOLE[path]), place, VALUES.get(name, sample(shape)))
        world.forget()
        answer = world.put(path, body)
        if answer.status_code >= 400:
            refused = answer.status_code == 501 and place[-1] in answer.text
            yield from () if refused else [f"{name}: {answer.text}"]
        elif not _told(at(body, place), at(world.get(resource(path)), place)) and name not in ACTS:
            yield f"{name}: {at(body, place)} became {at(world.get(resource(path)), place)}"


def resource(path: str) -> str:
    """Where what was put is told: of a few access policies, at the vault."""
    return path.partition("/accessPolicies/")[0]


def _told(said: list[Any], back: list[Any]) -> bool:
    """Whether all of it is there, whatever the service has added to a mapping."""
    if len(said) != len(back):
        return False
    return all(
        one == other or (isinstance(one, dict) and isinstance(other, dict) and one.keys() <= other.keys())
        for one, other in zip(said, back, strict=True)
    )


def test_what_acts_without_being_told_is_proved_elsewhere() -> None:
    for proof in ACTS.values():
        path, _, name = proof.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text()


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (f"{WORKSPACE_ID}/onlineEndpoints/there/deployments/scaled", {"sku": {"tier": "Premium"}}, "tier 'Premium'"),
        (f"{WORKSPACE_ID}/onlineEndpoints/there/deployments/scaled", {"sku": {"size": "big"}}, "sku.size"),
        (f"{WORKSPACE_ID}/onlineEndpoints/there", {"identity": {"type": "SystemAssigned,UserAssigned"}}, "identity"),
        (str(USER_ASSIGNED[0].resource_id), {"location": "westeurope"}, "no 'westeurope'"),
        (str(USER_ASSIGNED[0].resource_id), {"properties": {"isolationScope": "Regional"}}, "isolationScope"),
    ],
)
def test_a_patch_asks_for_nothing_in_vain(world: World, path: str, body: dict[str, Any], said: str) -> None:
    answer = world.put(path, body, method="PATCH")

    assert answer.status_code in (400, 501), answer.text
    assert said in answer.text


@pytest.mark.parametrize("path", WHOLE)
def test_no_field_is_taken_and_forgotten(world: World, path: str) -> None:
    assert list(forgotten(world, path)) == []
