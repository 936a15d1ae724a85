"""One writer for each endpoint: requests take turns, wait, are refused, are replaced, and can be canceled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from local.stack import LocalStack
from tests import samples
from tests.e2e import reading


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """One stack for the module: every test has endpoints of its own."""
    with LocalStack(tmp_path_factory.mktemp("queue")) as started:
        samples.register_all(started)
        yield started


def asked(stack: LocalStack, *bodies: dict[str, Any]) -> list[str]:
    """The ids of requests that are sent at the same moment."""
    with stack.clock.busy():
        return [str(stack.post(body)["id"]) for body in bodies]


def request(endpoint: str, deployment: str = "blue", **more: Any) -> dict[str, Any]:
    return samples.request(endpoint=endpoint, deployment=deployment, access={}) | more


def step_of_the_first(stack: LocalStack, name: str) -> Callable[[list[str]], bool]:
    """Whether the first of some runs has come to a step."""
    return lambda ids: name in [step["name"] for step in stack.status(ids[0])["steps"]]


def begun(status: dict[str, Any], step: str) -> datetime:
    return datetime.fromisoformat(reading.step(status, step)["started"])


def test_requests_for_one_endpoint_take_turns_in_the_order_of_their_arrival(shared: LocalStack) -> None:
    ids = asked(shared, *(request("in-line", f"number-{n}") for n in range(5)), request("another-one"))

    *statuses, other = [shared.wait(one) for one in ids]

    assert {status["status"] for status in (*statuses, other)} == {"Succeeded"}
    assert [status["updated"] for status in statuses] == sorted(status["updated"] for status in statuses)
    for before, after in pairwise(statuses):
        assert begun(after, "plan_deployment") >= datetime.fromisoformat(reading.step(before, "read_back")["ended"])
    # Endpoints do not wait for each other.
    assert begun(other, "plan_deployment") - begun(statuses[0], "plan_deployment") < timedelta(minutes=1)
    assert reading.traffic(shared, "in-line") == {"number-4": 100}


def test_who_does_not_want_to_wait_is_refused(shared: LocalStack) -> None:
    first, second = asked(shared, request("occupied"), request("occupied", "green", when_busy="reject"))

    error = shared.wait(second)["error"]

    assert (error["code"], error["step"]) == ("EndpointInUse", "wait_for_turn")
    assert first in error["message"]
    assert shared.wait(first)["status"] == "Succeeded"


def test_who_supersedes_replaces_those_that_wait_and_not_the_one_that_runs(shared: LocalStack) -> None:
    ids = asked(
        shared,
        request("replaced", "first"),
        request("replaced", "second"),
        request("replaced", "third"),
        request("replaced", "last", when_busy="supersede"),
    )

    first, second, third, last = [shared.wait(one) for one in ids]

    assert [first["status"], last["status"]] == ["Succeeded", "Succeeded"]
    for status in (second, third):
        assert status["error"]["code"] == "Superseded"
        assert last["id"] in status["error"]["message"]
    assert reading.traffic(shared, "replaced") == {"last": 100}


def test_one_that_allows_it_is_canceled_by_who_supersedes(shared: LocalStack) -> None:
    first = request("interrupted", "first", interruptible=True)
    with shared.standing(lambda: asked(shared, first), step_of_the_first(shared, "begin_deployment")) as [running]:
        [superseding] = asked(shared, request("interrupted", "last", when_busy="supersede"))

    status, last = shared.wait(running), shared.wait(superseding)
    assert (status["status"], status["error"]["code"]) == ("Canceled", "Canceled")
    assert last["id"] in status["error"]["message"]
    assert last["status"] == "Succeeded"
    assert reading.deployments(shared, "interrupted") == {"last": "Succeeded"}


def test_a_run_can_be_canceled_while_azure_works_for_it_and_while_it_waits(shared: LocalStack) -> None:
    bodies = [request("canceled", name) for name in ("first", "second", "third")]
    with shared.standing(lambda: asked(shared, *bodies), step_of_the_first(shared, "deployment_provisioned")) as ids:
        running, waiting, last = ids
        places = [reading.step(shared.status(one), "wait_for_turn") for one in (waiting, last)]
        with shared.http as http:
            answers = [http.post(f"/api/deployments/{one}/cancel") for one in (waiting, running)]
            unknown = http.post("/api/deployments/dep-0/cancel")
    statuses = [shared.wait(one) for one in (running, waiting, last)]
    with shared.http as http:
        again = http.post(f"/api/deployments/{running}/cancel")

    assert [place["state"] for place in places] == ["waiting", "waiting"]
    assert [place["detail"] for place in places] == [
        f"number 1 in line: {running} writes to the endpoint",
        f"number 2 in line: {running} writes to the endpoint, after {waiting}",
    ]
    assert [one.status_code for one in (*answers, unknown, again)] == [202, 202, 404, 200]
    assert [status["status"] for status in statuses] == ["Canceled", "Canceled", "Succeeded"]
    assert reading.fates(statuses[0])["deployment first"] == "undone"
    assert reading.deployments(shared, "canceled") == {"third": "Succeeded"}


def test_an_owner_that_is_terminated_is_undone_and_holds_nobody_up_for_long(shared: LocalStack) -> None:
    bodies = [request("terminated"), request("terminated", "green")]
    with shared.standing(lambda: asked(shared, *bodies), step_of_the_first(shared, "begin_deployment")) as ids:
        owner, waiting = ids
        with shared.http as http:
            ended = http.post(f"/runtime/webhooks/durabletask/instances/{owner}/terminate", params={"reason": "enough"})
        assert ended.status_code == 202

    assert shared.wait(waiting)["status"] == "Succeeded"
    shared.until(lambda: shared.status(owner)["status"] == "Canceled" and shared.status(owner).get("error"))
    assert reading.deployments(shared, "terminated") == {"green": "Succeeded"}
