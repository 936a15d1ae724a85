"""Without Azure every activity fails closed: one try, one typed error that may be tried again, nothing made up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from activities import assets
from activities.envelope import CONTRACTS
from activities.roles import ACR_PULL
from contracts import activities as c
from contracts.base import Contract
from contracts.marks import assignment_id
from contracts.plan import NeededRole, PlanInput, PlanVerdict, Resolved
from contracts.releases import ServingInput
from contracts.retiring import RetirementInput, SupersededDeployment
from contracts.runtimes import RuntimeInput, RuntimePlanInput
from contracts.teardown import DepartingInput
from contracts.traffic import SharesInput
from contracts.updates import Update, UpdateInput
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


SIZE = {"instance_count": 2}
RUNTIME: dict[str, Any] = {
    "name": "flows",
    "compute": {"name": "machine", "size": "Standard_DS3_v2"},
    "image": "python:3.11",
}
INSIGHTS = f"{world.RESOURCE_GROUP_ID}/providers/Microsoft.Insights"


def messages(stack: LocalStack) -> dict[str, Contract]:
    """A message for every activity, as a deployment would send it."""
    order = acting.order(stack)
    names = {"endpoint": order.endpoint, "deployment": order.deployment}
    role = NeededRole(role="AcrPull", guid=ACR_PULL.guid, scope=world.REGISTRY_ID, reason="asked for")
    resolved = Resolved(
        location=world.REGION,
        endpoint=f"onlineEndpoints/{order.endpoint}",
        deployment=f"onlineEndpoints/{order.endpoint}/deployments/{order.deployment}",
        model="models/credit-made/versions/7",
        environment=assets.made_of("environments", order.part("environment")),
        code=assets.made_of("codes", "anything"),
    )
    machine = resolved.model_copy(update={"endpoint": "computes/machine", "deployment": ""})
    traffic = c.TrafficShift(before={}, after={"blue": 100})
    granting = acting.granting(PlanVerdict(resolved=resolved, model="m:1", grants=[role]), world.stable_id("who"))
    entries = {
        "model": acting.about("model", str(resolved.model), sure=False),
        "environment": acting.about("environment", str(resolved.environment), sure=False),
        "code": acting.about("code", str(resolved.code), sure=False),
        "endpoint": acting.about("endpoint", resolved.endpoint),
        "deployment": acting.about("deployment", resolved.deployment),
        "traffic": acting.about("traffic", resolved.endpoint, before={}, after={"blue": 100}),
        "role_assignment": acting.about("role_assignment", assignment_id(role.scope, "who", role.guid)),
        "mirror_traffic": acting.about("mirror_traffic", resolved.endpoint, before={}, after={"blue": 10}),
        "data_asset": acting.about("data_asset", "data/collected/versions/1", sure=False),
        "diagnostics": acting.about("diagnostics", f"{resolved.endpoint}/providers/Microsoft.Insights/any"),
        "autoscale": acting.about("autoscale", f"{INSIGHTS}/autoscaleSettings/any"),
        "alerts": acting.about("alerts", f"{INSIGHTS}/metricAlerts/any"),
        "compute": acting.about("compute", "computes/machine"),
        "application": acting.about("application", "computes/machine/customServices/flows"),
        "deployment_update": acting.about(
            "deployment_update", resolved.deployment, how="changed", before={"instance_count": 1}, after=SIZE
        ),
    }
    return {
        "plan_deployment": PlanInput(mark=INSTANCE, request=order.request),
        "find_newest_version": c.RegistrationRef(model="m", version="1"),
        **{f"register_{kind}": acting.ensuring(order, kind, resolved) for kind in ("model", "environment", "code")},
        "grant_roles": granting,
        "ensure_endpoint": acting.ensuring(order, "endpoint", resolved),
        "ensure_diagnostics": c.EnsureInput(
            mark=INSTANCE, wanted={"workspace_id": world.WORKSPACE_ID}, resolved=resolved
        ),
        "ensure_autoscale": c.EnsureInput(mark=INSTANCE, wanted={"minimum": 1, "maximum": 2}, resolved=resolved),
        "ensure_alerts": c.EnsureInput(
            mark=INSTANCE, wanted={"action_groups": ["/a"], "errors": {}}, resolved=resolved
        ),
        "ensure_mirror_traffic": c.EnsureInput(mark=INSTANCE, wanted={"blue": 10}, resolved=resolved),
        "ensure_data_asset": c.EnsureInput(
            mark=INSTANCE, wanted={"collections": {"model_inputs": {"enabled": "true"}}}, resolved=resolved
        ),
        "begin_deployment": acting.ensuring(order, "deployment", resolved),
        "smoke_test": c.SmokeTestInput(**names, test=order.part("smoke_test")),
        "read_back": c.ReadBackInput(**names, model=str(resolved.model), traffic=None),
        "read_traffic": c.TrafficInput(endpoint=order.endpoint, traffic={"blue": 100}),
        "shift_traffic": c.EnsureInput(mark=INSTANCE, wanted=traffic.to_wire(), resolved=resolved),
        **{f"{kind}_provisioned": entries[kind] for kind in ("endpoint", "deployment", "traffic", "mirror_traffic")},
        "keep_logs": entries["deployment"],
        "plan_runtime": RuntimePlanInput(mark=INSTANCE, request=RUNTIME),
        "ensure_compute": c.EnsureInput(mark=INSTANCE, wanted=RUNTIME["compute"], resolved=machine),
        "ensure_application": c.EnsureInput(mark=INSTANCE, wanted=RUNTIME, resolved=machine),
        "compute_provisioned": entries["compute"],
        "application_provisioned": entries["application"],
        "look_at_runtime": RuntimeInput(compute="machine", name="flows"),
        "plan_retirement": RetirementInput(
            endpoint=order.endpoint,
            keep=1,
            superseded=[SupersededDeployment(deployment=name, run=INSTANCE, due=True) for name in ("one", "two")],
        ),
        "plan_update": UpdateInput(endpoint=order.endpoint, deployment=order.deployment, wanted=SIZE),
        "ensure_deployment_update": c.EnsureInput(
            mark=INSTANCE, wanted=Update(before={"instance_count": 1}, after=SIZE).to_wire(), resolved=resolved
        ),
        "deployment_update_provisioned": entries["deployment_update"],
        "look_at_serving": ServingInput(endpoint=order.endpoint, serving=[]),
        "plan_teardown": DepartingInput(endpoint=order.endpoint),
        "verify_shares": SharesInput(endpoint=order.endpoint, traffic={"blue": 100}, test=order.part("smoke_test")),
        **{f"remove_{kind}": entry for kind, entry in entries.items()},
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

    assert (error["code"], error["retryable"]) == ("NotAuthenticated", False)
    assert str(body["message"]) in error["message"]
