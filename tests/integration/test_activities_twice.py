"""Every activity may run more than once: the second run changes nothing and answers the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from activities.envelope import CONTRACTS
from contracts import activities as c
from contracts.base import Contract
from contracts.request import DeploymentRequest
from local.cloud import world
from local.stack import LocalStack
from tests import samples
from tests.integration import acting
from tests.integration.acting import INSTANCE

# Of the second answer: how long the model took, and that traffic is already as wanted.
MEASURED = "milliseconds"


class Twice:
    """Runs activities twice at the same moment, so that nothing but the second run can explain a difference."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.ran: set[str] = set()

    def __call__(self, name: str, message: Contract, **otherwise: Any) -> dict[str, Any]:
        """The first answer; `otherwise` is what the second one says differently."""
        with self.stack.clock.busy():
            first = acting.done(name, message)
            after_first = acting.state(self.stack)
            self.stack.clock.advance(timedelta(seconds=1))  # a second write would carry another moment
            second = acting.done(name, message)

            assert acting.state(self.stack) == after_first, f"{name} changed something when it ran again"
        expected = {**first, **otherwise}
        assert {**second, MEASURED: 0} == {**expected, MEASURED: 0}, f"{name} answered differently when it ran again"
        self.ran.add(name)
        return first


def test_a_second_run_of_any_activity_changes_nothing(stack: LocalStack) -> None:
    twice = Twice(stack)
    request = acting.request(stack)
    endpoint = c.EndpointRef(instance=INSTANCE, endpoint=request.endpoint.name)
    deployment = c.DeploymentRef(**endpoint.to_wire(), deployment=request.deployment.name)

    grants = create(twice, request, endpoint, deployment)
    serve(twice, request, endpoint, deployment)
    undo(twice, endpoint, deployment, grants)

    assert twice.ran == set(CONTRACTS)


def create(twice: Twice, request: Any, endpoint: c.EndpointRef, deployment: c.DeploymentRef) -> list[str]:
    """Up to a deployment that is provisioned; the ids of the role assignments made."""
    plan = twice("plan_deployment", c.PlanInput(instance=INSTANCE, request=request))
    assert plan.get("problems", []) == []
    model = twice(
        "register_model",
        c.ModelInput(instance=INSTANCE, name="credit-made", version="7", definition=request.model),
    )
    assert model["created"]
    newest = twice("find_newest_version", c.RegistrationRef(model="credit-made", version="7"))
    assert newest == {"version": "7"}
    assets = twice("register_assets", c.AssetsInput(instance=INSTANCE, deployment=request.deployment))
    assert len(assets["created"]) == 2
    granted = twice(
        "grant_roles",
        c.GrantInput(
            instance=INSTANCE,
            principal_id=world.USER_ASSIGNED[0].principal_id,
            user_assigned=True,
            access=request.access,
        ),
    )
    assert [role["created"] for role in granted["roles"]] == [True, True]
    made = twice(
        "ensure_endpoint", c.EndpointInput(instance=INSTANCE, location=plan["location"], endpoint=request.endpoint)
    )
    assert (made["created"], made["provisioning_state"]) == (True, "Creating")
    assert made["principal_id"] == world.USER_ASSIGNED[0].principal_id
    acting.until(twice.stack, "endpoint_provisioned", endpoint, acting.is_done)
    twice("endpoint_provisioned", endpoint)
    twice.stack.cloud.authorization.settle()
    begun = twice(
        "begin_deployment",
        c.DeploymentInput(
            instance=INSTANCE,
            location=plan["location"],
            endpoint=request.endpoint.name,
            deployment=request.deployment,
            model=c.ModelVersion.from_wire(model),
            assets=c.ServingAssets.from_wire(assets),
        ),
    )
    assert (begun["created"], begun["provisioning_state"]) == (True, "Creating")
    acting.until(twice.stack, "deployment_provisioned", deployment, acting.is_done)
    twice("deployment_provisioned", deployment)
    return [c.GrantedRole.from_wire(role).assignment_id for role in granted["roles"]]


def serve(twice: Twice, request: Any, endpoint: c.EndpointRef, deployment: c.DeploymentRef) -> None:
    """Prove it, and give it traffic."""
    answer = twice("smoke_test", c.SmokeTestInput(**deployment.to_wire(), test=request.smoke_test))
    assert answer["answer"] == [17]
    all_of_it = c.TrafficInput(**deployment.to_wire(), traffic="all_at_once")
    assert twice("read_traffic", all_of_it)["changed"]
    shift = twice("shift_traffic", all_of_it, before={"blue": 100}, changed=False)
    assert (shift["before"], shift["after"], shift["changed"]) == ({}, {"blue": 100}, True)
    acting.until(twice.stack, "traffic_provisioned", endpoint, acting.is_done)
    twice("traffic_provisioned", endpoint)
    observed = twice(
        "read_back",
        c.ReadBackInput(
            **deployment.to_wire(),
            model_id=f"{world.WORKSPACE_ID}/models/credit-made/versions/7",
            traffic={"blue": 100},
        ),
    )
    assert observed["traffic"] == {"blue": 100}


def undo(twice: Twice, endpoint: c.EndpointRef, deployment: c.DeploymentRef, assignment_ids: list[str]) -> None:
    """Take everything back."""
    twice("shift_traffic", c.TrafficInput(**deployment.to_wire(), traffic={}), before={}, changed=False)
    acting.until(twice.stack, "traffic_provisioned", endpoint, acting.is_done)
    twice("delete_deployment", deployment)
    assert not twice("deployment_deleted", deployment)["done"]
    acting.until(twice.stack, "deployment_deleted", deployment, acting.is_done)
    assert not twice("delete_deployment", deployment)["changed"]
    twice("delete_endpoint", endpoint)
    assert not twice("endpoint_deleted", endpoint)["done"]
    acting.until(twice.stack, "endpoint_deleted", endpoint, acting.is_done)
    assert not twice("delete_endpoint", endpoint)["changed"]
    twice("revoke_roles", c.RevokeInput(instance=INSTANCE, assignment_ids=assignment_ids))
    assert [one for one in twice.stack.cloud.authorization.assignments() if not one.seeded] == []


def test_a_role_is_the_same_assignment_whenever_it_is_granted(stack: LocalStack) -> None:
    order = c.GrantInput(
        instance=INSTANCE,
        principal_id=world.USER_ASSIGNED[0].principal_id,
        user_assigned=True,
        access=acting.request(stack).access,
    )

    first = acting.done("grant_roles", order)["roles"]
    ids = [c.GrantedRole.from_wire(role).assignment_id for role in first]
    acting.done("revoke_roles", c.RevokeInput(instance=INSTANCE, assignment_ids=ids))

    # Two runs at once write the same assignment, even where neither sees the other's in a list yet.
    assert acting.done("grant_roles", order)["roles"] == first


def test_a_role_that_somebody_else_granted_is_confirmed(stack: LocalStack) -> None:
    principal = world.USER_ASSIGNED[0].principal_id
    stack.cloud.authorization.seed(principal, "AcrPull", world.REGISTRY_ID)
    access = acting.request(stack).access

    granted = acting.done(
        "grant_roles", c.GrantInput(instance=INSTANCE, principal_id=principal, user_assigned=True, access=access)
    )

    assert {role["role"]: role["created"] for role in granted["roles"]} == {
        "AcrPull": False,
        "Storage Blob Data Reader": True,
    }


def test_what_somebody_else_made_is_not_undone(stack: LocalStack) -> None:
    request = acting.request(stack)
    theirs = "dep-ffffffffffffffffffffffffffffffff"
    acting.done("ensure_endpoint", c.EndpointInput(instance=theirs, location=world.REGION, endpoint=request.endpoint))
    endpoint = c.EndpointRef(instance=INSTANCE, endpoint=request.endpoint.name)
    acting.until(stack, "endpoint_provisioned", endpoint, acting.is_done)

    confirmed = acting.done(
        "ensure_endpoint", c.EndpointInput(instance=INSTANCE, location=world.REGION, endpoint=request.endpoint)
    )

    assert not confirmed["created"]
    assert not acting.done("delete_endpoint", endpoint)["changed"]
    assert not acting.done("endpoint_deleted", endpoint)["done"]


def test_an_endpoint_that_others_have_deployed_to_is_not_undone(stack: LocalStack) -> None:
    request = samples.request(endpoint="shared")
    wanted = DeploymentRequest.from_wire(request)
    order = c.EndpointInput(instance=INSTANCE, location=world.REGION, endpoint=wanted.endpoint)
    assert acting.done("ensure_endpoint", order)["created"]
    # The run that made it was killed or gave up waiting; another one found it, and went on.
    assert stack.deploy(request)["status"] == "Succeeded"

    error = acting.act("delete_endpoint", c.EndpointRef(instance=INSTANCE, endpoint="shared"))["error"]

    assert (error["code"], error["retryable"]) == ("EndpointConflict", False)
    assert error["message"] == "endpoint shared is in use by now (blue): it stays"
    assert not acting.done("endpoint_deleted", c.EndpointRef(instance=INSTANCE, endpoint="shared"))["done"]
