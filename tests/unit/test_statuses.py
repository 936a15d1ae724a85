"""What callers see of an instance, whatever state the task hub says it is in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.digests import digest
from orchestrations.runbooks import DEPLOY, REACT
from settings import settings
from tests.samples import request
from triggers.hub import Instance
from triggers.statuses import STATES, deployment_status, event_outcome, fits, is_same_order

FAILURE = {"code": "ModelNotFound", "message": "gone", "suggestion": "Register it."}
PROGRESS: dict[str, Any] = {
    "endpoint": "credit-risk",
    "deployment": "blue",
    "model": "credit-risk:1",
    "steps": [{"name": "register_model", "state": "succeeded", "started": "2026-01-01T00:00:00Z"}],
    "ledger": [{"kind": "endpoint", "id": "onlineEndpoints/credit-risk"}],
}


ADDRESS = "https://slipway.blob.core.windows.net/slipway-largemessages/dep-1/history-0A.json.gz"
# What may stand where an order was written, and says nothing.
UNREADABLE: list[Any] = [
    None,
    ADDRESS,
    "",
    "[" * 100_000,
    17,
    [],
    {},
    {"request": 5},
    {"request": {"endpoint": "e"}},
    "\ud800",
]


def instance(state: str, **parts: Any) -> Instance:
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
    found = Instance.from_wire(wire | parts)
    assert found is not None
    return found


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


@pytest.mark.parametrize(
    ("fate", "kept", "linked"),
    [
        ("in_use", None, True),
        ("stays", "failed", True),
        ("undo_failed", None, True),
        ("undone", None, False),
        ("undone", "failed", False),
        ("undone", "succeeded", True),
        (None, None, False),
        (None, "succeeded", True),
    ],
)
def test_logs_are_linked_when_they_were_kept_or_azure_can_be_asked(
    fate: str | None, kept: str | None, linked: bool
) -> None:
    moment = "2026-01-01T00:00:00Z"
    steps = [{"name": "keep_logs", "state": kept, "started": moment}] if kept else []
    ledger = [{"kind": "deployment", "id": "onlineEndpoints/e/deployments/b", "fate": fate}] if fate else []
    told = deployment_status(instance("Failed", customStatus=PROGRESS | {"steps": steps, "ledger": ledger}))

    assert told.links.get("logs") == ("/api/deployments/dep-1/logs" if linked else None)


def test_an_event_is_told_before_and_after_its_first_turn() -> None:
    outcome = {"id": "dep-1", "model": "m", "version": "1", "outcome": "received"}
    waiting = instance("Pending", input=json.dumps({"outcome": outcome, "digest": "e"}))
    ended = instance("Completed", input="{}", customStatus=outcome | {"outcome": "deployed"})

    assert event_outcome(waiting).outcome == "received"
    assert event_outcome(ended).outcome == "deployed"
    assert str(event_outcome(ended).created) == "2026-01-01 00:00:00+00:00"


@pytest.mark.parametrize(
    ("order", "told", "same"),
    [
        ({"digest": "d"}, None, True),
        ({"digest": "e"}, None, False),
        (json.dumps(json.dumps({"digest": "d"})), None, True),
        *((unreadable, None, None) for unreadable in UNREADABLE),
        *((unreadable, {"digest": "d"}, True) for unreadable in UNREADABLE),
        *((unreadable, {"digest": "e"}, False) for unreadable in UNREADABLE),
        ({"request": {"a": 1}, "digest": ""}, None, None),
        ({"request": {"a": 1}}, {"digest": 5}, None),
    ],
)
def test_what_is_left_of_an_instance_tells_its_order(order: object, told: object, same: bool | None) -> None:
    assert is_same_order(instance("Running", input=order, customStatus=told), "d") is same


def test_an_order_without_a_digest_is_told_by_its_request() -> None:
    assert is_same_order(instance("Running", input={"request": {"a": 1}}), digest({"a": 1})) is True


@pytest.mark.parametrize("order", UNREADABLE)
@pytest.mark.parametrize("custom_status", [None, "text", 5, {"endpoint": 5}, {"steps": [{}]}, [{}], ADDRESS])
def test_what_cannot_be_read_is_left_out(order: object, custom_status: object) -> None:
    for state in (*STATES, "Unknown", "", "7"):
        check_unreadable(order, custom_status, state)


def check_unreadable(order: object, custom_status: object, state: str) -> None:
    strange = instance(state, input=order, customStatus=custom_status, output=custom_status)
    status, event = deployment_status(strange), event_outcome(strange)

    assert (status.id, status.status, str(status.created)) == (
        "dep-1",
        STATES.get(state, "Pending"),
        "2026-01-01 00:00:00+00:00",
    )
    assert (status.endpoint, status.steps, status.ledger, status.result) in [("", [], [], None), ("5", [], [], None)]
    assert (event.id, event.model, event.created) == ("dep-1", "", status.created)
    assert event.outcome == ("failed" if status.status == "Canceled" else "received")


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("Non-Deterministic workflow detected: A previous execution of this orchestration", "a process died"),
        ("Orchestrator function 'deploy' failed: python exited with code 137 (0x89)", "a process died"),
        ("Orchestrator function 'deploy' failed: KeyError: 'request'", "KeyError"),
        ("VersionMismatch: Orchestration version did not comply with Worker Versioning", "VersionMismatch"),
        ({"code": 5}, "code"),
        (None, "without a message"),
    ],
)
def test_an_end_in_words_of_the_platform_is_told_plainly(output: object, says: str) -> None:
    status = deployment_status(instance("Failed", customStatus=PROGRESS, output=output))

    assert status.error is not None
    assert status.error.code == "OrchestrationCrashed"
    assert says in status.error.message
    assert ("send the request again" in status.error.suggestion) is (says == "a process died")
    assert status.ledger


@pytest.mark.parametrize(("state", "outcome"), [("Failed", "deploying"), ("Terminated", "failed")])
def test_an_event_that_was_ended_in_the_middle_says_so(state: str, outcome: str) -> None:
    told = {"id": "event-1", "model": "m", "version": "1", "outcome": "deploying", "reasons": ["so far"]}
    event = event_outcome(instance(state, customStatus=told, output="python exited with code 137"))

    assert (event.outcome, event.reasons[1], len(event.reasons)) == (outcome, "so far", 2)
    settled = event_outcome(instance(state, customStatus=told | {"outcome": "deployed"}))
    assert (settled.outcome, settled.reasons) == ("deployed", ["so far"])


@pytest.mark.parametrize(
    ("wanted", "parts", "verdict"),
    [
        ({}, {"input": None}, True),
        ({}, {"name": "another"}, False),
        ({}, {"name": "DEPLOY"}, True),
        ({}, {"name": None}, True),
        ({"status": "running"}, {}, True),
        ({"status": "Failed"}, {}, False),
        ({"endpoint": "Credit-Risk"}, {"customStatus": PROGRESS, "input": None}, True),
        ({"endpoint": "credit-risk", "status": "failed"}, {"customStatus": PROGRESS}, False),
        ({"model": "credit-risk"}, {"customStatus": PROGRESS}, True),
        ({"model": "credit-risk:1"}, {"customStatus": PROGRESS}, True),
        ({"model": "credit-risk:2"}, {"customStatus": PROGRESS}, False),
        ({"endpoint": "credit-risk"}, {"input": None}, None),
        ({"endpoint": "credit-risk"}, {}, True),
        ({"endpoint": "other"}, {}, False),
        ({"endpoint": "credit-risk"}, {"input": ADDRESS}, False),
    ],
)
def test_what_a_filter_takes(wanted: dict[str, str], parts: dict[str, Any], verdict: bool | None) -> None:
    assert fits(DEPLOY, instance("Running", **parts), wanted) is verdict


@pytest.mark.parametrize(("model", "verdict"), [("m", True), ("m:1", True), ("m:2", False), ("n", False)])
def test_an_event_is_found_by_its_model_with_and_without_version(model: str, verdict: bool) -> None:
    outcome = {"id": "event-1", "model": "m", "version": "1", "outcome": "received"}
    for parts in ({"customStatus": outcome, "input": None}, {"input": json.dumps({"outcome": outcome})}):
        found = instance("Running", name="react_to_registration", **parts)
        assert fits(REACT, found, {"model": model}) is verdict
    assert fits(REACT, instance("Pending", name="react_to_registration", input=None), {"model": model}) is None


def test_what_another_release_wrote_does_not_make_a_status_unreadable() -> None:
    order = {"request": {"endpoint": {"name": "e1e"}, "deployment": {"name": "d1d"}, "model": "azureml:m:1"}}
    stranger = instance("Running", input=json.dumps(order), customStatus={"stages": []})

    status = deployment_status(stranger)

    assert (status.endpoint, status.deployment, status.model, status.steps) == ("e1e", "d1d", "m:1", [])
