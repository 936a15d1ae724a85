"""Without Azure every activity fails closed: one try, one typed error that may be tried again, nothing made up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from activities.envelope import CONTRACTS
from contracts import activities as c
from contracts.base import Contract
from local.cloud import world
from local.cloud.faults import Fault
from local.stack import LocalStack, forget_connections
from tests.integration import acting
from tests.integration.acting import INSTANCE


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One stack for the module, in which nothing is ever made."""
    with LocalStack(tmp_path_factory.mktemp("down")) as started:
        yield started


@pytest.fixture
def stack(shared: LocalStack) -> Iterator[LocalStack]:
    shared.cloud.journal.clear()
    yield shared
    shared.cloud.faults.clear()
    forget_connections()


def messages(stack: LocalStack) -> dict[str, Contract]:
    """A message for every activity, as a deployment would send it."""
    request = acting.request(stack)
    endpoint = c.EndpointRef(instance=INSTANCE, endpoint=request.endpoint.name)
    deployment = c.DeploymentRef(**endpoint.to_wire(), deployment=request.deployment.name)
    traffic = c.TrafficInput(**deployment.to_wire(), traffic="all_at_once")
    model = c.ModelVersion(name="m", version="1", id=f"{world.WORKSPACE_ID}/models/m/versions/1")
    principal = world.USER_ASSIGNED[0].principal_id
    assignment = f"{world.REGISTRY_ID}/providers/Microsoft.Authorization/roleAssignments/{world.stable_id('any')}"
    return {
        "plan_deployment": c.PlanInput(instance=INSTANCE, request=request),
        "register_model": c.ModelInput(instance=INSTANCE, name="m", version="1"),
        "find_newest_version": c.RegistrationRef(model="m", version="1"),
        "register_assets": c.AssetsInput(instance=INSTANCE, deployment=request.deployment),
        "grant_roles": c.GrantInput(
            instance=INSTANCE, principal_id=principal, user_assigned=True, access=request.access
        ),
        "revoke_roles": c.RevokeInput(instance=INSTANCE, assignment_ids=[assignment]),
        "ensure_endpoint": c.EndpointInput(instance=INSTANCE, location=world.REGION, endpoint=request.endpoint),
        "begin_deployment": c.DeploymentInput(
            instance=INSTANCE,
            location=world.REGION,
            endpoint=request.endpoint.name,
            deployment=request.deployment,
            model=model,
            assets=c.ServingAssets(environment_id=f"{world.WORKSPACE_ID}/environments/e/versions/1"),
        ),
        "smoke_test": c.SmokeTestInput(**deployment.to_wire(), test=request.smoke_test),
        "read_back": c.ReadBackInput(**deployment.to_wire(), model_id=model.id),
        "read_traffic": traffic,
        "shift_traffic": traffic,
        **dict.fromkeys(
            ("endpoint_provisioned", "traffic_provisioned", "delete_endpoint", "endpoint_deleted"), endpoint
        ),
        **dict.fromkeys(("deployment_provisioned", "delete_deployment", "deployment_deleted"), deployment),
    }


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        (Fault(host="management.azure.com", drop="before", times=None), 1),
        (Fault(host="management.azure.com", status=503, times=None), 1),
        (Fault(operation="managedIdentity/token", drop="before", times=None), 0),
        (Fault(operation="managedIdentity/token", status=500, times=None), 0),
    ],
    ids=["connection-lost", "unavailable", "no-token", "token-service-broken"],
)
@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_an_activity_without_azure_answers_so_at_once(stack: LocalStack, name: str, fault: Fault, tries: int) -> None:
    message = messages(stack)[name]
    stack.cloud.faults.add(fault)

    envelope = acting.act(name, message)

    assert list(envelope) == ["error"]
    assert (envelope["error"]["code"], envelope["error"]["retryable"]) == ("CloudUnavailable", True)
    # Waiting and trying again is the orchestration's, on timers that cost nothing.
    asked = [entry for entry in stack.cloud.journal.entries() if entry.host == "management.azure.com"]
    assert len(asked) == tries
    assert len(stack.cloud.journal.entries(operation="managedIdentity/token")) <= 1


def test_with_the_network_gone_nothing_is_reached(stack: LocalStack) -> None:
    orders = messages(stack)
    stack.cloud.faults.dead = True

    for name in sorted(CONTRACTS):
        assert acting.act(name, orders[name])["error"]["code"] == "CloudUnavailable", name

    assert [entry for entry in stack.cloud.journal.entries() if entry.status is not None] == []


@pytest.mark.parametrize(
    "body",
    [
        {"statusCode": 400, "message": "No Managed Identity found for specified ClientId/ResourceId/PrincipalId."},
        {"statusCode": 403, "message": "The identity may not get a token."},
    ],
)
def test_an_app_without_an_identity_is_told_so_and_not_tried_again(stack: LocalStack, body: dict[str, object]) -> None:
    stack.cloud.faults.add(Fault(operation="managedIdentity/token", status=400, body=body, times=None))

    error = acting.act("find_newest_version", c.RegistrationRef(model="m", version="1"))["error"]

    assert (error["code"], error["retryable"]) == ("MissingRight", False)
    assert str(body["message"]) in error["message"]
