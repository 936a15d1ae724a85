"""The whole log of a failed deployment: kept, without secrets, where it can be had when the deployment is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from activities.envelope import OUTPUT_LIMIT_BYTES
from contracts.container_log import LOG_LIMIT_BYTES
from local.cloud import world
from local.cloud.faults import Fault
from local.cloud.hosts import blob_url
from local.stack import LocalStack
from orchestrations.policies import KEEP_LOGS, PROGRESS_LIMIT_BYTES
from tests import samples
from tests.e2e import reading

STORAGE = blob_url(world.APP_STORAGE).removeprefix("https://")
NOTHING = "dep-ffffffffffffffffffffffffffffffff"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("logs")) as started:
        samples.register_all(started)
        samples.register_code(started, "init_prints_much")
        yield started


@pytest.fixture
def stack(shared: LocalStack) -> Iterator[LocalStack]:
    yield shared
    shared.cloud.faults.clear()


@pytest.fixture(scope="module")
def failed(shared: LocalStack) -> dict[str, Any]:
    """A deployment whose init() raised; it is gone."""
    status = shared.deploy(samples.request(endpoint="prints-much", code="azureml:init-prints-much:1"))
    assert status["error"]["code"] == "ScoringScriptFailed"
    assert reading.fates(status)["deployment blue"] == "undone"
    return status


@pytest.fixture(scope="module")
def serving(shared: LocalStack) -> dict[str, Any]:
    """A deployment that serves."""
    status = shared.deploy(samples.request(endpoint="serving"))
    assert status["status"] == "Succeeded"
    return status


def answer(stack: LocalStack, status: dict[str, Any], query: str = "", method: str = "GET") -> httpx.Response:
    with stack.http as http:
        return http.request(method, f"/api/deployments/{status['id']}/logs{query}")


def wrong(endpoint: str, **parts: Any) -> dict[str, Any]:
    """A request whose smoke test fails."""
    return samples.request(endpoint=endpoint, expect={"json": [0]}, **parts)


@contextmanager
def deleted(stack: LocalStack, endpoint: str) -> Iterator[None]:
    """Somebody has deleted the endpoint's deployments by hand; afterwards they are there again."""
    with stack.cloud.state.lock:
        [found] = [one for one in stack.cloud.state.endpoints.values() if one.name == endpoint]
        there, found.deployments = found.deployments, {}
    yield
    found.deployments = there


class TestOfADeploymentThatIsGone:
    def test_has_its_end_with_the_cause_and_no_secret(self, stack: LocalStack, failed: dict[str, Any]) -> None:
        told = answer(stack, failed)

        assert told.status_code == 200
        assert told.headers["content-type"] == "text/plain; charset=utf-8"
        assert LOG_LIMIT_BYTES * 0.99 < len(told.content) <= LOG_LIMIT_BYTES
        assert told.text.startswith("[What was written before this is left out")
        assert "epoch 0000" not in told.text
        assert "epoch 2999" in told.text
        assert "ValueError: weights do not fit the features" in told.text
        assert "AccountKey=[redacted]" in told.text
        assert "c" * 20 not in told.text

    def test_is_that_of_either_container(self, stack: LocalStack, failed: dict[str, Any]) -> None:
        told = answer(stack, failed, "?container=storage-initializer").text

        assert "Placed model credit-risk:1" in told
        assert "epoch" not in told
        assert answer(stack, failed, "?container=inference-server").text == answer(stack, failed).text

    def test_is_linked_from_the_status_and_named_after_the_instance(
        self, stack: LocalStack, failed: dict[str, Any]
    ) -> None:
        assert failed["links"]["logs"] == f"/api/deployments/{failed['id']}/logs"
        assert reading.step(failed, "keep_logs")["state"] == "succeeded"
        kept = stack.cloud.blobs.list(world.APP_STORAGE, world.LOG_CONTAINER, failed["id"])
        assert [blob.name for blob in kept] == [
            f"{failed['id']}/inference-server.log",
            f"{failed['id']}/storage-initializer.log",
        ]

    def test_never_goes_through_the_task_hub(self, stack: LocalStack, failed: dict[str, Any]) -> None:
        history = json.dumps(stack.history(failed["id"]))
        shown = [one["Result"] for one in stack.history(failed["id"]) if one.get("Result")]

        assert "epoch 29" not in history
        assert max(len(json.dumps(one)) for one in shown) <= OUTPUT_LIMIT_BYTES
        assert len(json.dumps(failed["error"])) + len(json.dumps(failed["steps"])) < PROGRESS_LIMIT_BYTES

    def test_has_a_head_and_refuses_what_it_does_not_know(self, stack: LocalStack, failed: dict[str, Any]) -> None:
        head = answer(stack, failed, method="HEAD")

        assert (head.status_code, head.content) == (200, b"")
        for query, path in (("?container=istio", "container"), ("?tail=5", "tail")):
            refused = answer(stack, failed, query)
            assert refused.status_code == 422
            assert refused.json()["problems"][0]["path"] == path

    def test_cannot_be_told_while_storage_is_away(self, stack: LocalStack, failed: dict[str, Any]) -> None:
        stack.cloud.faults.add(Fault(host=STORAGE, status=503))

        told = answer(stack, failed)

        assert (told.status_code, told.headers["content-type"]) == (503, "application/problem+json")
        assert told.headers["Retry-After"]
        assert answer(stack, failed).status_code == 200


def test_storage_that_is_away_costs_the_log_and_nothing_else(stack: LocalStack) -> None:
    stack.cloud.faults.add(Fault(method="PUT", host=STORAGE, status=503, times=None))

    status = stack.deploy(wrong("storage-away"))

    assert status["error"]["code"] == "WrongAnswer"
    assert reading.fates(status)["deployment blue"] == "undone"
    lost = reading.step(status, "keep_logs")
    assert (lost["state"], lost["detail"].split(":")[0]) == ("failed", "CloudUnavailable")
    waited = reading.ended(status, "keep_logs") - reading.began(status, "keep_logs")
    assert timedelta(seconds=10) < waited <= KEEP_LOGS.deadline + timedelta(seconds=30)
    assert "logs" not in status["links"]
    told = answer(stack, status)
    assert (told.status_code, told.json()["title"]) == (404, "No log")
    assert "CloudUnavailable" in told.json()["detail"]
    assert "on_failure: keep" in told.json()["detail"]


def test_without_the_right_to_keep_it_the_log_is_azures_as_long_as_the_deployment_is_there(stack: LocalStack) -> None:
    authorization = stack.cloud.authorization
    [own] = [one for one in authorization.assignments(world.APP.principal_id) if one.role.name.endswith("Data Owner")]
    authorization.remove(own.name)

    status = stack.deploy(wrong("no-right", on_failure="keep"))

    lost = reading.step(status, "keep_logs")
    assert (lost["state"], lost["attempts"]) == ("failed", 1)
    assert lost["detail"].startswith("MissingRight: Slipway's identity may not read and write https://slipwayapp.blob.")
    assert status["links"]["logs"] == f"/api/deployments/{status['id']}/logs"
    assert "POST /score 200" in answer(stack, status).text
    with deleted(stack, "no-right"):
        unknown = answer(stack, status)
        authorization.seed(world.APP.principal_id, own.role.name, own.scope)
        gone = answer(stack, status)
    assert (unknown.status_code, unknown.json()["title"]) == (503, "Azure unavailable")
    assert (gone.status_code, gone.json()["title"]) == (404, "No log")


def test_of_a_deployment_that_serves_it_is_azures(stack: LocalStack, serving: dict[str, Any]) -> None:
    assert "keep_logs" not in {step["name"] for step in serving["steps"]}
    assert "POST /score 200" in answer(stack, {"id": serving["links"]["logs"].split("/")[3]}).text


def test_of_a_deployment_that_was_found_and_failed_it_is_kept_too(stack: LocalStack, serving: dict[str, Any]) -> None:
    status = stack.deploy(wrong("serving"))

    assert status["error"]["code"] == "WrongAnswer"
    assert [entry["how"] for entry in status["ledger"] if entry["kind"] == "deployment"] == ["found"]
    with deleted(stack, "serving"):
        assert "POST /score 200" in answer(stack, status).text


def test_a_run_that_made_no_deployment_has_none(stack: LocalStack) -> None:
    status = stack.deploy(samples.request(model="azureml:nobody-knows:1"))

    assert "logs" not in status["links"]
    told = answer(stack, status)
    assert (told.status_code, told.json()["title"]) == (404, "No log")
    assert "no container was started" in told.json()["detail"]
    assert answer(stack, {"id": NOTHING}).json()["title"] == "No such deployment"
