"""The app's index: exact names, because histories of running deployments hold them."""

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from activities.envelope import CONTRACTS
from activities.registry import OTHERS, RESOURCES
from activities.resource import Resource as Room
from contracts.activities import Claim, Provisioning
from contracts.base import Contract
from contracts.findings import Removal
from contracts.queue import Woken
from contracts.releases import StoredOrder
from contracts.retiring import Expiry, Started, SupersededDeployments
from orchestrations.runbooks import RUNBOOKS
from orchestrations.steps import Resource, Step
from orchestrations.steps import of_kind as resource_of
from tests.registered import triggers

ROOT = Path(__file__).resolve().parents[2]

# The activities that are no room's, and what they answer.
ASKING: dict[str, type[Contract]] = {
    "find_claim": Claim,
    "deployment_ended": Provisioning,
    "find_order": StoredOrder,
    "wake": Woken,
    "start_operation": Started,
    "find_superseded": SupersededDeployments,
    "find_expiry": Expiry,
    "plan_removal": Removal,
}
ACTIVITIES = {
    "plan_deployment",
    "plan_teardown",
    "plan_retirement",
    "plan_update",
    "ensure_deployment_update",
    "deployment_update_provisioned",
    "remove_deployment_update",
    "register_model",
    "remove_model",
    "find_newest_version",
    "register_environment",
    "remove_environment",
    "register_code",
    "remove_code",
    "ensure_data_asset",
    "remove_data_asset",
    "ensure_mirror_traffic",
    "mirror_traffic_provisioned",
    "remove_mirror_traffic",
    "ensure_diagnostics",
    "remove_diagnostics",
    "ensure_autoscale",
    "remove_autoscale",
    "ensure_alerts",
    "remove_alerts",
    "grant_roles",
    "remove_role_assignment",
    "ensure_endpoint",
    "endpoint_provisioned",
    "remove_endpoint",
    "begin_deployment",
    "deployment_provisioned",
    "remove_deployment",
    "read_traffic",
    "shift_traffic",
    "traffic_provisioned",
    "remove_traffic",
    "find_claim",
    "deployment_ended",
    "find_order",
    "wake",
    "start_operation",
    "find_superseded",
    "find_expiry",
    "plan_removal",
    "smoke_test",
    "verify_shares",
    "count_answers",
    "read_back",
    "look_at_serving",
    "keep_logs",
    "plan_runtime",
    "plan_runtime_teardown",
    "plan_automatic_runtime",
    "ensure_compute",
    "compute_provisioned",
    "remove_compute",
    "ensure_application",
    "application_provisioned",
    "remove_application",
    "look_at_runtime",
}
ORCHESTRATIONS = {
    "deploy",
    "rollback",
    "change_traffic",
    "update_deployment",
    "delete_deployment",
    "delete_endpoint",
    "remove_findings",
    "retire",
    "expire",
    "make_runtime",
    "delete_runtime",
    "prepare_runtime",
    "watch",
    "take_turn",
    "leave_turn",
    "choose_release",
    "react_to_registration",
}
ROUTES = {
    ("POST", "deployments", "FUNCTION"),
    ("GET", "deployments", "FUNCTION"),
    ("GET", "deployments/{id}", "FUNCTION"),
    ("GET", "deployments/{id}/logs", "FUNCTION"),
    ("POST", "deployments/{id}/cancel", "FUNCTION"),
    ("POST", "endpoints/{endpoint}/rollback", "FUNCTION"),
    ("PUT", "endpoints/{endpoint}/traffic", "FUNCTION"),
    ("PATCH", "endpoints/{endpoint}/deployments/{deployment}", "FUNCTION"),
    ("DELETE", "endpoints/{endpoint}", "FUNCTION"),
    ("DELETE", "endpoints/{endpoint}/deployments/{deployment}", "FUNCTION"),
    ("DELETE", "endpoints/{endpoint}/findings", "FUNCTION"),
    ("GET", "endpoints/{endpoint}/releases", "FUNCTION"),
    ("GET", "operations", "FUNCTION"),
    ("GET", "operations/{id}", "FUNCTION"),
    ("GET", "operations/{id}/logs", "FUNCTION"),
    ("POST", "operations/{id}/cancel", "FUNCTION"),
    ("POST", "runtimes", "FUNCTION"),
    ("DELETE", "runtimes/{compute}/{name}", "FUNCTION"),
    ("POST", "runtimes/automatic", "FUNCTION"),
    ("GET", "runtimes", "FUNCTION"),
    ("GET", "runtimes/{id}", "FUNCTION"),
    ("POST", "runtimes/{id}/cancel", "FUNCTION"),
    ("GET", "endpoints", "FUNCTION"),
    ("GET", "endpoints/{endpoint}", "FUNCTION"),
    ("GET", "endpoints/{endpoint}/deployments/{deployment}/logs", "FUNCTION"),
    ("POST", "endpoints/{endpoint}/invoke", "FUNCTION"),
    ("GET", "endpoints/{endpoint}/consume", "FUNCTION"),
    ("GET", "findings", "FUNCTION"),
    ("POST", "plans", "FUNCTION"),
    ("GET", "events", "FUNCTION"),
    ("GET", "openapi.json", "FUNCTION"),
    ("GET", "health", "ANONYMOUS"),
}


def of_kind(kind: str) -> set[str]:
    return {name for name, trigger, _ in triggers() if trigger["type"] == kind}


def test_the_registered_functions_are_exactly_these() -> None:
    assert of_kind("activityTrigger") == ACTIVITIES
    assert of_kind("orchestrationTrigger") == ORCHESTRATIONS
    assert of_kind("entityTrigger") == {"endpoint_queue"}
    assert of_kind("eventGridTrigger") == {"on_model_registered"}
    assert of_kind("timerTrigger") == {"guard", "policies_changed"}


def test_the_front_door_is_exactly_this() -> None:
    routes = {
        (method, trigger["route"], trigger["authLevel"])
        for _, trigger, _ in triggers()
        if trigger["type"] == "httpTrigger"
        for method in trigger["methods"]
    }

    heads = {("HEAD", path, level) for method, path, level in ROUTES if method == "GET"}
    assert routes == ROUTES | heads


def test_every_activity_takes_one_contract_and_answers_one() -> None:
    assert set(CONTRACTS) == ACTIVITIES - set(ASKING), "which ask the task hub, and are no room's"
    for message, result in CONTRACTS.values():
        assert issubclass(message, Contract)
        assert issubclass(result, Contract)


def test_the_worker_finds_each_activitys_parameter_by_the_name_of_its_binding() -> None:
    for _, trigger, function in triggers():
        if trigger["type"] == "activityTrigger":
            assert [*inspect.signature(function).parameters][:1] == [trigger["name"]]


def test_everything_a_runbook_may_ask_for_is_in_the_index_with_its_result() -> None:
    # A name that is not registered hangs for ever in Azure.
    results = {name: result for name, (_, result) in CONTRACTS.items()} | ASKING
    takes = [taken for runbook in RUNBOOKS for taken in runbook.takes]
    resources = [taken for taken in takes if isinstance(taken, Resource)]
    asked = [taken for taken in takes if isinstance(taken, Step)]
    asked += [step for resource in resources for step in (resource.ensure, resource.remove)]
    asked += [resource.provisioned for resource in resources if room(resource.kind).long]
    # What a request may ask for besides is named by its plan.
    extras = {
        name for one in RESOURCES if one.optional and resource_of(one.kind) not in takes for name in names_of(one)
    }

    assert {step.activity: step.result for step in asked} == {
        name: result for name, result in results.items() if name not in extras
    }


def test_every_room_that_a_plan_may_name_can_be_ensured_and_removed() -> None:
    for one in RESOURCES:
        known = resource_of(one.kind)
        names = {known.ensure.activity, known.remove.activity, *([known.provisioned.activity] if one.long else [])}
        assert names <= ACTIVITIES, one.kind


def test_orchestrations_call_only_what_is_in_the_index() -> None:
    called = {
        name.value
        for path in (ROOT / "orchestrations").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if call.func.attr in ("call_activity", "call_sub_orchestrator", "delegate")
        for name in call.args[:2]
        if isinstance(name, ast.Constant)
    }

    assert called == {"deploy", "watch"} <= ORCHESTRATIONS


def names_of(room: Room[Any]) -> tuple[str, ...]:
    watched = (f"{room.kind}_provisioned",) if room.long else ()
    return (f"ensure_{room.kind}", f"remove_{room.kind}", *watched)


def room(kind: str) -> Room[Any]:
    return next(one for one in (*RESOURCES, *OTHERS) if one.kind == kind)


def test_importing_the_app_loads_no_heavy_sdk() -> None:
    code = "import function_app, sys; print([m for m in sys.modules if m in ('azure.ai.ml', 'azure.identity', 'msal')])"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)

    assert printed.stdout.strip() == "[]"


def test_what_the_app_loads_is_never_looked_at_for_garbage() -> None:
    code = "import function_app, gc; print(gc.isenabled(), gc.get_freeze_count() > 50_000)"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)

    assert printed.stdout.strip() == "True True"


def test_the_host_runs_versions_and_no_extended_sessions() -> None:
    durable = json.loads((ROOT / "host.json").read_text())["extensions"]["durableTask"]

    assert durable["defaultVersion"] == "1.0"
    # Outside .NET they can make orchestrations fail silently (Durable Functions performance guide).
    assert not durable.get("extendedSessionsEnabled")
