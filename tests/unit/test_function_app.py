"""The app's index: exact names, because histories of running deployments hold them."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

from activities.envelope import CONTRACTS
from contracts.base import Contract
from orchestrations import steps
from orchestrations.steps import Step
from tests.registered import triggers

ROOT = Path(__file__).resolve().parents[2]

ACTIVITIES = {
    "plan_deployment",
    "register_model",
    "find_newest_version",
    "register_assets",
    "grant_roles",
    "revoke_roles",
    "ensure_endpoint",
    "endpoint_provisioned",
    "read_traffic",
    "shift_traffic",
    "traffic_provisioned",
    "delete_endpoint",
    "endpoint_deleted",
    "begin_deployment",
    "deployment_provisioned",
    "delete_deployment",
    "deployment_deleted",
    "read_back",
    "smoke_test",
}
ORCHESTRATIONS = {"deploy", "watch", "react_to_registration"}
ROUTES = {
    ("POST", "deployments", "FUNCTION"),
    ("GET", "deployments", "FUNCTION"),
    ("GET", "deployments/{id}", "FUNCTION"),
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
    assert of_kind("eventGridTrigger") == {"on_model_registered"}


def test_the_front_door_is_exactly_this() -> None:
    routes = {
        (method, trigger["route"], trigger["authLevel"])
        for _, trigger, _ in triggers()
        if trigger["type"] == "httpTrigger"
        for method in trigger["methods"]
    }

    assert routes == ROUTES


def test_every_activity_takes_one_contract_and_answers_one() -> None:
    assert set(CONTRACTS) == ACTIVITIES
    for message, result in CONTRACTS.values():
        assert issubclass(message, Contract)
        assert issubclass(result, Contract)


def test_the_worker_finds_each_activitys_parameter_by_the_name_of_its_binding() -> None:
    for _, trigger, function in triggers():
        if trigger["type"] == "activityTrigger":
            assert [*inspect.signature(function).parameters] == [trigger["name"]]


def test_every_step_names_an_activity_with_its_result() -> None:
    known = {step.activity: step for step in vars(steps).values() if isinstance(step, Step)}

    assert {name: step.result for name, step in known.items()} == {
        name: result for name, (_, result) in CONTRACTS.items()
    }


def test_importing_the_app_loads_no_heavy_sdk() -> None:
    code = "import function_app, sys; print([m for m in sys.modules if m in ('azure.ai.ml', 'azure.identity', 'msal')])"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)

    assert printed.stdout.strip() == "[]"


def test_the_host_runs_versions_and_no_extended_sessions() -> None:
    durable = json.loads((ROOT / "host.json").read_text())["extensions"]["durableTask"]

    assert durable["defaultVersion"] == "1.0"
    # Outside .NET they can make orchestrations fail silently (Durable Functions performance guide).
    assert not durable.get("extendedSessionsEnabled")
