"""Runtimes of prompt flow: a custom application on a compute instance, for its users."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local.cloud import world
from local.cloud.faults import Fault
from local.process_environment import forget_connections
from local.stack import LocalStack
from tests import samples
from tests.e2e import reading
from tests.e2e.runtime_requests import (
    DATA_SCIENTIST,
    NEXT_IMAGE,
    OPERATOR,
    OWN_IMAGE,
    TENANT,
    USER,
    ask,
    ended,
    make,
    stack,
    told,
    took,
    wanted,
)

__all__ = ["stack"]


def compute_of(stack: LocalStack, name: str) -> Any:
    return stack.developer().compute.get(name)


def test_a_runtime_is_made_for_its_user_and_given_another_image(stack: LocalStack) -> None:
    owner = {"user_object_id": USER, "user_tenant_id": TENANT}
    compute = {"name": "for-one", "size": "Standard_DS3_v2", "create_on_behalf_of": owner}
    stack.cloud.authorization.seed(USER, DATA_SCIENTIST, world.WORKSPACE_ID)
    body = wanted("for-one", compute={**compute, "idle_time_before_shutdown_minutes": 30})

    status = make(stack, body)

    assert status["status"] == "Succeeded", status
    assert (status["compute"], status["name"]) == ("for-one", "flows")
    assert status["result"]["seen"] == {
        "compute": "for-one",
        "state": "Running",
        "image": OWN_IMAGE,
        "address": "https://for-one-flows.eastus.instances.azureml.ms",
        "health": "unchecked: only its users can sign in to what runs on a compute instance; open it in the studio",
    }
    # The identity is the instance's own, and its role has had its time before the image was pulled.
    assert took(status) > timedelta(minutes=15)
    assert [entry["kind"] for entry in status["ledger"]] == ["compute", "role_assignment", "application"]
    found = compute_of(stack, "for-one")
    assert (found.state, found.idle_time_before_shutdown_minutes) == ("Running", 30)
    assert [one.image.reference for one in found.custom_applications] == [OWN_IMAGE]
    assert found.create_on_behalf_of.user_object_id == USER

    written = len(reading.changes(stack))
    updated = make(stack, {**body, "image": NEXT_IMAGE})
    again = make(stack, {**body, "image": NEXT_IMAGE})

    assert (updated["status"], again["status"]) == ("Succeeded", "Succeeded")
    assert updated["result"]["image_before"] == OWN_IMAGE
    assert [one.image.reference for one in compute_of(stack, "for-one").custom_applications] == [NEXT_IMAGE]
    assert reading.changes(stack)[written:] == [
        "POST Microsoft.MachineLearningServices/workspaces/computes/customServices/action"
    ]
    listed = told(stack, "/api/runtimes?compute=for-one")["runtimes"]
    assert [one["id"] for one in listed] == [again["id"], updated["id"], status["id"]]
    assert told(stack, "/api/runtimes?compute=nobody")["runtimes"] == []


def test_without_the_role_to_make_machines_the_plan_says_which_it_takes(stack: LocalStack) -> None:
    [held] = [one for one in stack.cloud.authorization.assignments() if one.role.name == OPERATOR]
    stack.cloud.authorization.remove(held.name)
    stack.cloud.authorization.settle()

    status = make(stack, wanted("not-allowed"))

    stack.cloud.authorization.seed(world.APP.principal_id, OPERATOR, world.WORKSPACE_ID)
    assert (status["error"]["code"], status["error"]["step"]) == ("MissingRight", "plan_runtime")
    assert "computes/write" in status["error"]["message"]


def test_what_a_runtime_cannot_have_is_told_before_anything_is_made(stack: LocalStack) -> None:
    environment = samples.register_environment(stack)
    written = len(reading.changes(stack))
    stranger = world.stable_id("somebody")

    refused = {
        code: make(stack, body)
        for code, body in (
            ("RoleNotGrantable", wanted("not-made", users=[stranger])),
            ("RoleMissing", wanted("not-made", users=[stranger], access={"grants": "none"})),
            ("RequestRejected", wanted("not-made", image=None, environment=environment)),
        )
    }

    assert {code: status["error"]["code"] for code, status in refused.items()} == {code: code for code in refused}
    assert refused["RoleMissing"]["error"]["message"].startswith("access.grants: the new identity pulls")
    command = f'az role assignment create --assignee {stranger} --role "{DATA_SCIENTIST}"'
    assert command in refused["RoleNotGrantable"]["error"]["suggestion"]
    assert "which image it has built" in refused["RequestRejected"]["error"]["message"]
    assert reading.changes(stack)[written:] == []


def test_a_runtime_that_is_canceled_leaves_no_machine_behind_and_a_stopped_one_is_started(stack: LocalStack) -> None:
    client = stack.developer().compute
    with stack.clock.busy():
        accepted = ask(stack, wanted("canceled"))
        made = stack.until(lambda: "canceled" in stack.cloud.state.computes)
        with stack.http as http:
            http.post(f"{accepted['links']['self']}/cancel").raise_for_status()

    status = ended(stack, accepted)

    assert made
    assert (status["status"], status["error"]["code"]) == ("Canceled", "Canceled")
    assert {entry["kind"]: entry["fate"] for entry in status["ledger"]}["compute"] == "undone"
    assert "canceled" not in stack.cloud.state.computes

    public = wanted("stopped", image="mcr.microsoft.com/azureml/promptflow/promptflow-runtime:1")
    first = make(stack, public)
    client.begin_stop("stopped").wait()
    second = make(stack, {**public, "name": "second", "ports": {"target": 8080, "published": 9000}})
    taken = make(stack, {**public, "name": "third"})

    # A public image needs no role, and is no longer maintained.
    assert [entry["kind"] for entry in first["ledger"]] == ["compute", "application"]
    assert [remark["code"] for remark in first["result"]["remarks"]] == ["ImageRetired"]
    assert (second["status"], second["ledger"][0]["how"]) == ("Succeeded", "changed")
    assert [one.name for one in client.get("stopped").custom_applications] == ["flows", "second"]
    assert taken["error"]["code"] == "ComputeConflict"


def test_users_are_given_their_role_where_slipway_may(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> None:
    person = world.stable_id("a person")
    stack.cloud.authorization.add_principal(person, "a person", "User")
    public = "python:3.11"
    denied = make(stack, wanted("for-many", image=public, users=[person]))
    monkeypatch.setenv("SLIPWAY_GRANTABLE_ROLES", DATA_SCIENTIST)
    forget_connections()
    # Azure's condition on Slipway's own right lets it grant to identities of services only.
    refused = make(stack, wanted("for-many", image=public, users=[person]))
    stack.cloud.authorization.seed(
        world.APP.principal_id, "Role Based Access Control Administrator", world.WORKSPACE_ID
    )
    status = make(stack, wanted("for-many", image=public, users=[person]))
    monkeypatch.undo()
    forget_connections()

    assert (denied["error"]["code"], denied["error"]["step"]) == ("RoleNotGrantable", "plan_runtime")
    assert (refused["error"]["code"], refused["error"]["step"]) == ("MissingRight", "grant_roles")
    assert status["status"] == "Succeeded", status
    [role] = [entry for entry in status["ledger"] if entry["kind"] == "role_assignment"]
    held = [one for one in stack.cloud.authorization.assignments() if one.principal_id == person]
    assert [(one.role.name, one.scope) for one in held] == [(DATA_SCIENTIST, world.WORKSPACE_ID)]
    assert role["id"].endswith(held[0].name)


def test_what_a_failed_run_has_changed_is_as_it_was(stack: LocalStack) -> None:
    body = wanted("changed", image="python:3.11")
    make(stack, body)
    client = stack.developer().compute
    client.begin_stop("changed").wait()
    broken = Fault(method="POST", path=r"/customServices$", status=400, times=None)
    number = stack.cloud.faults.add(broken)

    status = make(stack, body | {"name": "second", "ports": {"published": 9000}})

    stack.cloud.faults.remove(number)
    assert (status["error"]["code"], status["error"]["step"]) == ("RequestRejected", "ensure_application")
    assert [(entry["kind"], entry["how"], entry["fate"]) for entry in status["ledger"]] == [
        ("compute", "changed", "undone")
    ]
    stack.until(lambda: client.get("changed").state == "Stopped")


def test_a_machine_beyond_the_quota_is_told_by_the_plan_or_refused_in_azures_words(stack: LocalStack) -> None:
    stack.cloud.state.quota.family_cores["standardDSv2Family"] = 0
    refused = make(stack, wanted("too-large"))

    # Only whoever may read the subscription is told of its cores.
    reader = stack.cloud.authorization.seed(world.APP.principal_id, "Reader", world.SUBSCRIPTION_ID)
    told_before = make(stack, wanted("too-large"))

    stack.cloud.authorization.remove(reader.name)
    stack.cloud.authorization.settle()
    stack.cloud.state.quota.family_cores.clear()
    assert (told_before["error"]["code"], told_before["error"]["step"]) == ("QuotaExceeded", "plan_runtime")
    assert (refused["error"]["code"], refused["error"]["step"]) == ("QuotaExceeded", "ensure_compute")
    assert "too-large" not in stack.cloud.state.computes


def test_whether_an_identity_may_pull_from_another_registry_is_told_as_unchecked(stack: LocalStack) -> None:
    made = make(stack, wanted("elsewhere", image="others.azurecr.io/flows:1"))

    remarks = made["result"]["remarks"] if made.get("result") else []
    assert [one["code"] for one in remarks if one["code"] == "RegistryUnknown"] == ["RegistryUnknown"], made
