"""What must hold before the app serves is checked when it is imported, and told by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from activities.planning import plan_deployment
from activities.registry import OTHERS, RESOURCES, all_activities
from activities.resource import Resource as Room
from activities.retiring import plan_retirement
from activities.teardown import plan_teardown
from contracts.activities import NewestVersion
from orchestrations import policies
from orchestrations.runbooks import CHILDREN, DEPLOY, RUNBOOKS
from orchestrations.steps import Step, of_kind
from triggers.claims import find_claim
from triggers.ends import deployment_ended
from triggers.expiring import find_expiry
from triggers.later import start_operation
from triggers.removing import plan_removal
from triggers.start_checks import NotRegistered, RebuildsObjects, check_decoding, check_names
from triggers.stored_orders import find_order
from triggers.superseding import find_superseded
from triggers.waking import wake

ROOT = Path(__file__).resolve().parents[2]
STRICT = "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING"
ORCHESTRATIONS = (*(runbook.orchestration for runbook in RUNBOOKS), *CHILDREN)
ROOMS = (*RESOURCES, *OTHERS)
ACTIVITIES = (
    *all_activities(plan_deployment, plan_teardown, plan_retirement),
    find_claim,
    deployment_ended,
    find_expiry,
    find_order,
    find_superseded,
    plan_removal,
    start_operation,
    wake,
)


def starting(before: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """A process that imports the app, after `before`."""
    environment = {**os.environ, STRICT: "1", "PYTHONDONTWRITEBYTECODE": "1", **settings}
    code = f"{before}\nimport function_app"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )


def without(functions: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    left = tuple(one for one in functions if one.__name__ != name)
    assert len(left) == len(functions) - 1
    return left


def test_the_app_starts() -> None:
    # With all that an operator can switch on.
    assert starting(SLIPWAY_FINDINGS_SCHEDULE="0 0 * * * *").returncode == 0
    check_names(RUNBOOKS, ROOMS, ORCHESTRATIONS, ACTIVITIES)


@pytest.mark.parametrize("name", [one.__name__ for one in ACTIVITIES])
def test_every_activity_is_missed(name: str) -> None:
    with pytest.raises(NotRegistered, match=f"activity {name}$"):
        check_names(RUNBOOKS, ROOMS, ORCHESTRATIONS, without(ACTIVITIES, name))


@pytest.mark.parametrize("name", [one.__name__ for one in ORCHESTRATIONS])
def test_every_orchestration_is_missed(name: str) -> None:
    with pytest.raises(NotRegistered, match=f"orchestration {name}$"):
        check_names(RUNBOOKS, ROOMS, without(ORCHESTRATIONS, name), ACTIVITIES)


def test_all_that_is_missing_is_told_at_once() -> None:
    few = without(without(ACTIVITIES, "read_back"), "remove_code")

    with pytest.raises(NotRegistered, match=r"activity remove_code, activity read_back$"):
        check_names(RUNBOOKS, ROOMS, ORCHESTRATIONS, few)


def test_what_a_runbook_may_ask_for_is_looked_for_whoever_wrote_it() -> None:
    eager = replace(DEPLOY, takes=(*DEPLOY.takes, Step("tidy_up", NewestVersion, policies.QUICK), of_kind("alert")))

    class Alerts(Room[Any]):
        kind, long = "alert", True

    asked = r"activity tidy_up, activity ensure_alert, activity remove_alert, activity alert_provisioned$"
    with pytest.raises(NotRegistered, match=asked):
        check_names((eager,), (*RESOURCES, Alerts()), ORCHESTRATIONS, ACTIVITIES)


def test_an_app_that_lacks_an_activity_does_not_start() -> None:
    done = starting(
        "import activities.registry as r; all_of = r.all_activities; r.all_activities = lambda *_: all_of()"
    )

    assert done.returncode != 0
    assert "NotRegistered: function_app.py does not register activity plan_deployment" in done.stderr


@pytest.mark.parametrize("value", ["", "0"])
def test_an_app_without_the_setting_does_not_start(value: str) -> None:
    done = starting(**{STRICT: value})

    assert done.returncode != 0
    assert f"Set {STRICT}=1." in done.stderr.splitlines()[-1]
    assert "RebuildsObjects" in done.stderr.splitlines()[-1]


def test_an_app_with_a_library_that_does_not_know_the_setting_does_not_start() -> None:
    # What such a library lacks: the Durable library then reads as it always did.
    done = starting("import azure.functions._durable_functions as library; del library.df_loads, library.df_dumps")

    assert done.returncode != 0
    assert "PYTHON_ISOLATE_WORKER_DEPENDENCIES=1" in done.stderr.splitlines()[-1]
    assert "RebuildsObjects: azure-functions 1." in done.stderr


def builds_whatever_is_named(text: str) -> Any:
    def build(found: dict[str, Any]) -> Any:
        return object() if "__class__" in found else found

    return json.loads(text, object_hook=build)


def imports_whatever_is_named(text: str) -> Any:
    raise TypeError("class <class 'dict'> does not expose a `from_json` function")


@pytest.mark.parametrize("decode", [builds_whatever_is_named, imports_whatever_is_named])
def test_a_library_that_looks_for_classes_is_recognised(decode: Any) -> None:
    with pytest.raises(RebuildsObjects):
        check_decoding(decode)
    check_decoding(json.loads)
