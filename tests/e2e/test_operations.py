"""The life of an endpoint after its first deployment: releases, rollback, traffic, teardown, changes in place."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

import pytest

from contracts.activities import ReadBackInput
from local.cloud import world
from local.stack import LocalStack
from tests import samples
from tests.e2e import reading
from tests.e2e.monitoring import ALERTS, AUTOSCALE, settings
from tests.e2e.paced import A_SECOND, PAUSE, PacedLoad
from tests.integration import acting

ANSWERS = {"1": 17, "2": 20}
KEPT = {"workspace_id": f"{world.RESOURCE_GROUP_ID}/providers/Microsoft.OperationalInsights/workspaces/logs"}
WRONG = {"request": {"data": [samples.ROW]}, "expect": {"json": [-1]}}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One stack for the module: every test has endpoints of its own."""
    with LocalStack(tmp_path_factory.mktemp("operations")) as started:
        samples.register_all(started)
        samples.register_model(started, version="2", weights=(1, 2, 4))
        # To write diagnostic settings, which infra/ does not let the app by itself.
        started.cloud.authorization.seed(world.APP.principal_id, "Contributor", world.WORKSPACE_ID)
        yield started


def deploy(
    stack: LocalStack, endpoint: str, deployment: str, version: str = "1", extra: Any = None, **more: Any
) -> dict[str, Any]:
    """A deployment that succeeds; `extra` are more of its settings, `more` more of its request."""
    body = samples.request(
        endpoint=endpoint,
        deployment=deployment,
        model=f"azureml:credit-risk:{version}",
        expect={"json": [ANSWERS[version]]},
        **{"access": {}, **more},
    )
    body["deployment"] |= extra or {}
    status = stack.deploy(body)
    assert status["status"] == "Succeeded", status
    return status


def told_at(stack: LocalStack, path: str) -> Any:
    with stack.http as http:
        return http.get(path).raise_for_status().json()


def of_endpoint(kind: str, endpoint: str) -> dict[str, Any]:
    """What the settings of that kind say which are about an endpoint's deployments, by name."""
    return {one["name"]: one["properties"] for one in settings(kind) if f"slipway-{endpoint}-" in one["name"]}


def releases(stack: LocalStack, endpoint: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = told_at(stack, f"/api/endpoints/{endpoint}/releases")["releases"]
    return found


def took(status: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(status["updated"]) - datetime.fromisoformat(status["created"])


def test_a_rollback_is_one_traffic_write_that_no_caller_notices(
    shared: LocalStack, caplog: pytest.LogCaptureFixture
) -> None:
    first = deploy(shared, "goes-back", "blue")
    deploy(shared, "goes-back", "green", "2")
    written = len(reading.changes(shared))

    # Each request would be logged by all that it passes.
    with caplog.at_level(logging.WARNING), PacedLoad(shared, "goes-back") as load:
        shared.until(lambda: load.answers)
        with shared.http as http:
            accepted = http.post("/api/endpoints/goes-back/rollback", json={}).raise_for_status().json()
        shared.host.wait_for(accepted["id"])
    status = shared.ended(f"/api/operations/{accepted['id']}")

    assert status["status"] == "Succeeded", status
    assert (status["kind"], status["result"]["release"]) == ("rollback", 1)
    assert status["result"]["answers"] == {"blue": [17]}
    assert reading.changes(shared)[written:] == [f"PUT {reading.ENDPOINT_WRITE}"]
    assert timedelta(minutes=1) < took(status) < timedelta(minutes=2)
    # Twenty a second all the while, and every one is answered; who does changes once.
    assert {later - earlier for earlier, later in pairwise(load.moments)} == {PAUSE}
    assert len(load.answers) > A_SECOND * (took(status).total_seconds() - 1)
    assert {code for code, _ in load.answers} == {200}
    assert [name for name, _ in groupby(by for _, by in load.answers)] == ["green", "blue"]
    newest, second, oldest = releases(shared, "goes-back")
    assert [one["number"] for one in (newest, second, oldest)] == [3, 2, 1]
    assert (oldest["run"], oldest["verdict"], oldest["traffic"]) == (first["id"], "passed", {"blue": 100})
    assert (newest["restores"], newest["traffic_before"], newest["traffic"]) == (1, {"green": 100}, {"blue": 100})
    assert newest["serving"] == oldest["serving"]
    assert newest["serving"][0]["model"].endswith("/models/credit-risk/versions/1")
    # The release before the first one is none.
    again = shared.operate("POST", "goes-back/rollback", {"to": "previous"})
    assert again["error"]["code"] == "ReleaseNotFound"
    assert "it can go back to 2, 1" in again["error"]["message"]


def test_a_release_whose_deployment_is_gone_is_deployed_again_and_keeps_keys_and_address(shared: LocalStack) -> None:
    collecting = {"data_collector": {"collections": {"model_inputs": {"enabled": "true"}}}}
    with_it: dict[str, Any] = {"autoscale": AUTOSCALE, "alerts": ALERTS, "diagnostics": KEPT}
    deploy(shared, "made-again", "blue", extra=collecting, **with_it)
    deploy(shared, "made-again", "green", "2")
    scaled = of_endpoint("autoscaleSettings", "made-again"), of_endpoint("metricAlerts", "made-again")
    endpoints = shared.developer().online_endpoints
    before = endpoints.get("made-again").scoring_uri, endpoints.get_keys("made-again").primary_key
    taken = shared.operate("DELETE", "made-again/deployments/blue")
    assert {one["kind"] for one in taken["result"]["ledger"]} == {"alerts", "autoscale", "deployment"}
    assert of_endpoint("autoscaleSettings", "made-again") == of_endpoint("metricAlerts", "made-again") == {}

    status = shared.operate("POST", "made-again/rollback", {"to": 1})

    assert status["status"] == "Succeeded", status
    assert status["result"]["made_again"] == {"blue": releases(shared, "made-again")[2]["run"]}
    # With all that had been made with it, and is gone; what is there still is confirmed.
    made = {one["kind"]: one["how"] for one in status["result"]["ledger"]}
    assert made.pop("traffic") == "changed"
    assert {kind for kind, how in made.items() if how == "made"} == {"deployment", "autoscale", "alerts"}
    assert {"diagnostics", "data_asset"} <= made.keys()
    assert scaled == (of_endpoint("autoscaleSettings", "made-again"), of_endpoint("metricAlerts", "made-again"))
    assert reading.traffic(shared, "made-again") == {"blue": 100}
    assert (endpoints.get("made-again").scoring_uri, endpoints.get_keys("made-again").primary_key) == before
    # What was made again is of that release too, though another run has made it.
    deploy(shared, "made-again", "third", "2")
    back = shared.operate("POST", "made-again/rollback", {"to": 3})
    assert (back["status"], back["result"]["answers"]) == ("Succeeded", {"blue": [17]})


def test_a_rollback_that_does_not_answer_as_it_did_changes_nothing(shared: LocalStack) -> None:
    deploy(shared, "answers-otherwise", "blue")
    deploy(shared, "answers-otherwise", "green", "2")
    with shared.http as http:
        refused = [
            http.post("/api/endpoints/answers-otherwise/rollback", json=body) for body in ({"to": 0}, {"too": 1})
        ]
        refused.append(http.post("/api/endpoints/-/rollback", json={}))
    for process in shared.cloud.state.endpoints["answers-otherwise"].deployments.values():
        if process.name == "blue" and process.process:
            process.process.stop()

    status = shared.operate("POST", "answers-otherwise/rollback", {})

    assert [one.status_code for one in refused] == [422, 422, 422]
    assert (status["status"], status["error"]["step"]) == ("Failed", "smoke_test")
    assert reading.traffic(shared, "answers-otherwise") == {"green": 100}
    assert len(releases(shared, "answers-otherwise")) == 2


def test_a_split_is_seen_in_what_real_requests_are_answered_by(shared: LocalStack) -> None:
    deploy(shared, "shared-out", "blue")
    deploy(shared, "shared-out", "green", "2", traffic="none")

    status = shared.operate("PUT", "shared-out/traffic", {"blue": 70, "green": 30})
    mirrored = shared.operate("PUT", "shared-out/traffic", {"traffic": {"blue": 100}, "mirror_traffic": {"green": 20}})
    swapped = shared.operate("PUT", "shared-out/traffic", {"green": 100, "mirror_traffic": {"blue": 10}})
    missing = shared.operate("PUT", "shared-out/traffic", {"blue": 50, "third": 50})

    assert status["status"] == "Succeeded", status
    assert (status["kind"], status["result"]["traffic_before"]) == ("change_traffic", {"blue": 100})
    assert set(status["result"]["answered"]) == {"blue", "green"}
    assert [one["status"] for one in (mirrored, swapped, missing)] == ["Succeeded", "Succeeded", "Failed"], swapped
    assert set(swapped["result"]["answered"]) == {"green"}
    assert missing["error"]["code"] == "TrafficRejected"
    found = reading.endpoint(shared, "shared-out")
    assert found is not None
    assert found["properties"]["mirrorTraffic"] == {"blue": 10}
    assert reading.traffic(shared, "shared-out") == {"green": 100}
    kinds = [(one["kind"], one["traffic"]) for one in releases(shared, "shared-out")]
    assert kinds[:2] == [("change_traffic", {"green": 100}), ("change_traffic", {"blue": 100})]
    # That both are Slipway's own makes another split than was asked for no better.
    read = ReadBackInput(endpoint="shared-out", deployment="", model="", traffic={"blue": 100})
    assert acting.act("read_back", read)["error"]["code"] == "NotAsDeployed"
    with shared.http as http:
        refused = http.put("/api/endpoints/shared-out/traffic", json={"blue": 60, "green": 30})
        listed = http.get("/api/operations?endpoint=shared-out&kind=change_traffic&status=Failed").json()["operations"]
    assert "must add up to 100, or to 0, not 90" in refused.json()["problems"][0]["message"]
    assert [one["id"] for one in listed] == [missing["id"]]
    # What gets a copy of the traffic gets the traffic again, which Azure does not give it as long as it gets the copy.
    back = shared.operate("POST", "shared-out/rollback", {})
    found = reading.endpoint(shared, "shared-out")
    assert (back["status"], reading.traffic(shared, "shared-out")) == ("Succeeded", {"blue": 100}), back
    assert found is not None
    assert not found["properties"].get("mirrorTraffic")


def test_a_deployment_is_deleted_when_nothing_needs_it_or_somebody_forces_it(shared: LocalStack) -> None:
    deploy(shared, "taken-down", "blue")
    deploy(shared, "taken-down", "green", "2", traffic={"blue": 40, "green": 60})

    refused = shared.operate("DELETE", "taken-down/deployments/blue")
    forced = shared.operate("DELETE", "taken-down/deployments/blue", force="true")
    again = shared.operate("DELETE", "taken-down/deployments/blue")

    assert (refused["error"]["code"], refused["ledger"]) == ("StillServing", [])
    assert [forced["status"], again["status"]] == ["Succeeded", "Succeeded"], forced
    assert [(one["kind"], one["how"], one["sure"]) for one in forced["result"]["ledger"]] == [
        ("traffic", "changed", True),
        ("deployment", "removed", True),
    ]
    assert again["result"]["ledger"] == []
    assert reading.deployments(shared, "taken-down") == {"green": "Succeeded"}
    assert reading.traffic(shared, "taken-down") == {"green": 100}
    # As others may write its name, who use no SDK.
    there = shared.cloud.state.endpoints["taken-down"]
    there.deployments["green"].name = "Green"
    there.routing = there.in_force = replace(there.routing, traffic={"Green": 100})
    named_otherwise = shared.operate("DELETE", "taken-down/deployments/green")
    split = shared.operate("PUT", "taken-down/traffic", {"green": 100})
    gone = shared.operate("DELETE", "taken-down/deployments/green", force="true")
    assert named_otherwise["error"]["code"] == "StillServing"
    assert (split["status"], split["result"]["answered"].keys()) == ("Succeeded", {"green"}), split
    assert (gone["status"], reading.deployments(shared, "taken-down")) == ("Succeeded", {}), gone


def test_an_endpoint_goes_with_what_slipway_made_for_it_and_nothing_of_others(shared: LocalStack) -> None:
    role = {"role": "Storage Blob Data Reader", "scope": world.storage_id(world.FEATURE_STORAGE)}
    before = granted(shared)
    deploy(
        shared,
        "all-of-it",
        "blue",
        identity=None,
        diagnostics=KEPT,
        autoscale=AUTOSCALE,
        alerts=ALERTS,
        access={"additional": [role], "propagation": {"wait": "PT1M"}},
    )
    of_this_run = granted(shared) - before

    with shared.http as http:
        plan = http.delete("/api/endpoints/all-of-it?plan=true").raise_for_status().json()
        unknown = http.delete("/api/endpoints/all-of-it?forced=true")
        unread = http.request("DELETE", "/api/endpoints/all-of-it", json={"plan": True})
    refused = shared.operate("DELETE", "all-of-it")
    status = shared.operate("DELETE", "all-of-it", force="true")
    again = shared.operate("DELETE", "all-of-it")

    kinds = [one["kind"] for one in plan["removes"]]
    assert list(dict.fromkeys(kinds)) == [
        "alerts",
        "autoscale",
        "deployment",
        "diagnostics",
        "role_assignment",
        "endpoint",
    ]
    kinds.remove("deployment")
    assert [one["code"] for one in plan["problems"]] == ["StillServing"]
    assert [unknown.status_code, unread.status_code] == [422, 422]
    assert refused["error"]["code"] == "StillServing"
    assert status["status"] == "Succeeded", status
    assert [(one["kind"], one["how"], one["sure"]) for one in status["result"]["ledger"]] == [
        (kind, "removed", True) for kind in kinds
    ]
    assert of_endpoint("autoscaleSettings", "all-of-it") == of_endpoint("metricAlerts", "all-of-it") == {}
    assert reading.endpoint(shared, "all-of-it") is None
    assert of_this_run
    assert not granted(shared) & of_this_run
    assert (again["status"], again["result"]["ledger"]) == ("Succeeded", [])
    assert releases(shared, "all-of-it")[0]["traffic"] == {}


def register_empty_model(stack: LocalStack) -> None:
    """A model without the file that its script reads."""
    from azure.ai.ml.entities import Model

    folder = stack.data / "models" / "empty"
    folder.mkdir(parents=True)
    (folder / "readme.txt").write_text("nothing else")
    stack.developer().models.create_or_update(Model(name="empty", version="1", path=str(folder)))


def granted(stack: LocalStack) -> set[str]:
    return {one.name for one in stack.cloud.authorization.assignments()}


def test_a_deployment_is_changed_in_place_and_given_back_when_it_does_not_answer(shared: LocalStack) -> None:
    body = deploy(shared, "changed", "blue")
    here = "changed/deployments/blue"

    scaled = shared.operate("PATCH", here, {"instance_count": 2})
    refused = shared.operate("PATCH", here, {"model": "azureml:credit-risk:2"})
    register_empty_model(shared)
    dies = shared.operate("PATCH", here, {"model": "azureml:empty:1", "in_place": True})
    wrong = shared.operate("PATCH", here, {"model": "azureml:credit-risk:2", "in_place": True})
    test = {"request": {"data": [samples.ROW]}, "expect": {"json": [ANSWERS["2"]]}}
    settings = {"request_settings": {"request_timeout_ms": 9000}, "liveness_probe": {"period": 20}}
    more = {"model": "azureml:credit-risk:2", "smoke_test": test, "in_place": True, **settings}
    changed = shared.operate("PATCH", here, more)
    same = shared.operate("PATCH", here, {"instance_count": 2})
    missing = shared.operate("PATCH", "changed/deployments/none", {"instance_count": 2})

    assert [scaled["status"], changed["status"], same["status"]] == ["Succeeded"] * 3, changed
    assert scaled["result"]["ledger"][0]["before"] == {"instance_count": 1}
    assert [refused["error"]["code"], missing["error"]["code"]] == ["StillServing", "ResourceNotFound"]
    # Its container's log says why it does not start.
    assert (dies["error"]["code"], reading.fates(dies)) == ("ScoringScriptFailed", {"deployment_update blue": "undone"})
    assert "not enough values to unpack" in dies["error"]["log_tail"]
    # It answers as the second model does, which is not what proved it when it was made.
    assert (wrong["error"]["code"], reading.fates(wrong)) == ("WrongAnswer", {"deployment_update blue": "undone"})
    assert changed["result"]["answers"] == {"blue": [20]}
    assert same["result"]["ledger"] == []
    found = reading.endpoint(shared, "changed")
    assert found is not None
    [blue] = found["deployments"]
    assert blue["properties"]["requestSettings"]["requestTimeout"] == "PT9S"
    assert blue["properties"]["livenessProbe"]["period"] == "PT20S"
    assert blue["sku"]["capacity"] == 2
    kinds = [(one["kind"], one["serving"][0]["model"][-1]) for one in releases(shared, "changed")][-2:]
    assert kinds == [("update_deployment", "2"), ("deploy", "1")]
    # Another code that is in a datastore, and a variable that it answers with.
    script = b"import os\ndef init(): ...\ndef run(raw): return [float(os.environ['ANSWER'])]"
    shared.cloud.blobs.put(world.WORKSPACE_STORAGE, world.BLOB_CONTAINER, "answering/main.py", script)
    code = {"code": f"azureml://datastores/{world.DATASTORE}/paths/answering/", "scoring_script": "main.py"}
    test = {"request": {"data": [samples.ROW]}, "expect": {"json": [42]}}
    answering = {"code_configuration": code, "environment_variables": {"ANSWER": 42}, "smoke_test": test}
    coded = shared.operate("PATCH", here, {**answering, "in_place": True})
    missing = shared.operate(
        "PATCH", here, {"code_configuration": {**code, "code": f"{code['code']}none/"}, "in_place": True}
    )
    # The app may not read blobs here: what is missing is told when it is registered, before anything is changed.
    assert [missing["error"][one] for one in ("code", "step")] == ["AssetNotFound", "register_code"], missing
    assert missing["ledger"] == []
    assert (coded["status"], coded["result"]["answers"]) == ("Succeeded", {"blue": [42]}), coded
    assert [one["kind"] for one in coded["result"]["ledger"]] == ["code", "deployment_update"]
    assert releases(shared, "changed")[0]["serving"][0]["code"] == coded["result"]["ledger"][0]["id"]
    # One that others have made does not say what it was made from.
    by_others = shared.cloud.state.endpoints["changed"].deployments["blue"]
    by_slipway, by_others.tags = by_others.tags, {"team": "others"}
    wrong = shared.operate("PATCH", here, {"readiness_probe": {"period": 30}, "smoke_test": WRONG, "in_place": True})
    assert (wrong["error"]["code"], reading.fates(wrong)) == ("WrongAnswer", {"deployment_update blue": "undone"})
    assert by_others.tags == {"team": "others"}
    by_others.tags = by_slipway
    again = shared.deploy(samples.request(endpoint="changed", access={}))
    assert (body["status"], again["error"]["code"]) == ("Succeeded", "DeploymentConflict")
    assert "slipway update" in again["error"]["suggestion"]
