"""The part of azure-ai-ml that is not public and that `activities/begin.py` stands on.

A new SDK that moves it fails here, by name, instead of in somebody's deployment.
"""

from __future__ import annotations

import inspect
import threading
from typing import Any

import pytest

from azure_api import begin
from azure_api.clients import clients
from contracts import activities as c
from contracts.orders import DeployOrder
from contracts.plan import PlanVerdict
from local.cloud import world
from local.stack import LocalStack
from tests.e2e import reading
from tests.integration import acting
from tests.integration.acting import INSTANCE


def pollers() -> set[threading.Thread]:
    """The threads in which the SDK waits for long operations, those of other tests among them."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("LROPoller")}


def endpoint_entity(name: str = "surface") -> Any:
    from azure.ai.ml.entities import IdentityConfiguration, ManagedOnlineEndpoint

    return ManagedOnlineEndpoint(name=name, auth_mode="key", identity=IdentityConfiguration(type="system_assigned"))


def latest(stack: LocalStack) -> int:
    """The number of the journal's latest entry."""
    return max((one.n for one in stack.cloud.journal.entries()), default=0)


def asked_after(stack: LocalStack, number: int) -> list[str]:
    """What the app asked of Azure Resource Manager since entry `number` of the journal."""
    entries = [one for one in reading.journal(stack) if one.n > number and one.host == "management.azure.com"]
    return [f"{one.method} {one.operation}" for one in entries]


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(
    ("group", "client", "methods"),
    [
        ("online_endpoints", "_online_operation", ("begin_create_or_update", "begin_delete", "get")),
        ("online_deployments", "_online_deployment", ("begin_create_or_update", "begin_delete")),
    ],
)
def test_the_public_operations_still_wrap_the_generated_client(
    group: str, client: str, methods: tuple[str, ...]
) -> None:
    generated = getattr(getattr(clients().ml, group), client)

    for method in methods:
        accepted = inspect.signature(getattr(generated, method)).parameters
        names = {"resource_group_name", "workspace_name", "endpoint_name"}
        assert names <= set(accepted), method
        # `polling=False` travels in these.
        assert any(parameter.kind is parameter.VAR_KEYWORD for parameter in accepted.values()), method


def test_the_entities_still_translate_to_and_from_the_wire() -> None:
    from azure.ai.ml.entities import ManagedOnlineDeployment, OnlineDeployment, OnlineEndpoint

    assert "location" in inspect.signature(endpoint_entity()._to_rest_online_endpoint).parameters
    assert "location" in inspect.signature(ManagedOnlineDeployment._to_rest_object).parameters
    assert callable(OnlineEndpoint._from_rest_object)
    assert callable(OnlineDeployment._from_rest_object)


def test_the_sdks_own_begin_polls_in_a_thread(stack: LocalStack) -> None:
    before, others = latest(stack), pollers()
    with stack.clock.busy():
        poller = clients().ml.online_endpoints.begin_create_or_update(endpoint_entity())
        assert pollers() - others
    poller.result()

    # What the next test says does not happen with ours: this is how it would look.
    assert any("mfeOperationsStatus" in one for one in asked_after(stack, before))


def test_beginning_sends_one_request_and_leaves_nothing_running(stack: LocalStack) -> None:
    before, others = latest(stack), pollers()
    begun = begin.begin_endpoint(endpoint_entity(), world.REGION)
    assert pollers() <= others
    assert begin.state_of(begun) == "Creating"
    assert begun.identity.principal_id  # known from the first answer: the role wait can overlap
    stack.until(lambda: reading.endpoint(stack, "surface")["properties"]["provisioningState"] == "Succeeded")  # type: ignore[index]  # it exists by now
    assert asked_after(stack, before) == [f"PUT {reading.ENDPOINT_WRITE}"]

    begin.begin_delete_endpoint("surface")
    assert pollers() <= others
    stack.until(lambda: reading.endpoint(stack, "surface") is None)
    delete = reading.ENDPOINT_WRITE.replace("/write", "/delete")
    assert asked_after(stack, before) == [f"PUT {reading.ENDPOINT_WRITE}", f"DELETE {delete}"]


def test_an_endpoint_keeps_what_it_is_when_its_traffic_shifts(stack: LocalStack) -> None:
    order = acting.order(stack, endpoint="keeps")
    created = theirs(stack, "keeps")
    verdict = deploy(stack, order)
    before = reading.endpoint(stack, "keeps")
    assert before is not None

    shift = c.TrafficShift(before={}, after={"blue": 100})
    message = c.EnsureInput(mark=INSTANCE, wanted=shift.to_wire(), resolved=verdict.resolved)
    assert not acting.done("shift_traffic", message)["done"]
    acting.until(stack, "traffic_provisioned", acting.about("traffic", verdict.resolved.endpoint), acting.is_done)

    after = reading.endpoint(stack, "keeps")
    assert after is not None
    assert after["properties"]["traffic"] == {"blue": 100}
    assert kept(after) == kept(before)
    assert after["tags"] == created.tags == {"team": "risk", "cost-center": "42"}
    assert after["properties"]["authMode"] == "AMLToken"
    assert after["properties"]["description"] == "belongs to the risk team"
    assert list(after["identity"]["userAssignedIdentities"]) == [world.USER_ASSIGNED[0].resource_id]


def theirs(stack: LocalStack, name: str) -> Any:
    """An endpoint that a person made, with everything a person can say of one."""
    from azure.ai.ml.entities import IdentityConfiguration, ManagedIdentityConfiguration, ManagedOnlineEndpoint

    mine = ManagedIdentityConfiguration(resource_id=world.USER_ASSIGNED[0].resource_id)
    endpoint = ManagedOnlineEndpoint(
        name=name,
        auth_mode="aml_token",
        description="belongs to the risk team",
        tags={"team": "risk", "cost-center": "42"},
        identity=IdentityConfiguration(type="user_assigned", user_assigned_identities=[mine]),
    )
    return stack.developer().online_endpoints.begin_create_or_update(endpoint).result()


def deploy(stack: LocalStack, order: DeployOrder) -> PlanVerdict:
    """A deployment without traffic, by the activities."""
    verdict = acting.planned(order)
    acting.done("grant_roles", acting.granting(verdict, world.USER_ASSIGNED[0].principal_id))
    stack.cloud.authorization.settle()
    for kind, step in (
        ("model", "register"),
        ("environment", "register"),
        ("code", "register"),
        ("deployment", "begin"),
    ):
        acting.done(f"{step}_{kind}", acting.ensuring(order, kind, verdict.resolved))
    deployment = acting.about("deployment", verdict.resolved.deployment)
    acting.until(stack, "deployment_provisioned", deployment, acting.is_done)
    return verdict


def kept(endpoint: dict[str, Any]) -> dict[str, Any]:
    """The endpoint without what a shift of traffic is meant to change."""
    changing = ("traffic", "provisioningState", "properties")
    properties = {name: value for name, value in endpoint["properties"].items() if name not in changing}
    top = {name: value for name, value in endpoint.items() if name not in ("properties", "systemData", "deployments")}
    return {**top, "properties": properties}
