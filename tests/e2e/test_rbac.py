"""Roles of the endpoint's identity: granted early, waited for once, tried again while slow, named when they never work.

Every refusal here is made by the local Azure enforcing RBAC on the endpoint's identity; none is scripted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from local.cloud import world
from local.cloud.authorization import Propagation
from local.process_environment import forget_connections
from local.stack import LocalStack
from tests import samples
from tests.e2e import reading

FEATURES = world.storage_id(world.FEATURE_STORAGE)
BLOB_READER = "Storage Blob Data Reader"
WAIT = timedelta(minutes=15)
# A stepped clock stands still while work is done; what passes between two steps is rounding of timers.
SAME_MOMENT = timedelta(seconds=5)

Request = Callable[..., dict[str, Any]]


def blob_request(stack: LocalStack, script: str = "reads_a_blob", **parts: Any) -> dict[str, Any]:
    """A system-assigned endpoint whose script reads a blob of another storage account than the workspace's."""
    stack.cloud.blobs.put(world.FEATURE_STORAGE, world.FEATURE_CONTAINER, "weights.json", b"[1, 2, 3]")
    code = samples.register_code(stack, script)
    access = {"additional": [{"role": BLOB_READER, "scope": FEATURES}], **parts.pop("access", {})}
    return samples.request(identity=None, code=code, access=access, expect={"json": [14]}, **parts)


def image_request(_stack: LocalStack, **parts: Any) -> dict[str, Any]:
    """A user-assigned identity, which must pull the image and mount the model with roles of its own."""
    return samples.request(**parts)


def grants_take(stack: LocalStack, delay: timedelta) -> None:
    stack.cloud.authorization.propagation = Propagation.fixed(delay)


def test_a_fresh_system_assigned_identity_is_granted_at_once_and_the_wait_overlaps_the_endpoint(
    stack: LocalStack,
) -> None:
    grants_take(stack, timedelta(minutes=12))

    status = stack.deploy(blob_request(stack))

    assert status["status"] == "Succeeded"
    assert status["result"]["answer"] == [14]
    granted = reading.ended(status, "grant_roles")
    assert granted < reading.ended(status, "endpoint_provisioned") < reading.ended(status, "roles_effective")
    assert abs(reading.ended(status, "roles_effective") - granted - WAIT) < SAME_MOMENT
    assert reading.step(status, "begin_deployment")["attempts"] == 1
    assert reading.fates(status)[f"role_assignment {BLOB_READER} on {world.FEATURE_STORAGE}"] == "in_use"


def test_the_script_needs_the_role_that_was_asked_for(stack: LocalStack) -> None:
    status = stack.deploy(blob_request(stack, access={"additional": []}))

    assert status["error"]["code"] == "AccessNotYetEffective"
    assert "AuthorizationPermissionMismatch" in status["error"]["message"]
    assert "access.additional" in status["error"]["suggestion"]
    assert reading.step(status, "begin_deployment")["attempts"] == 1


def test_a_second_deployment_does_not_wait(stack: LocalStack) -> None:
    first = stack.deploy(samples.request())
    samples.register_model(stack, version="2", weights=(1, 2, 4))

    second = stack.deploy(
        samples.request(deployment="green", model="azureml:credit-risk:2", expect={"json": [20], "tolerance": 0})
    )

    assert (first["status"], second["status"]) == ("Succeeded", "Succeeded")
    wait = reading.step(second, "roles_effective")
    assert (wait["state"], wait["started"]) == ("skipped", wait["ended"])
    assert not any(kind.startswith("role_assignment") for kind in reading.fates(second))
    assert reading.traffic(stack, "credit-risk") == {"green": 100}


@pytest.mark.parametrize("describe", [image_request, blob_request])
def test_forty_minutes_of_propagation_are_survived(stack: LocalStack, describe: Request) -> None:
    delay = timedelta(minutes=40)
    grants_take(stack, delay)

    status = stack.deploy(describe(stack))

    assert status["status"] == "Succeeded"
    granted = reading.ended(status, "grant_roles")
    assert reading.step(status, "begin_deployment")["attempts"] > 2
    assert granted + delay < reading.ended(status, "deployment_provisioned") < granted + timedelta(minutes=60)
    # Tried again on the same deployment, with the same grants.
    assert reading.deployments(stack, "credit-risk") == {"blue": "Succeeded"}
    roles = [name for name in reading.fates(status) if name.startswith("role_assignment")]
    assert len(reading.journal(stack, reading.GRANT)) == len(roles)


@pytest.mark.parametrize(
    ("describe", "role", "scope"),
    [(image_request, "AcrPull", world.REGISTRY_ID), (blob_request, BLOB_READER, FEATURES)],
)
def test_a_role_that_never_works_is_named_with_its_scope(
    stack: LocalStack, describe: Request, role: str, scope: str
) -> None:
    stack.cloud.authorization.propagation = Propagation.never()

    status = stack.deploy(describe(stack, access={"propagation": {"wait": "PT15M", "give_up_after": "PT30M"}}))

    error = status["error"]
    assert (status["status"], error["code"]) == ("Failed", "RoleNotEffective")
    assert error["step"] == "deployment_provisioned"
    assert f"{role} on {scope}" in error["message"]
    assert "30 minutes" in error["message"]
    granted = reading.ended(status, "grant_roles")
    gave_up = reading.ended(status, "deployment_provisioned")
    assert granted + WAIT < gave_up < granted + timedelta(minutes=30) + SAME_MOMENT
    assert reading.deployments(stack, "credit-risk") == {}
    assert reading.fates(status)["deployment blue"] == "undone"
    assert {fate for name, fate in reading.fates(status).items() if name.startswith("role_assignment")} == {"stays"}


def test_a_role_that_only_requests_need_is_tried_again_by_the_smoke_test(stack: LocalStack) -> None:
    grants_take(stack, timedelta(minutes=26))

    status = stack.deploy(blob_request(stack, "reads_a_blob_per_request"))

    assert status["status"] == "Succeeded"
    assert status["result"]["answer"] == [14]
    assert reading.step(status, "begin_deployment")["attempts"] == 1
    assert reading.step(status, "smoke_test")["attempts"] > 1


def test_a_user_assigned_identity_is_granted_before_its_endpoint_is_created(stack: LocalStack) -> None:
    status = stack.deploy(samples.request())

    assert status["status"] == "Succeeded"
    grants = reading.journal(stack, reading.GRANT)
    [created, *_] = reading.journal(stack, reading.ENDPOINT_WRITE)
    assert len(grants) == 2
    assert all(grant.n < created.n for grant in grants)
    assert reading.ended(status, "grant_roles") <= reading.began(status, "ensure_endpoint")


def test_an_app_that_may_not_grant_says_which_right_it_lacks_and_creates_nothing(stack: LocalStack) -> None:
    grants_take(stack, timedelta())
    for held in stack.cloud.authorization.assignments(world.APP.principal_id):
        if held.role.name == "Role Based Access Control Administrator":
            stack.cloud.authorization.remove(held.name)

    status = stack.deploy(samples.request())

    error = status["error"]
    assert (status["status"], error["code"], error["step"]) == ("Failed", "MissingRight", "plan_deployment")
    assert f"Microsoft.Authorization/roleAssignments/write on {world.REGISTRY_ID}" in error["message"]
    assert reading.changes(stack) == []
    assert status["ledger"] == []


def test_a_role_outside_the_apps_condition_is_named_with_its_scope(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLIPWAY_GRANTABLE_ROLES", "Storage Blob Data Contributor")
    forget_connections()
    wanted = {"additional": [{"role": "Storage Blob Data Contributor", "scope": FEATURES}]}

    status = stack.deploy(samples.request(identity=None, access=wanted))

    error = status["error"]
    assert (error["code"], error["step"]) == ("MissingRight", "plan_deployment")
    assert "Storage Blob Data Contributor" in error["message"]
    assert FEATURES in error["message"]
    assert status["ledger"] == []
