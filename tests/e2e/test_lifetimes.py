"""What goes by itself after a while, with what was made for it, and nothing that is wanted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.cloud import world
from local.stack import LocalStack
from tests import samples
from tests.e2e import reading
from tests.e2e.monitoring import ALERTS, AUTOSCALE, settings


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One stack for the module: every test has endpoints of its own."""
    with LocalStack(tmp_path_factory.mktemp("lifetimes")) as started:
        samples.register_all(started)
        yield started


def deploy(stack: LocalStack, endpoint: str, deployment: str, **more: Any) -> dict[str, Any]:
    body = samples.request(endpoint=endpoint, deployment=deployment, **{"access": {}, **more})
    status = stack.deploy(body)
    assert status["status"] == "Succeeded", status
    return status


def follow_up(stack: LocalStack, status: dict[str, Any]) -> dict[str, Any]:
    """The operation that a deployment has started, once it has ended."""
    [started] = [step["detail"] for step in status["steps"] if step["name"] == "start_operation"]
    return stack.ended(f"/api/operations/{started}")


def deployments(stack: LocalStack, endpoint: str) -> list[str]:
    return sorted(str(one.name) for one in stack.developer().online_deployments.list(endpoint))


def test_superseded_deployments_go_after_a_while_and_the_newest_stays_for_a_rollback(shared: LocalStack) -> None:
    deploy(shared, "retires", "blue", autoscale=AUTOSCALE, alerts=ALERTS)
    deploy(shared, "retires", "green")
    deploy(shared, "retires", "aside", traffic="none")
    third = deploy(shared, "retires", "third", retire={"after": "PT3H"})

    status = follow_up(shared, third)

    assert (status["kind"], status["status"]) == ("retire", "Succeeded"), status
    assert deployments(shared, "retires") == ["aside", "green", "third"]
    assert status["result"]["stays"] == {"green": "the newest 1 are kept"}
    assert {one["kind"] for one in status["result"]["ledger"]} == {"autoscale", "alerts", "deployment"}
    assert not [one for one in (*settings("autoscaleSettings"), *settings("metricAlerts")) if "retires" in one["name"]]
    waited = next(step for step in status["steps"] if step["name"] == "wait_to_retire")
    assert timedelta(hours=3) <= took(waited) < timedelta(hours=3, minutes=1)
    back = shared.operate("POST", "retires/rollback", {"to": 1})
    assert (back["status"], list(back["result"]["made_again"])) == ("Succeeded", ["blue"])
    assert reading.traffic(shared, "retires") == {"blue": 100}


def test_an_endpoint_for_a_time_goes_with_everything_once_nobody_says_otherwise(shared: LocalStack) -> None:
    with shared.clock.busy():
        accepted = shared.post(samples.request(endpoint="trial", ttl="PT8H", autoscale=AUTOSCALE, alerts=ALERTS))
        # While it waits for its time, it is given another one.
        shared.clock.alarm(shared.clock.now() + timedelta(hours=3), lambda: renew_later(shared))
    first = shared.wait(accepted["id"])

    renewed, listed = follow_up(shared, first), told_at(shared, "/api/operations?endpoint=trial&kind=expire")
    [other] = [one["id"] for one in listed["operations"] if one["id"] != renewed["id"]]
    assert renewed["result"]["stays"] == {"trial": f"{other} says when it goes"}
    gone = shared.ended(f"/api/operations/{other}")

    assert gone["status"] == "Succeeded", gone
    steps = {step["name"]: datetime.fromisoformat(step["ended"]) for step in gone["steps"]}
    begun = datetime.fromisoformat(gone["created"])
    assert timedelta(hours=47) <= steps["wait_to_warn"] - begun < timedelta(hours=47, minutes=1)
    assert timedelta(hours=48) <= steps["wait_to_expire"] - begun < timedelta(hours=48, minutes=1)
    assert reading.endpoint(shared, "trial") is None
    assert not [one for one in (*settings("autoscaleSettings"), *settings("metricAlerts")) if "trial" in one["name"]]
    assert told_at(shared, "/api/endpoints/trial/releases")["releases"][0]["kind"] == "expire"


def renew_later(stack: LocalStack) -> None:
    """Another deployment, from an alarm of the clock, which must not be kept waiting; time stands still meanwhile."""

    hold = stack.clock.hold("a deployment that renews")

    def deploy_again() -> None:
        try:
            stack.post(samples.request(endpoint="trial", deployment="green", ttl="P2D"))
        finally:
            hold.release()

    threading.Thread(target=deploy_again).start()


def test_what_others_have_made_does_not_go_after_a_time(shared: LocalStack) -> None:
    deploy(shared, "theirs", "blue")
    with shared.cloud.state.lock:
        [found] = [one for one in shared.cloud.state.endpoints.values() if one.name == "theirs"]
        found.tags = {}

    refused = shared.deploy(samples.request(endpoint="theirs", deployment="green", ttl="PT8H"))

    assert (refused["error"]["code"], refused["error"]["message"][:4]) == ("MadeByOthers", "ttl:")
    assert deployments(shared, "theirs") == ["blue"]


def test_what_fits_to_nothing_is_found_and_nothing_is_done_about_it(shared: LocalStack) -> None:
    ml = shared.developer()
    assert found(shared) == []
    deploy(shared, "drifts", "blue", autoscale=AUTOSCALE)
    deploy(shared, "drifts", "aside", traffic="none")
    deploy(shared, "drifts", "green")
    reader = {"role": "Storage Blob Data Reader", "scope": world.storage_id(world.FEATURE_STORAGE)}
    deploy(shared, "gone-by-hand", "blue", identity=None, access={"additional": [reader]})
    wrote = len(reading.changes(shared))
    assert [(one["kind"], one["endpoint"]) for one in found(shared)] == [("deployment_without_release", "drifts")]
    assert reading.changes(shared)[wrote:] == []

    ml.online_deployments.begin_delete("blue", "drifts").wait()
    ml.online_endpoints.begin_delete("gone-by-hand").wait()
    endpoint = ml.online_endpoints.get("drifts")
    endpoint.traffic = {"aside": 100}
    ml.online_endpoints.begin_create_or_update(endpoint).wait()

    drifted = {one["kind"]: one for one in found(shared)}
    assert drifted.keys() == {"setting_without_deployment", "traffic_changed", "grant_without_identity"}
    assert drifted["traffic_changed"]["command"] == "slipway traffic drifts green=100"
    assert "slipway-drifts-blue-" in drifted["setting_without_deployment"]["command"]
    grant = drifted["grant_without_identity"]
    assert grant["made_by"].startswith("dep-")
    assert grant["command"] == f"az role assignment delete --ids {grant['id']}"


def found(stack: LocalStack) -> list[dict[str, Any]]:
    page: dict[str, Any] = told_at(stack, "/api/findings")
    assert page["unchecked"] == []
    strays: list[dict[str, Any]] = page["findings"]
    return [one for one in strays if one.get("endpoint") in (None, "drifts", "gone-by-hand")]


def told_at(stack: LocalStack, path: str) -> Any:
    with stack.http as http:
        return http.get(path).raise_for_status().json()


def took(step: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(step["ended"]) - datetime.fromisoformat(step["started"])
