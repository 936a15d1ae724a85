"""The worker dies in a turn or an activity, as on Microsoft's own host; the guard carries on what that ended."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.host.worker_faults import Moment, WorkerFault
from local.stack import TERMINAL, LocalStack
from tests import samples
from tests.chaos import scene


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("worker"), **scene.CLOUD) as started:
        yield started


@pytest.fixture
def stack(shared: LocalStack) -> Iterator[LocalStack]:
    shared.cloud.reset()
    scene.put_files(shared.cloud)
    yield shared
    shared.cloud.faults.clear()


ACTIVITIES = ("grant_roles", "begin_deployment", "shift_traffic")


def kill(stack: LocalStack, moment: Moment = Moment.BEFORE, **which: Any) -> WorkerFault:
    return stack.host.worker_faults.add(WorkerFault(moment, **which))


def ended(stack: LocalStack, body: dict[str, Any]) -> dict[str, Any]:
    """The status once nothing carries the deployment on any more; calls that die with the worker are made again."""
    key = uuid.uuid4().hex

    def settled() -> dict[str, Any] | None:
        try:
            accepted = stack.post(body, key=key)["id"]
            # Each call is a call of the worker, and costs as much as a step of the deployment does.
            stack.host.wait_for(accepted)
            status = stack.status(accepted)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 500:  # whatever else is answered, no worker's death explains it
                raise
            return None
        platform = status.get("error", {}).get("code") == "OrchestrationCrashed"
        return status if status["status"] in TERMINAL and not platform else None

    found: dict[str, Any] = stack.until(settled)
    return found


@pytest.fixture(scope="module")
def undisturbed(shared: LocalStack) -> dict[str, Any]:
    shared.cloud.reset()
    scene.put_files(shared.cloud)
    return scene.ending(shared.cloud, ended(shared, scene.request()))


@pytest.mark.parametrize("nth", [1, 9, 15])
@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.AFTER])
def test_a_worker_that_dies_in_a_turn_loses_nothing(
    stack: LocalStack, undisturbed: dict[str, Any], nth: int, moment: Moment
) -> None:
    fault = kill(stack, moment, kind="orchestrator", function="deploy", nth=nth)

    status = ended(stack, scene.request())

    assert fault.seen >= fault.nth
    assert scene.ending(stack.cloud, status) == undisturbed


def test_a_worker_that_dies_in_the_last_turn_of_a_run_makes_nobody_write_again(
    stack: LocalStack, undisturbed: dict[str, Any]
) -> None:
    counted = kill(stack, kind="orchestrator", function="deploy", nth=10_000)
    ended(stack, scene.request())
    last, written = counted.seen, len(scene.writes(stack.cloud))
    stack.cloud.reset()
    scene.put_files(stack.cloud)
    fault = kill(stack, kind="orchestrator", function="deploy", nth=last)

    status = ended(stack, scene.request())

    # It leaves its queue once more, and answers.
    assert fault.seen == last + 2
    assert scene.ending(stack.cloud, status) == undisturbed
    assert len(scene.writes(stack.cloud)) == written


@pytest.mark.parametrize("nth", [2])
def test_a_worker_that_dies_in_the_turn_of_a_watch_loses_nothing(
    stack: LocalStack, undisturbed: dict[str, Any], nth: int
) -> None:
    fault = kill(stack, kind="orchestrator", function="watch", nth=nth)

    assert scene.ending(stack.cloud, ended(stack, scene.request())) == undisturbed
    assert fault.seen >= fault.nth


@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.AFTER])
@pytest.mark.parametrize(
    "activity", ["plan_deployment", "grant_roles", "begin_deployment", "shift_traffic", "read_back"]
)
def test_a_worker_that_dies_in_an_activity_loses_nothing(
    stack: LocalStack, undisturbed: dict[str, Any], activity: str, moment: Moment
) -> None:
    fault = kill(stack, moment, kind="activity", function=activity)

    assert scene.ending(stack.cloud, ended(stack, scene.request())) == undisturbed
    assert fault.seen >= fault.nth


@pytest.mark.parametrize("nth", [12, 13])
def test_a_worker_that_dies_while_undoing_leaves_nothing_half_undone(stack: LocalStack, nth: int) -> None:
    body = scene.request() | {"smoke_test": samples.request(expect={"json": [18]})["smoke_test"]}
    fault = kill(stack, kind="orchestrator", function="deploy", nth=nth)

    status = ended(stack, body)

    assert fault.seen >= fault.nth
    assert status["error"]["code"] == "WrongAnswer"
    assert {entry["kind"]: entry["fate"] for entry in status["ledger"]}["deployment"] == "undone"
    [endpoint] = scene.cloud_state(stack.cloud)["endpoints"]
    assert endpoint["deployments"] == []


def test_an_instance_that_the_platform_ends_again_and_again_is_undone_and_says_why(stack: LocalStack) -> None:
    for time in range(1, 6):
        kill(stack, kind="orchestrator", function="deploy", nth=11 * time)

    status = ended(stack, scene.request())

    assert status["error"]["code"] == "WorkerLost"
    assert [entry["fate"] for entry in status["ledger"] if entry["kind"] == "deployment"] in ([], ["undone"])
