"""What callers see of an instance, whatever state the task hub says it is in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus

from settings import settings
from tests.samples import request
from triggers.statuses import STATES, deployment_status, event_outcome, input_digest

FAILURE = {"code": "ModelNotFound", "message": "gone", "suggestion": "Register it."}
PROGRESS: dict[str, Any] = {
    "endpoint": "credit-risk",
    "deployment": "blue",
    "model": "credit-risk:1",
    "steps": [{"name": "register_model", "state": "succeeded", "started": "2026-01-01T00:00:00Z"}],
    "ledger": [{"kind": "endpoint", "id": "onlineEndpoints/credit-risk"}],
}


def instance(state: str, **parts: Any) -> Any:
    wire = {
        "name": "deploy",
        "instanceId": "dep-1",
        "createdTime": "2026-01-01T00:00:00Z",
        "lastUpdatedTime": "2026-01-01T00:01:00Z",
        "runtimeStatus": state,
        "input": json.dumps({"request": request(), "digest": "d"}),
        "output": None,
        "customStatus": None,
    }
    return DurableOrchestrationStatus.from_json(wire | parts)


@pytest.mark.parametrize(
    ("runtime_status", "status"),
    [
        ("Pending", "Pending"),
        ("Running", "Running"),
        ("ContinuedAsNew", "Running"),
        ("Suspended", "Suspended"),
        ("Failed", "Failed"),
        ("Terminated", "Canceled"),
        ("Canceled", "Canceled"),
    ],
)
def test_every_runtime_status_has_a_name_for_callers(runtime_status: str, status: str) -> None:
    assert deployment_status(instance(runtime_status, customStatus=PROGRESS)).status == status


def test_no_runtime_status_of_the_sdk_is_forgotten() -> None:
    from azure.durable_functions.models.OrchestrationRuntimeStatus import OrchestrationRuntimeStatus

    assert {status.value for status in OrchestrationRuntimeStatus} == STATES.keys()


@pytest.mark.parametrize("encodings", [1, 2])
def test_before_the_first_turn_the_request_says_what_is_deployed(encodings: int) -> None:
    wire: Any = {"request": request(), "digest": "d"}
    for _ in range(encodings):
        wire = json.dumps(wire)
    status = deployment_status(instance("Pending", input=wire))

    assert (status.endpoint, status.deployment, status.model) == ("credit-risk", "blue", "credit-risk:1")
    assert (status.steps, status.result, status.error) == ([], None, None)


def test_a_model_given_in_full_is_named_by_name_and_version() -> None:
    model = {"name": "fraud", "version": "7", "path": "azureml://datastores/d/paths/p"}

    assert deployment_status(instance("Pending", input={"request": request() | {"model": model}})).model == "fraud:7"


def test_progress_is_told_and_left_out_of_lists() -> None:
    running = instance("Running", customStatus=PROGRESS)

    assert [step.name for step in deployment_status(running).steps] == ["register_model"]
    [entry] = deployment_status(running).ledger
    assert (entry.name, entry.id) == ("credit-risk", f"{settings().workspace_id}/onlineEndpoints/credit-risk")
    brief = deployment_status(running, brief=True)
    assert (brief.steps, brief.ledger, brief.model) == ([], [], "credit-risk:1")


def test_a_typed_failure_is_the_error_and_an_untyped_one_is_a_defect() -> None:
    typed = deployment_status(instance("Failed", customStatus=PROGRESS | {"error": FAILURE}, output="Traceback"))
    crashed = deployment_status(instance("Failed", customStatus=PROGRESS, output="Bearer abcdefgh1234 " * 100))
    silent = deployment_status(instance("Failed"))

    assert typed.error is not None
    assert typed.error.code == "ModelNotFound"
    assert crashed.error is not None
    assert (crashed.error.code, len(crashed.error.message)) == ("OrchestrationCrashed", 600)
    assert "abcdefgh1234" not in crashed.error.message
    assert silent.error is not None
    assert silent.error.message == "the orchestration failed without a message"


@pytest.mark.parametrize("encoded", [False, True])
def test_the_result_is_told_in_full_and_left_out_of_lists(encoded: bool) -> None:
    observed = {
        "model_id": "azureml:credit-risk:1",
        "endpoint": "credit-risk",
        "deployment": "blue",
        "traffic": {"blue": 100},
        "scoring_uri": "https://x",
        "principal_id": "p",
    }
    output: Any = {"observed": observed, "answer": [17]}
    done = instance("Completed", customStatus=PROGRESS, output=json.dumps(output) if encoded else output)
    told = deployment_status(done)

    assert told.status == "Succeeded"
    assert told.result is not None
    assert (told.result.answer, told.result.observed.traffic) == ([17], {"blue": 100})
    assert deployment_status(done, brief=True).result is None


def test_no_raw_input_output_or_management_url_is_told() -> None:
    told = json.dumps(deployment_status(instance("Running", customStatus=PROGRESS)).to_wire())

    assert "digest" not in told
    assert "code_configuration" not in told
    assert json.loads(told)["links"] == {"self": "/api/deployments/dep-1"}


def test_an_event_is_told_before_and_after_its_first_turn() -> None:
    outcome = {"id": "event-1", "model": "m", "version": "1", "outcome": "received"}
    waiting = instance("Pending", input=json.dumps({"outcome": outcome, "digest": "e"}))
    ended = instance("Completed", input="{}", customStatus=outcome | {"outcome": "deployed"})

    assert event_outcome(waiting).outcome == "received"
    assert event_outcome(ended).outcome == "deployed"
    assert str(event_outcome(ended).created) == "2026-01-01 00:00:00+00:00"


@pytest.mark.parametrize(
    ("order", "digest"),
    [({"digest": "d"}, "d"), (json.dumps(json.dumps({"digest": "d"})), "d"), ([], None), ({}, None)],
)
def test_the_digest_of_an_instance_is_that_of_its_order(order: object, digest: str | None) -> None:
    assert input_digest(instance("Running", input=order)) == digest


def test_what_another_release_wrote_does_not_make_a_status_unreadable() -> None:
    order = {"request": {"endpoint": {"name": "e1e"}, "deployment": {"name": "d1d"}, "model": "azureml:m:1"}}
    stranger = instance("Running", input=json.dumps(order), customStatus={"stages": []})

    status = deployment_status(stranger)

    assert (status.endpoint, status.deployment, status.model, status.steps) == ("e1e", "d1d", "m:1", [])
