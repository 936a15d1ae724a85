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
    assert (grant["made_by"][:4], grant["endpoint"]) == ("dep-", "gone-by-hand")
    assert grant["command"] == f"slipway remove-findings gone-by-hand --id {grant['id']}"


def test_what_is_found_goes_when_somebody_asks_and_nothing_else(shared: LocalStack) -> None:
    ml = shared.developer()
    deploy(shared, "tidied", "blue", autoscale=AUTOSCALE, alerts=ALERTS)
    deploy(shared, "tidied", "aside", traffic="none", autoscale=AUTOSCALE)
    deploy(shared, "tidied", "green")
    reader = {"role": "Storage Blob Data Reader", "scope": world.storage_id(world.FEATURE_STORAGE)}
    deploy(shared, "tidied-away", "blue", identity=None, access={"additional": [reader]})
    ml.online_deployments.begin_delete("blue", "tidied").wait()
    ml.online_endpoints.begin_delete("tidied-away").wait()
    there = {one["kind"]: one for one in strays(shared, "tidied", "tidied-away")}
    wrote = len(reading.changes(shared))

    plan = planned(shared, "tidied")
    one = planned(shared, "tidied", id=there["deployment_without_release"]["id"])
    green = f"{world.WORKSPACE_ID}/onlineEndpoints/tidied/deployments/green"
    refused = shared.operate("DELETE", "tidied/findings", id=green)
    assert reading.changes(shared)[wrote:] == []
    removed = shared.operate("DELETE", "tidied/findings")
    again = shared.operate("DELETE", "tidied/findings")
    grants = shared.operate("DELETE", "tidied-away/findings", id=there["grant_without_identity"]["id"])

    kinds = [entry["kind"] for entry in plan["removes"]]
    assert sorted(kinds) == ["alerts", "alerts", "alerts", "autoscale", "autoscale", "deployment"]
    assert [(left["name"], left["reason"]) for left in plan["leaves"]] == [
        ("green", "deployment green has 100 % of the traffic")
    ]
    assert [entry["kind"] for entry in one["removes"]] == ["autoscale", "deployment"]
    assert (refused["status"], refused["error"]["code"], refused["ledger"]) == ("Failed", "StillServing", [])
    assert removed["status"] == "Succeeded", removed
    assert [(entry["kind"], entry["how"], entry["sure"]) for entry in removed["result"]["ledger"]] == [
        (kind, "removed", True) for kind in kinds
    ]
    assert removed["result"]["stays"] == {"green": "deployment green has 100 % of the traffic"}
    assert deployments(shared, "tidied") == ["green"]
    assert not [one for one in (*settings("autoscaleSettings"), *settings("metricAlerts")) if "tidied" in one["name"]]
    assert (again["status"], again["result"]["ledger"]) == ("Succeeded", [])
    assert [entry["kind"] for entry in grants["result"]["ledger"]] == ["role_assignment"]
    assert strays(shared, "tidied", "tidied-away") == []


def found(stack: LocalStack) -> list[dict[str, Any]]:
    return strays(stack, "drifts", "gone-by-hand")


def strays(stack: LocalStack, *endpoints: str) -> list[dict[str, Any]]:
    """What is found of those endpoints, or of none."""
    page: dict[str, Any] = told_at(stack, "/api/findings")
    assert page["unchecked"] == []
    return [one for one in page["findings"] if one.get("endpoint") in (None, *endpoints)]


def planned(stack: LocalStack, endpoint: str, **query: str) -> dict[str, Any]:
    """What removing the findings of an endpoint would take."""
    with stack.http as http:
        said = http.delete(f"/api/endpoints/{endpoint}/findings", params={"plan": "true", **query})
    told: dict[str, Any] = said.raise_for_status().json()
    return told


def told_at(stack: LocalStack, path: str) -> Any:
    with stack.http as http:
        return http.get(path).raise_for_status().json()


def took(step: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(step["ended"]) - datetime.fromisoformat(step["started"])
