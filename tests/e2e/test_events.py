"""Registering a model is enough: what policies deploy, what they leave alone, and why, in GET /api/events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.cloud import world
from local.stack import LocalStack
from tests import samples
from tests.e2e import reading

TAGS = {"deploy": "true"}


def policy(**match: Any) -> dict[str, Any]:
    """A policy that deploys beside what is there, whatever the version answers."""
    body = samples.request(deployment="version-{version}", expect={"json_schema": {"type": "array", "minItems": 1}})
    del body["model"]
    return {"match": match, **body}


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "credit-risk.yml").write_text(yaml.safe_dump(policy(model="credit-*", tags=TAGS)))
    return folder


@pytest.fixture
def stack(tmp_path: Path, policies: Path) -> Iterator[LocalStack]:
    """A stack with one policy, subscribed to registrations; version 1 is registered without the policy's tag."""
    with LocalStack(tmp_path, policies=policies) as started:
        samples.register_all(started)
        started.subscribe()
        yield started


def events(stack: LocalStack, model: str = "credit-risk") -> dict[str, dict[str, Any]]:
    """What became of the registrations of a model, by version."""
    with stack.http as http:
        listed = http.get("/api/events", params={"model": model}).raise_for_status().json()["events"]
    return {event["version"]: event for event in listed}


def settled(stack: LocalStack, version: str, model: str = "credit-risk") -> dict[str, Any]:
    """The outcome of one registration, once it has one."""

    def ended() -> dict[str, Any] | None:
        event = events(stack, model).get(version)
        return event if event and reading.settled(stack, event) else None

    found: dict[str, Any] = stack.until(ended)
    return found


def test_registering_the_next_version_deploys_it_beside_the_last_without_a_wait(stack: LocalStack) -> None:
    samples.register_model(stack, version="2", weights=(1, 2, 4), tags=TAGS)
    first = settled(stack, "2")
    samples.register_model(stack, version="3", weights=(1, 2, 5), tags=TAGS)
    second = settled(stack, "3")

    assert (first["outcome"], second["outcome"]) == ("deployed", "deployed")
    assert list(second["deployments"]) == ["credit-risk"]
    status = stack.status(second["deployments"]["credit-risk"])
    assert status["result"]["answer"] == [samples.answer_of([1, 2, 5])]
    wait = reading.step(status, "roles_effective")
    assert (wait["state"], wait["started"]) == ("skipped", wait["ended"])
    assert reading.deployments(stack, "credit-risk") == {"version-2": "Succeeded", "version-3": "Succeeded"}
    assert reading.traffic(stack, "credit-risk") == {"version-3": 100}


def test_a_version_overtaken_while_it_is_deployed_stops_and_cleans_up(stack: LocalStack) -> None:
    with stack.clock.busy():
        samples.register_model(stack, version="2", weights=(1, 2, 4), tags=TAGS)
        stack.until(lambda: events(stack).get("2", {}).get("outcome") == "deploying")
        samples.register_model(stack, version="3", weights=(1, 2, 5), tags=TAGS)

    overtaken, newest = settled(stack, "2"), settled(stack, "3")

    assert (overtaken["outcome"], newest["outcome"]) == ("superseded", "deployed")
    status = stack.status(overtaken["deployments"]["credit-risk"])
    assert status["error"]["code"] == "Superseded"
    assert reading.traffic(stack, "credit-risk") == {"version-3": 100}
    assert reading.deployments(stack, "credit-risk") == {"version-3": "Succeeded"}


def test_a_newer_version_that_no_policy_is_for_stops_nothing(stack: LocalStack) -> None:
    stack.cloud.events.reset()  # nobody listens while both are registered
    samples.register_model(stack, version="2", weights=(1, 2, 4), tags=TAGS)
    samples.register_model(stack, version="3", tags={"deploy": "false"})
    stack.subscribe()
    for version, tags in (("2", TAGS), ("3", {"deploy": "false"})):
        stack.cloud.events.model_registered(world.WORKSPACE_ID, "credit-risk", version, tags)

    wanted, unwanted = settled(stack, "2"), settled(stack, "3")

    assert (wanted["outcome"], unwanted["outcome"]) == ("deployed", "ignored")
    assert reading.traffic(stack, "credit-risk") == {"version-2": 100}


def test_what_no_policy_wants_is_recorded_with_the_reason(stack: LocalStack) -> None:
    samples.register_model(stack, version="2", tags={"deploy": "false"})
    samples.register_model(stack, name="weather", tags=TAGS)

    other_tag, other_name = settled(stack, "2"), settled(stack, "1", "weather")

    assert (other_tag["outcome"], other_name["outcome"]) == ("ignored", "ignored")
    assert other_tag["reasons"][0].startswith("credit-risk: ")
    assert "deploy" in other_tag["reasons"][0]
    assert "credit-*" in other_name["reasons"][0]
    assert reading.changes(stack) == []


def test_a_version_that_is_not_the_newest_any_more_is_left_alone(stack: LocalStack) -> None:
    stack.cloud.events.reset()  # nobody listens while both are registered
    samples.register_model(stack, version="2", tags=TAGS)
    samples.register_model(stack, version="3", tags=TAGS)
    stack.subscribe()
    for version in ("3", "2"):
        stack.cloud.events.model_registered(world.WORKSPACE_ID, "credit-risk", version, TAGS)

    assert settled(stack, "3")["outcome"] == "deployed"
    older = settled(stack, "2")
    assert (older["outcome"], older["reasons"]) == (
        "superseded",
        ["credit-risk: superseded, the newest version is 3"],
    )
    assert older["deployments"] == {}
    assert reading.deployments(stack, "credit-risk") == {"version-3": "Succeeded"}


def test_a_failing_deployment_is_told_by_its_event(stack: LocalStack, policies: Path) -> None:
    broken = policy(model="credit-*", tags=TAGS)
    broken["smoke_test"]["expect"] = {"json": [0]}
    (policies / "credit-risk.yml").write_text(yaml.safe_dump(broken))

    samples.register_model(stack, version="2", tags=TAGS)

    event = settled(stack, "2")
    deployment = event["deployments"]["credit-risk"]
    assert event["outcome"] == "failed"
    assert event["reasons"] == [f"credit-risk: deployment {deployment} failed"]
    assert stack.status(deployment)["error"]["code"] == "WrongAnswer"


def test_a_model_that_a_deployment_registers_starts_no_other(stack: LocalStack) -> None:
    stack.cloud.blobs.put(
        world.WORKSPACE_STORAGE, world.BLOB_CONTAINER, "made/coefficients.json", b'{"weights": [1, 2, 3], "bias": 3}'
    )
    path = f"azureml://datastores/{world.DATASTORE}/paths/made/"

    definition = {"name": "credit-made", "version": "7", "path": path, "tags": TAGS}
    status = stack.deploy(samples.request(deployment="made", model=definition))

    assert status["status"] == "Succeeded"
    event = settled(stack, "7", "credit-made")
    assert (event["outcome"], event["reasons"]) == ("ignored", ["registered by a deployment of Slipway itself"])
    with stack.http as http:
        assert len(http.get("/api/deployments").json()["deployments"]) == 1


def test_an_event_of_another_workspace_is_ignored(stack: LocalStack) -> None:
    stack.cloud.events.model_registered(world.WORKSPACE_ID + "-other", "credit-risk", "9", TAGS)

    event = settled(stack, "9")
    assert (event["outcome"], event["reasons"]) == ("ignored", ["the event is from another workspace"])


def test_the_same_event_many_times_is_one_deployment(stack: LocalStack) -> None:
    stack.cloud.events.deliver_times = 5

    samples.register_model(stack, version="2", tags=TAGS)

    assert settled(stack, "2")["outcome"] == "deployed"
    delivered = [one for one in stack.cloud.events.deliveries() if one.subject == "models/credit-risk:2"]
    assert len(delivered) == 5
    with stack.http as http:
        assert len(http.get("/api/deployments").json()["deployments"]) == 1


def test_without_policies_everything_is_ignored(stack: LocalStack, policies: Path) -> None:
    (policies / "credit-risk.yml").unlink()

    samples.register_model(stack, version="2", tags=TAGS)

    assert settled(stack, "2")["reasons"] == ["there are no policies"]
