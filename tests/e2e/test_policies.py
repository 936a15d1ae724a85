"""Policies that go wrong: files that cannot be used, and models that come too close to each other."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import loopback
from local.clock import Clock
from local.cloud import world
from local.host.eventgrid import PATH
from local.stack import LocalStack
from tests import samples
from tests.e2e import reading

BROKEN = {"code": "azureml:dot-product:1", "scoring_script": "score"}


def policy(endpoint: str = "credit-risk", model: str = "credit-*", **parts: Any) -> dict[str, Any]:
    """A policy that deploys whatever the version answers."""
    expected = {"json_schema": {"type": "array", "minItems": 1}}
    body = samples.request(endpoint=endpoint, deployment="version-{version}", identity=None, expect=expected)
    del body["model"]
    return {"match": {"model": model}, **body, **parts}


def broken(**parts: Any) -> dict[str, Any]:
    """A policy with two things wrong in it."""
    body = policy(**parts)
    return body | {"traffic": "everything", "deployment": {**body["deployment"], "code_configuration": BROKEN}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    policies = tmp_path / "policies"
    policies.mkdir()
    return policies


@pytest.fixture
def stack(tmp_path: Path, folder: Path) -> Iterator[LocalStack]:
    with LocalStack(tmp_path, policies=folder) as started:
        samples.register_code(started)
        samples.register_environment(started)
        started.subscribe()
        yield started


def write(folder: Path, name: str, body: object) -> None:
    (folder / name).write_text(body if isinstance(body, str) else yaml.safe_dump(body))


def outcome(stack: LocalStack, model: str, version: str = "1", *states: str) -> dict[str, Any]:
    """What became of a registration, once it is in one of these states, or has ended."""

    def ended() -> dict[str, Any] | None:
        with stack.http as http:
            listed = http.get("/api/events", params={"model": model, "limit": 200}).raise_for_status().json()["events"]
        found = [event for event in listed if (event["model"], event["version"]) == (model, version)]
        wanted = [one for one in found if one["outcome"] in states or (not states and reading.settled(stack, one))]
        return wanted[0] if wanted else None

    event: dict[str, Any] = stack.until(ended)
    return event


def policies_changed(stack: LocalStack) -> None:
    """What a start of the app does, and its timer; it is done when this returns, and sees no later change."""
    with stack.http as http:
        http.post("/admin/functions/policies_changed", json={}).raise_for_status()
    assert stack.host.wait_idle()


def deployed(stack: LocalStack) -> int:
    with stack.http as http:
        return len(http.get("/api/deployments").raise_for_status().json()["deployments"])


def test_models_whose_names_come_close_have_an_endpoint_each(stack: LocalStack, folder: Path) -> None:
    write(folder, "each.yml", policy(endpoint="{model}", model="*"))

    for model, weights in (("Fraud.Model", (1, 2, 4)), ("fraud_model", (1, 2, 5)), ("fraud-model", (1, 2, 6))):
        samples.register_model(stack, name=model, weights=weights)
    endpoints = {}
    for model in ("Fraud.Model", "fraud_model", "fraud-model"):
        event = outcome(stack, model)
        assert event["outcome"] == "deployed"
        endpoints[model] = stack.status(event["deployments"]["each"])["endpoint"]

    assert endpoints["fraud-model"] == "fraud-model"
    assert len(set(endpoints.values())) == 3
    for name in endpoints.values():
        assert reading.traffic(stack, name) == {"version-1": 100}


def test_a_policy_takes_no_traffic_of_another_model_unless_it_says_so(stack: LocalStack, folder: Path) -> None:
    samples.register_model(stack, name="credit-risk")
    stack.deploy(samples.request(endpoint="shared", identity=None))
    write(folder, "shared.yml", policy(endpoint="shared", model="fraud"))

    samples.register_model(stack, name="fraud")
    refused = outcome(stack, "fraud")

    assert refused["outcome"] == "failed"
    error = stack.status(refused["deployments"]["shared"])["error"]
    assert (error["code"], error["step"]) == ("EndpointConflict", "plan_deployment")
    assert "blue has credit-risk" in error["message"]
    assert "shares_endpoint: true" in error["suggestion"]
    assert reading.traffic(stack, "shared") == {"blue": 100}

    write(folder, "shared.yml", policy(endpoint="shared", model="fraud", shares_endpoint=True))
    samples.register_model(stack, name="fraud", version="2")

    assert outcome(stack, "fraud", "2")["outcome"] == "deployed"
    assert reading.traffic(stack, "shared") == {"version-2": 100}


def test_the_next_version_of_a_model_is_no_other_model(stack: LocalStack, folder: Path) -> None:
    write(folder, "own.yml", policy())
    for version in ("1", "2"):
        samples.register_model(stack, version=version)
        assert outcome(stack, "credit-risk", version)["outcome"] == "deployed"

    assert reading.traffic(stack, "credit-risk") == {"version-2": 100}


def test_a_person_may_put_another_model_on_an_endpoint(stack: LocalStack) -> None:
    for name in ("credit-risk", "fraud"):
        samples.register_model(stack, name=name)
    stack.deploy(samples.request(endpoint="shared", identity=None))

    status = stack.deploy(
        samples.request(endpoint="shared", deployment="green", identity=None, model="azureml:fraud:1")
    )

    assert status["status"] == "Succeeded"


def test_a_policy_that_cannot_be_used_is_told_and_its_event_is_decided_again(stack: LocalStack, folder: Path) -> None:
    write(folder, "credit.yml", broken())
    write(folder, "other.yml", broken(model="weather"))
    write(folder, "tags.yml", policy(endpoint="tagged") | {"match": {"model": "*", "tags": {"deploy": "true"}}})

    samples.register_model(stack)
    event = outcome(stack, "credit-risk")

    assert (event["outcome"], event["invalid"], event["deployments"]) == ("invalid", ["credit.yml"], {})
    told = event["reasons"]
    assert told[0].startswith("credit.yml: deployment.code_configuration.scoring_script: name a .py file")
    assert told[1].startswith("credit.yml: traffic: write 'all_at_once'")
    assert sorted(told[2:]) == [
        "other.yml: model credit-risk is not weather",
        "tags: tag deploy is missing, not 'true'",
    ]

    policies_changed(stack)  # nothing has changed: nothing is decided again
    write(folder, "credit.yml", policy())
    policies_changed(stack)

    event = outcome(stack, "credit-risk", "1", "deployed")
    assert list(event["deployments"]) == ["credit"]
    assert "invalid" not in event or event["invalid"] == []
    policies_changed(stack)
    assert deployed(stack) == 1


def test_a_policy_that_cannot_be_used_stops_no_other_and_what_was_done_stays(stack: LocalStack, folder: Path) -> None:
    wrong = policy(endpoint="wrong")
    wrong["smoke_test"]["expect"] = {"json": [0]}
    write(folder, "a.yml", "match: [")
    write(folder, "good.yml", policy(endpoint="good"))
    write(folder, "wrong.yml", wrong)

    samples.register_model(stack)
    event = outcome(stack, "credit-risk")

    started = event["deployments"]
    assert (event["outcome"], list(started), event["invalid"]) == ("failed", ["good", "wrong"], ["a.yml"])
    assert reading.traffic(stack, "good") == {"version-1": 100}

    write(folder, "a.yml", policy(endpoint="anew"))
    policies_changed(stack)
    event = stack.until(lambda: _mended(outcome(stack, "credit-risk", "1", "failed")))

    # One deployment failed, and nobody asked for it again.
    assert event["reasons"] == [f"wrong: deployment {started['wrong']} failed"]
    assert event["deployments"].items() > started.items()
    assert stack.status(event["deployments"]["a"])["status"] == "Succeeded"
    assert deployed(stack) == 3


def _mended(event: dict[str, Any]) -> dict[str, Any] | None:
    return None if event.get("invalid") else event


def test_an_event_that_is_delivered_again_is_decided_again_once_its_policy_is_mended(
    stack: LocalStack, folder: Path
) -> None:
    write(folder, "credit.yml", broken())
    samples.register_model(stack)
    assert outcome(stack, "credit-risk")["outcome"] == "invalid"

    write(folder, "credit.yml", policy())
    stack.cloud.events.model_registered(world.WORKSPACE_ID, "credit-risk", "1")

    assert outcome(stack, "credit-risk", "1", "deployed")["deployments"].keys() == {"credit"}


def test_a_version_that_was_overtaken_while_its_policy_was_broken_is_superseded(
    stack: LocalStack, folder: Path
) -> None:
    write(folder, "credit.yml", broken())
    for version in ("1", "2"):
        samples.register_model(stack, version=version)
        assert outcome(stack, "credit-risk", version)["outcome"] == "invalid"

    write(folder, "credit.yml", policy())
    policies_changed(stack)

    assert outcome(stack, "credit-risk", "2", "deployed")
    older = outcome(stack, "credit-risk", "1", "superseded")
    assert older["reasons"] == ["credit: superseded, the newest version is 2"]
    assert reading.deployments(stack, "credit-risk") == {"version-2": "Succeeded"}


def test_a_folder_that_is_not_there_is_told_until_it_is(stack: LocalStack, folder: Path) -> None:
    folder.rmdir()
    samples.register_model(stack)

    event = outcome(stack, "credit-risk")

    assert (event["outcome"], event["invalid"]) == ("invalid", ["SLIPWAY_POLICIES"])
    assert event["reasons"][0].startswith(f"SLIPWAY_POLICIES: {folder} is not there")

    folder.mkdir()
    policies_changed(stack)
    assert outcome(stack, "credit-risk", "1", "ignored")["reasons"] == ["there are no policies"]


def test_what_cannot_be_read_breaks_no_other_event_and_is_one_line_in_the_log(
    stack: LocalStack, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder, "credit.yml", policy())
    good = {
        "id": "good",
        "topic": world.WORKSPACE_ID,
        "subject": "models/credit-risk:1",
        "eventType": "Microsoft.MachineLearningServices.ModelRegistered",
        "eventTime": "2026-01-01T00:00:00Z",
        "dataVersion": "2",
        "data": {"ModelName": "credit-risk", "ModelVersion": "1"},
    }
    odd = [
        {**good, "id": "x\nERROR all is lost", "data": {}, "subject": "models/\n"},
        {**good, "id": None, "data": {}, "subject": None},
        {**good, "id": ["a"], "data": "text", "subject": {"a": 1}},
        {**good, "topic": 5},
        {**good, "eventType": None},
    ]
    stack.cloud.events.reset()
    samples.register_model(stack)

    with caplog.at_level(logging.WARNING, "slipway.events"), stack.http as http:
        answer = http.post(
            PATH,
            params={"functionName": "on_model_registered"},
            headers={"aeg-event-type": "Notification"},
            json=[*odd, good, {**good, "data": {"ModelName": "../x", "ModelVersion": "1"}}],
        )

    assert answer.status_code == 202
    assert outcome(stack, "credit-risk")["outcome"] == "deployed"
    warnings = [record.getMessage() for record in caplog.records if record.name == "slipway.events"]
    assert len(warnings) == len(odd) + 1
    assert all("\n" not in warning and "ignored" in warning for warning in warnings)


def test_an_app_that_starts_tells_what_cannot_be_used_and_serves(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder, "credit.yml", broken())

    # On a stepped clock the host runs no timers; and from when it starts the next one is a quarter of an hour away.
    clock = Clock(start=datetime(2030, 1, 1, 12, tzinfo=UTC))
    with LocalStack(tmp_path / "stack", policies=folder, clock=clock) as stack:
        [told] = stack.until(lambda: [one for one in caplog.records if one.name == "slipway.policies"])
        assert loopback.ask("GET", f"{stack.host.url}/api/health").status_code == 200

    assert told.levelname == "ERROR"
    message = told.getMessage()
    assert message.startswith("policy credit.yml cannot be used: ")
    assert "scoring_script" in message
    assert "traffic" in message
