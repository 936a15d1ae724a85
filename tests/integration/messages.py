"""A message for every activity, as a run would send it, about things that nobody ever made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from activities import assets
from activities.roles import ACR_PULL
from contracts import activities as c
from contracts.automatic_runtimes import AutomaticPlanInput
from contracts.base import Contract, Json
from contracts.marks import assignment_id
from contracts.orders import DeployOrder
from contracts.plan import NeededRole, PlanInput, PlanVerdict, Resolved
from contracts.releases import ServingInput
from contracts.retiring import RetirementInput, SupersededDeployment
from contracts.rollout import AnswersInput
from contracts.runtime_deletion import DepartingRuntimeInput
from contracts.runtimes import RuntimeInput, RuntimePlanInput
from contracts.teardown import DepartingInput
from contracts.traffic import SharesInput
from contracts.updates import Update, UpdateInput
from local.cloud import world
from local.stack import LocalStack
from tests.integration import acting
from tests.integration.acting import INSTANCE

ROLE = NeededRole(role="AcrPull", guid=ACR_PULL.guid, scope=world.REGISTRY_ID, reason="asked for")
INSIGHTS = f"{world.RESOURCE_GROUP_ID}/providers/Microsoft.Insights"
TRAFFIC, MIRRORED = {"blue": 100}, {"blue": 10}
ONE, TWO = {"instance_count": 1}, {"instance_count": 2}
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
RUNTIME: dict[str, Any] = {
    "name": "flows",
    "compute": {"name": "machine", "size": "Standard_DS3_v2"},
    "image": "python:3.11",
}
# What has no part in the usual request, or is asked for in other words than its part.
WANTED: dict[str, Json] = {
    "ensure_diagnostics": {"workspace_id": world.WORKSPACE_ID},
    "ensure_autoscale": {"minimum": 1, "maximum": 2},
    "ensure_alerts": {"action_groups": ["/a"], "errors": {}},
    "ensure_mirror_traffic": MIRRORED,
    "ensure_data_asset": {"collections": {"model_inputs": {"enabled": "true"}}},
    "shift_traffic": c.TrafficShift(before={}, after=TRAFFIC).to_wire(),
    "ensure_deployment_update": Update(before=ONE, after=TWO).to_wire(),
}
OF_RUNTIMES: dict[str, Json] = {"ensure_compute": RUNTIME["compute"], "ensure_application": RUNTIME}
WATCHED = ("endpoint", "deployment", "traffic", "mirror_traffic", "deployment_update", "compute", "application")


def messages(stack: LocalStack) -> dict[str, Contract]:
    """One for each activity, by its name."""
    order = acting.order(stack)
    resolved = Resolved(
        location=world.REGION,
        endpoint=f"onlineEndpoints/{order.endpoint}",
        deployment=f"onlineEndpoints/{order.endpoint}/deployments/{order.deployment}",
        model="models/credit-made/versions/7",
        environment=assets.made_of("environments", order.part("environment")),
        code=assets.made_of("codes", "anything"),
    )
    entries = about_each(resolved)
    return {
        **ensuring(order, resolved),
        **looking(order, resolved),
        **{f"{kind}_provisioned": entries[kind] for kind in WATCHED},
        "keep_logs": entries["deployment"],
        **{f"remove_{kind}": entry for kind, entry in entries.items()},
    }


def about_each(resolved: Resolved) -> Mapping[str, Contract]:
    """Of each kind, what a ledger says of one."""
    changed = {
        "traffic": acting.about("traffic", resolved.endpoint, before={}, after=TRAFFIC),
        "mirror_traffic": acting.about("mirror_traffic", resolved.endpoint, before={}, after=MIRRORED),
        "deployment_update": acting.about(
            "deployment_update", resolved.deployment, how="changed", before=ONE, after=TWO
        ),
    }
    begun = {
        "model": str(resolved.model),
        "environment": str(resolved.environment),
        "code": str(resolved.code),
        "data_asset": "data/collected/versions/1",
    }
    made = {
        "endpoint": resolved.endpoint,
        "deployment": resolved.deployment,
        "role_assignment": assignment_id(ROLE.scope, "who", ROLE.guid),
        "diagnostics": f"{resolved.endpoint}/providers/Microsoft.Insights/any",
        "autoscale": f"{INSIGHTS}/autoscaleSettings/any",
        "alerts": f"{INSIGHTS}/metricAlerts/any",
        "compute": "computes/machine",
        "application": "computes/machine/customServices/flows",
    }
    return {
        **changed,
        **{kind: acting.about(kind, id_, sure=False) for kind, id_ in begun.items()},
        **{kind: acting.about(kind, id_) for kind, id_ in made.items()},
    }


def ensuring(order: DeployOrder, resolved: Resolved) -> dict[str, Contract]:
    """To each room, what it is to make."""
    machine = resolved.model_copy(update={"endpoint": "computes/machine", "deployment": ""})
    verdict = PlanVerdict(resolved=resolved, model="m:1", grants=[ROLE])
    return {
        **{f"register_{kind}": acting.ensuring(order, kind, resolved) for kind in ("model", "environment", "code")},
        "grant_roles": acting.granting(verdict, world.stable_id("who")),
        "ensure_endpoint": acting.ensuring(order, "endpoint", resolved),
        "begin_deployment": acting.ensuring(order, "deployment", resolved),
        **{name: c.EnsureInput(mark=INSTANCE, wanted=one, resolved=resolved) for name, one in WANTED.items()},
        **{name: c.EnsureInput(mark=INSTANCE, wanted=one, resolved=machine) for name, one in OF_RUNTIMES.items()},
    }


def looking(order: DeployOrder, resolved: Resolved) -> dict[str, Contract]:
    """To each activity that looks, what it is to look at."""
    names: dict[str, Any] = {"endpoint": order.endpoint, "deployment": order.deployment}
    test = order.part("smoke_test")
    superseded = [SupersededDeployment(deployment=name, run=INSTANCE, due=True) for name in ("one", "two")]
    return {
        "plan_deployment": PlanInput(mark=INSTANCE, request=order.request),
        "find_newest_version": c.RegistrationRef(model="m", version="1"),
        "smoke_test": c.SmokeTestInput(**names, test=test),
        "read_back": c.ReadBackInput(**names, model=str(resolved.model), traffic=None),
        "count_answers": AnswersInput(**names, since=MOMENT, until=MOMENT),
        "read_traffic": c.TrafficInput(endpoint=order.endpoint, traffic=TRAFFIC),
        "plan_runtime": RuntimePlanInput(mark=INSTANCE, request=RUNTIME),
        "plan_automatic_runtime": AutomaticPlanInput(request={"name": "flows", "size": "Standard_DS3_v2"}),
        "plan_runtime_teardown": DepartingRuntimeInput(compute="machine", name="flows", with_compute=True),
        "look_at_runtime": RuntimeInput(compute="machine", name="flows"),
        "plan_retirement": RetirementInput(endpoint=order.endpoint, keep=1, superseded=superseded),
        "plan_update": UpdateInput(endpoint=order.endpoint, deployment=order.deployment, wanted=TWO),
        "look_at_serving": ServingInput(endpoint=order.endpoint, serving=[]),
        "plan_teardown": DepartingInput(endpoint=order.endpoint),
        "verify_shares": SharesInput(endpoint=order.endpoint, traffic=TRAFFIC, test=test),
    }
