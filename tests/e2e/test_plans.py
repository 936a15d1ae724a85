"""POST /api/plans: everything a deployment would do and everything in its way, found by reading only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.cloud import world
from local.cloud.faults import Fault
from local.stack import LocalStack
from orchestrations.access import WAIT
from tests import samples
from tests.e2e import reading


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One stack for the module: plans leave no trace in it."""
    with LocalStack(tmp_path_factory.mktemp("plans")) as started:
        samples.register_all(started)
        yield started


@pytest.fixture
def stack(shared: LocalStack) -> Iterator[LocalStack]:
    yield shared
    shared.cloud.faults.clear()


def post_plan(stack: LocalStack, body: dict[str, Any]) -> httpx.Response:
    with stack.http as http:
        return http.post("/api/plans", json=body)


def plan(stack: LocalStack, body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = post_plan(stack, body).raise_for_status().json()
    return found


def test_a_plan_for_a_new_endpoint_writes_nothing(stack: LocalStack) -> None:
    stack.cloud.journal.clear()

    found = plan(stack, samples.request(endpoint="planned"))

    assert found["problems"] == []
    assert found["creates"] == ["endpoint planned", "deployment blue"]
    assert found["changes"] == ["traffic none → blue 100 %"]
    assert found["confirms"] == ["model credit-risk:1", "environment serving:1", "code dot-product:1"]
    assert [(grant["role"], grant["scope"], grant["exists"]) for grant in found["grants"]] == [
        ("AcrPull", world.REGISTRY_ID, False),
        ("Storage Blob Data Reader", world.storage_id(world.WORKSPACE_STORAGE), False),
    ]
    assert found["role_wait"] == "PT900S"
    asked = stack.cloud.journal.entries(caller="slipway-app")
    assert asked
    assert [entry for entry in asked if entry.write] == []
    with stack.http as http:
        assert http.get("/api/deployments").json()["deployments"] == []


def test_a_plan_lists_every_problem_with_its_path(stack: LocalStack) -> None:
    body = samples.request(
        endpoint="full-of-problems",
        model="azureml:nobody-knows:1",
        code="azureml:nobody-knows:1",
        environment="azureml:nobody-knows:1",
        access={"additional": [{"role": "Nobody Knows", "scope": world.REGISTRY_ID}]},
    )
    nobody = f"{world.RESOURCE_GROUP_ID}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nobody"
    body["endpoint"]["identity"]["user_assigned_identities"] = [nobody]

    problems = plan(stack, body)["problems"]

    assert {(problem["path"], problem["code"]) for problem in problems} == {
        ("model", "ModelNotFound"),
        ("deployment.environment", "AssetNotFound"),
        ("deployment.code_configuration.code", "AssetNotFound"),
        ("endpoint.identity", "IdentityNotFound"),
        ("access.additional.0.role", "RoleNotFound"),
    }
    assert all(problem["message"] and problem["suggestion"] for problem in problems)


@pytest.mark.parametrize("environment", [None, "azureml:serving:1"])
@pytest.mark.parametrize(
    "model", ["azureml:nobody-knows:1", "azureml://registries/models/models/known-there/versions/1"]
)
def test_what_a_model_that_is_not_known_may_bring_is_not_missed(
    stack: LocalStack, model: str, environment: str | None
) -> None:
    body = samples.request(endpoint="without-code", model=model)
    body["deployment"].pop("code_configuration")
    body["deployment"].pop("environment")
    body["deployment"] |= {"environment": environment} if environment else {}

    found = plan(stack, body)

    expected = [] if "registries" in model else ["ModelNotFound"]
    assert [problem["code"] for problem in found["problems"]] == expected
    assert "deployment blue" in found["creates"]


def test_rights_are_asked_for_in_the_subscription_of_the_scope(stack: LocalStack) -> None:
    scope = (
        "/subscriptions/00000000-0000-0000-0000-00000000000f/resourceGroups/hub"
        "/providers/Microsoft.CognitiveServices/accounts/openai"
    )
    authorization = f"{scope}/providers/Microsoft.Authorization"
    stack.cloud.faults.add(Fault(status=200, path=f"{authorization}/roleAssignments", body={"value": []}, times=None))
    next_page = {"value": [], "nextLink": f"https://management.azure.com{authorization}/permissions?page=2"}
    stack.cloud.faults.add(Fault(status=200, path=f"{authorization}/permissions", body=next_page))
    all_of_it = {"value": [{"actions": ["*"], "notActions": []}]}
    stack.cloud.faults.add(Fault(status=200, path=f"{authorization}/permissions", body=all_of_it))
    roles = {"additional": [{"role": "Cognitive Services OpenAI User", "scope": scope}]}

    found = plan(stack, samples.request(endpoint="elsewhere", access=roles))

    assert found["problems"] == []
    assert found["grants"][0]["scope"] == scope


def test_the_plan_of_what_is_done_already_has_nothing_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    with LocalStack(tmp_path_factory.mktemp("done")) as stack:
        samples.register_all(stack)
        done = stack.deploy(samples.request())
        assert done["status"] == "Succeeded"
        stack.cloud.journal.clear()

        found = plan(stack, samples.request())

        assert (found["creates"], found["changes"], found["problems"]) == ([], [], [])
        assert {"endpoint credit-risk", "deployment blue"} <= set(found["confirms"])
        assert all(grant["exists"] for grant in found["grants"])
        assert found["role_wait"] == "PT0S"
        assert found["roles_effective_at"] < done["updated"]
        assert [entry for entry in stack.cloud.journal.entries(caller="slipway-app") if entry.write] == []


def test_traffic_to_deployments_that_do_not_exist_is_told_by_the_plan(stack: LocalStack) -> None:
    found = plan(stack, samples.request(endpoint="planned", traffic={"blue": 50, "purple": 50}))

    [problem] = found["problems"]
    assert (problem["code"], problem["path"]) == ("TrafficRejected", "traffic")
    assert problem["message"] == "endpoint planned has no deployment purple"


@pytest.mark.parametrize(("data", "registers"), [("azureml:kept:1", False), ({"name": "kept"}, True)])
def test_only_data_assets_that_the_request_does_not_name_are_registered(
    stack: LocalStack, data: object, registers: bool
) -> None:
    body = samples.request(endpoint="collecting")
    body["deployment"]["data_collector"] = {"collections": {"model_inputs": {"enabled": True, "data": data}}}

    assert ("ensure_data_asset" in plan(stack, body)["steps"]) == registers


def test_the_steps_of_a_plan_are_those_the_deployment_takes(tmp_path_factory: pytest.TempPathFactory) -> None:
    with LocalStack(tmp_path_factory.mktemp("steps")) as stack:
        samples.register_all(stack)
        grant = {"additional": [{"role": "AcrPull", "scope": world.REGISTRY_ID}]}
        bodies = [
            samples.request(endpoint=endpoint, identity=identity, access=grant, deployment=name, traffic=traffic)
            for endpoint, identity in (("by-system", None), ("by-user", "credit-risk-identity"))
            for name, traffic in (("blue", "all_at_once"), ("blue", "all_at_once"), ("green", "none"))
        ]
        # Once more with an environment that is still to be registered.
        inline = {"image": samples.IMAGE, "conda_file": samples.CONDA}
        bodies.append(samples.request(endpoint="by-user", deployment="inline", environment=inline, traffic="none"))
        for body in bodies:
            planned = plan(stack, body)["steps"]

            taken = [step["name"] for step in stack.deploy(body)["steps"] if step["state"] != "skipped"]

            # Whether roles that exist are old enough is asked of this machine's clock, and the cloud's is stepped.
            assert [name for name in taken if name != WAIT] == [name for name in planned if name != WAIT]


@pytest.mark.parametrize(
    "fault",
    [Fault(status=503, times=None), Fault(drop="before", times=None), Fault(status=429, headers={"Retry-After": "30"})],
)
def test_an_azure_that_does_not_answer_is_no_problem_of_the_request(stack: LocalStack, fault: Fault) -> None:
    stack.cloud.faults.add(fault)

    answer = post_plan(stack, samples.request())

    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 10
    assert "Azure" in answer.json()["title"]


def test_the_right_that_is_missing_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    with LocalStack(tmp_path_factory.mktemp("rights")) as stack:
        samples.register_all(stack)
        for held in stack.cloud.authorization.assignments(world.APP.principal_id):
            if held.role.name in ("Role Based Access Control Administrator", "Managed Identity Operator"):
                stack.cloud.authorization.remove(held.name)
        stack.cloud.authorization.settle()

        problems = plan(stack, samples.request())["problems"]

        assert {problem["code"] for problem in problems} == {"MissingRight"}
        messages = " ".join(problem["message"] for problem in problems)
        assert f"Microsoft.Authorization/roleAssignments/write on {world.REGISTRY_ID}" in messages
        assert "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action" in messages
        assert reading.changes(stack) == []
