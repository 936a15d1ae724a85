"""Automatic runtimes: what the studio would meet is told before anybody opens a flow, what is lacking is granted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local.cloud import world
from local.cloud.faults import Fault
from local.stack import LocalStack
from tests.e2e import reading
from tests.e2e.runtime_requests import DATA_SCIENTIST, USER, ended, stack, took

__all__ = ["stack"]

IDENTITY = world.USER_ASSIGNED[1]
FEED = "pkgs.dev.azure.com/team/_packaging/feed/pypi/simple"


@pytest.fixture(autouse=True, scope="module")
def _may_read_quota(stack: LocalStack) -> None:
    stack.cloud.authorization.seed(world.APP.principal_id, "Reader", world.SUBSCRIPTION_ID)


def prepare(stack: LocalStack, **parts: Any) -> dict[str, Any]:
    body = {"name": "flows", "size": "Standard_DS3_v2", **parts}
    with stack.http as http:
        accepted = http.post("/api/runtimes/automatic", json=body)
    assert accepted.status_code == 202, accepted.text
    return ended(stack, accepted.json())


def test_its_identity_may_pull_and_what_surprises_is_told(stack: LocalStack) -> None:
    stack.cloud.authorization.seed(USER, DATA_SCIENTIST, world.WORKSPACE_ID)
    identity = {"type": "user_assigned", "user_assigned_identities": [IDENTITY.resource_id]}
    packages = ["promptflow-tools==1.4.0", "pandas", f"-i https://{{private}}@{FEED}", f"-i https://{FEED}"]

    status = prepare(
        stack, identity=identity, users=[USER], requirements=packages, idle_time_before_shutdown_minutes=30
    )

    assert status["status"] == "Succeeded", status
    assert (status["kind"], status["compute"], status["name"]) == ("prepare_runtime", "", "flows")
    assert [(one["code"], one["path"]) for one in status["result"]["remarks"]] == [
        ("IdentityNotOffered", "identity"),
        ("ImageRetired", "image"),
        ("PackageBrought", "requirements.0"),
        ("FeedNotOpened", "requirements.3"),
    ]
    held = [one for one in stack.cloud.authorization.assignments() if one.principal_id == IDENTITY.principal_id]
    assert [(one.role.name, one.scope) for one in held] == [("AcrPull", world.REGISTRY_ID)]
    assert took(status) >= timedelta(minutes=15)
    # What is there needs no wait, and a user's own identity is given nothing.
    again = prepare(stack, identity=identity, requirements=[f"-i https://{{private}}@{FEED}"], image="python:3.11")
    assert took(again) < timedelta(minutes=1)
    assert [one["code"] for one in again["result"]["remarks"]] == ["IdentityNotOffered", "FeedUnknown"]
    assert prepare(stack, image="python:3.11")["ledger"] == []


def test_what_it_cannot_have_is_told_before_anything_is_granted(stack: LocalStack) -> None:
    written = len(reading.changes(stack))
    stack.cloud.state.quota.family_cores["standardDSv2Family"] = 0
    quota = prepare(stack)
    stack.cloud.state.quota.family_cores.clear()
    unknown = str(IDENTITY.resource_id).replace(IDENTITY.name, "nobody")
    refused = {
        "InstanceTypeUnavailable": prepare(stack, size="Standard_Nothing_v1"),
        "IdentityNotFound": prepare(stack, identity={"type": "user_assigned", "user_assigned_identities": [unknown]}),
        "RoleMissing": prepare(stack, users=[world.stable_id("a stranger")], access={"grants": "none"}),
        "QuotaExceeded": quota,
    }

    assert {code: one["error"]["code"] for code, one in refused.items()} == {code: code for code in refused}
    assert {one["error"]["step"] for one in refused.values()} == {"plan_automatic_runtime"}
    assert refused["QuotaExceeded"]["error"]["message"].startswith("size: one Standard_DS3_v2 takes 4 cores")
    assert reading.changes(stack)[written:] == []


def test_a_workspace_without_what_a_runtime_takes_is_told(stack: LocalStack) -> None:
    body = {"value": [{"name": "files", "properties": {"isDefault": True, "datastoreType": "AzureFile"}}]}
    number = stack.cloud.faults.add(Fault(method="GET", path=r"/datastores$", status=200, body=body, times=None))

    refused = prepare(stack)

    stack.cloud.faults.remove(number)
    assert (refused["error"]["code"], refused["error"]["step"]) == ("RequestRejected", "plan_automatic_runtime")
    assert "default datastore is AzureFile" in refused["error"]["message"]
    assert "and 1 more" in refused["error"]["message"]
