"""A new deployment gets its traffic step by step, while an application sends requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from typing import Any

import pytest

from local.stack import LocalStack
from tests import samples
from tests.e2e import reading
from tests.e2e.paced import PacedLoad

PAUSE = timedelta(seconds=15)
SLOWLY = {"steps": [10, 50], "pause": "PT5M"}
# A model of more inputs than those that live requests have: it passes its own test, and fails for all others.
WIDE = {"request": {"data": [[1, 2, 3, 4]]}, "expect": {"json": [33]}}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("rollouts")) as started:
        samples.register_all(started)
        samples.register_model(started, version="2", weights=(1, 2, 4))
        samples.register_model(started, version="3", weights=(1, 2, 3, 4))
        yield started


def asked(endpoint: str, deployment: str, version: str = "1", answer: int = 17, **more: Any) -> dict[str, Any]:
    body = samples.request(
        endpoint=endpoint, deployment=deployment, model=f"azureml:credit-risk:{version}", expect={"json": [answer]}
    )
    return body | {"access": {}} | more


def steps_of(status: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in status["steps"]}


def test_each_step_is_watched_and_no_request_fails(shared: LocalStack) -> None:
    shared.deploy(asked("grows", "blue"))
    wanted = asked("grows", "green", "2", 20, rollout=SLOWLY)
    with shared.http as http:
        plan = http.post("/api/plans", json=wanted).raise_for_status().json()
    written = len(reading.changes(shared))

    with PacedLoad(shared, "grows", pause=PAUSE) as load:
        status = shared.deploy(wanted)

    assert status["status"] == "Succeeded", status
    way = "traffic blue 100 % → blue 90 %, green 10 % → blue 50 %, green 50 % → green 100 %"
    assert f"{way}, each step for 0:05:00 at least" in plan["changes"]
    assert {code for code, _ in load.answers} == {200}
    assert status["result"]["traffic_before"] == {"blue": 100}
    assert status["result"]["observed"]["traffic"] == {"green": 100}
    writes = [one for one in reading.changes(shared)[written:] if one == f"PUT {reading.ENDPOINT_WRITE}"]
    assert len(writes) == 3
    taken = steps_of(status)
    assert plan["steps"][-3:] == ["watch_rollout", "count_answers", "read_back"]
    assert taken["count_answers"]["attempts"] == taken["watch_rollout"]["attempts"] == 2
    assert taken["count_answers"]["detail"].startswith("0 of ")
    assert taken["count_answers"]["detail"].endswith("live requests failed at 50 %")
    # Eighty requests in each step, and by chance some of them at the one that is new.
    assert Counter(name for _, name in load.answers)["green"] > 20
    with shared.http as http:
        [newest, _] = http.get("/api/endpoints/grows/releases").raise_for_status().json()["releases"]
    assert (newest["traffic_before"], newest["traffic"]) == ({"blue": 100}, {"green": 100})


def test_one_that_fails_for_live_requests_loses_its_traffic_again(shared: LocalStack) -> None:
    shared.deploy(asked("shrinks", "blue"))

    with PacedLoad(shared, "shrinks", pause=PAUSE) as load:
        status = shared.deploy(asked("shrinks", "green", "3", smoke_test=WIDE, rollout={**SLOWLY, "steps": [20]}))

    assert status["status"] == "Failed"
    assert (status["error"]["code"], status["error"]["step"]) == ("RolloutStopped", "count_answers")
    assert "live requests failed at 20 %" in status["error"]["message"]
    assert {entry["kind"]: entry["fate"] for entry in status["ledger"]}["traffic"] == "undone"
    endpoint = shared.developer().online_endpoints.get("shrinks")
    assert endpoint.traffic == {"blue": 100}
    assert [one.name for one in shared.developer().online_deployments.list("shrinks")] == ["blue"]
    failed = [by for code, by in load.answers if code != 200]
    assert failed
    assert {by for code, by in load.answers if code == 200} == {"blue"}
    assert len(failed) < len(load.answers) / 2
    assert [code for code, _ in groupby(code for code, _ in load.answers)][-1] == 200


@pytest.mark.parametrize(
    ("more", "path", "words"),
    [
        ({"rollout": {"steps": [50, 10]}}, "rollout.steps", "rise from step to step"),
        ({"rollout": {"steps": []}}, "rollout.steps", "at least 1"),
        ({"rollout": {"steps": [10], "pause": "PT1M"}}, "rollout.pause", "from PT5M to P1D"),
        ({"rollout": SLOWLY, "traffic": "none"}, "rollout", "0 % that `traffic` gives green"),
        ({"rollout": SLOWLY, "traffic": {"blue": 60, "green": 40}}, "rollout", "40 % that `traffic` gives green"),
    ],
)
def test_a_rollout_that_leads_nowhere_is_refused(
    shared: LocalStack, more: dict[str, Any], path: str, words: str
) -> None:
    with shared.http as http:
        answer = http.post("/api/deployments", json=asked("refused", "green", **more))

    assert answer.status_code == 422
    [problem] = answer.json()["problems"]
    assert problem["path"] == path
    assert words in problem["message"]
