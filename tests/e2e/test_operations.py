"""The life of an endpoint after its first deployment: releases, rollback, traffic, teardown, changes in place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.stack import TERMINAL, LocalStack
from tests import samples
from tests.e2e import reading

ANSWERS = {"1": 17, "2": 20}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One stack for the module: every test has endpoints of its own."""
    with LocalStack(tmp_path_factory.mktemp("operations")) as started:
        samples.register_all(started)
        samples.register_model(started, version="2", weights=(1, 2, 4))
        yield started


def deploy(stack: LocalStack, endpoint: str, deployment: str, version: str = "1", **more: Any) -> dict[str, Any]:
    body = samples.request(
        endpoint=endpoint,
        deployment=deployment,
        model=f"azureml:credit-risk:{version}",
        expect={"json": [ANSWERS[version]]},
        access={},
    )
    status = stack.deploy(body | more)
    assert status["status"] == "Succeeded", status
    return status


def operate(stack: LocalStack, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
    """The last status of an operation on an endpoint."""
    with stack.http as http:
        accepted = http.request(method, f"/api/endpoints/{path}", json=body, **more)
    assert accepted.status_code == 202, accepted.text
    location = accepted.headers["Location"]
    assert location == accepted.json()["links"]["self"]
    return ended(stack, location)


def ended(stack: LocalStack, location: str) -> dict[str, Any]:
    def status() -> dict[str, Any] | None:
        told = told_at(stack, location)
        return told if told["status"] in TERMINAL else None

    last: dict[str, Any] = stack.until(status, seconds=120)
    return last


def told_at(stack: LocalStack, path: str) -> Any:
    with stack.http as http:
        return http.get(path).raise_for_status().json()


def releases(stack: LocalStack, endpoint: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = told_at(stack, f"/api/endpoints/{endpoint}/releases")["releases"]
    return found


def took(status: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(status["updated"]) - datetime.fromisoformat(status["created"])


class Load:
    """Requests to an endpoint without a pause, as an application sends them; a context manager."""

    def __init__(self, stack: LocalStack, endpoint: str) -> None:
        endpoints = stack.developer().online_endpoints
        self._uri = str(endpoints.get(endpoint).scoring_uri)
        self._key = endpoints.get_keys(endpoint).primary_key
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self.answers: list[tuple[int, str]] = []

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _send(self) -> None:
        import requests

        with requests.Session() as session:
            while not self._over.is_set():
                answer = session.post(
                    self._uri,
                    json={"data": [samples.ROW]},
                    headers={"Authorization": f"Bearer {self._key}"},
                    timeout=30,
                )
                self.answers.append((answer.status_code, answer.headers.get("azureml-model-deployment", "")))


def test_a_rollback_is_one_traffic_write_that_no_caller_notices(shared: LocalStack) -> None:
    first = deploy(shared, "goes-back", "blue")
    deploy(shared, "goes-back", "green", "2")
    written = len(reading.changes(shared))

    with Load(shared, "goes-back") as load:
        shared.until(lambda: load.answers)
        status = operate(shared, "POST", "goes-back/rollback", {})
        shared.until(lambda: load.answers[-1][1] == "blue")

    assert status["status"] == "Succeeded", status
    assert (status["kind"], status["result"]["release"]) == ("rollback", 1)
    assert status["result"]["answers"] == {"blue": [17]}
    assert reading.changes(shared)[written:] == [f"PUT {reading.ENDPOINT_WRITE}"]
    assert took(status) < timedelta(minutes=2)
    assert {code for code, _ in load.answers} == {200}
    assert [name for _, name in load.answers] == sorted((name for _, name in load.answers), reverse=True)
    newest, second, oldest = releases(shared, "goes-back")
    assert [one["number"] for one in (newest, second, oldest)] == [3, 2, 1]
    assert (oldest["run"], oldest["verdict"], oldest["traffic"]) == (first["id"], "passed", {"blue": 100})
    assert (newest["restores"], newest["traffic_before"], newest["traffic"]) == (1, {"green": 100}, {"blue": 100})
    assert newest["serving"] == oldest["serving"]
    assert newest["serving"][0]["model"].endswith("/models/credit-risk/versions/1")
    # The release before the first one is none.
    again = operate(shared, "POST", "goes-back/rollback", {"to": "previous"})
    assert again["error"]["code"] == "ReleaseNotFound"
    assert "it can go back to 2, 1" in again["error"]["message"]


def test_a_release_whose_deployment_is_gone_is_deployed_again_and_keeps_keys_and_address(shared: LocalStack) -> None:
    deploy(shared, "made-again", "blue")
    deploy(shared, "made-again", "green", "2")
    endpoints = shared.developer().online_endpoints
    before = endpoints.get("made-again").scoring_uri, endpoints.get_keys("made-again").primary_key
    shared.developer().online_deployments.begin_delete("blue", "made-again").wait()

    status = operate(shared, "POST", "made-again/rollback", {"to": 1})

    assert status["status"] == "Succeeded", status
    assert status["result"]["made_again"] == {"blue": releases(shared, "made-again")[2]["run"]}
    assert reading.traffic(shared, "made-again") == {"blue": 100}
    assert (endpoints.get("made-again").scoring_uri, endpoints.get_keys("made-again").primary_key) == before
    # What was made again is of that release too, though another run has made it.
    deploy(shared, "made-again", "third", "2")
    back = operate(shared, "POST", "made-again/rollback", {"to": 3})
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

    status = operate(shared, "POST", "answers-otherwise/rollback", {})

    assert [one.status_code for one in refused] == [422, 422, 422]
    assert (status["status"], status["error"]["step"]) == ("Failed", "smoke_test")
    assert reading.traffic(shared, "answers-otherwise") == {"green": 100}
    assert len(releases(shared, "answers-otherwise")) == 2
