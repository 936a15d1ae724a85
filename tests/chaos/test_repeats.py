"""What is said more than once is done once: requests by their key, events by the version they are about."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.cloud.world import WORKSPACE_ID
from local.stack import LocalStack
from tests.chaos import scene
from tests.chaos.registrations import Registrations
from tests.chaos.rehearsal import KEY, Rehearsal

AT_ONCE = 20
TIMES = 5


@pytest.fixture
def stack(rehearsal: Rehearsal) -> LocalStack:
    rehearsal.begin()
    rehearsal.start_host()
    return rehearsal.stack


@pytest.fixture
def disorder(stack: LocalStack) -> Iterator[None]:
    events = stack.cloud.events
    events.deliver_times = TIMES
    yield
    events.deliver_times = 1
    events.shuffle(None)


def test_one_request_sent_twenty_times_at_once_is_one_deployment(rehearsal: Rehearsal) -> None:
    alone = rehearsal.run(scene.request())
    written_alone = scene.writes(rehearsal.stack.cloud)
    rehearsal.begin()
    rehearsal.start_host()
    stack = rehearsal.stack

    with ThreadPoolExecutor(AT_ONCE) as clients:
        accepted = list(clients.map(lambda _: stack.post(scene.request(), key=KEY), range(AT_ONCE)))
    [instance] = {status["id"] for status in accepted}
    ended = stack.wait(instance)

    with stack.http as http:
        listed = http.get("/api/deployments").json()["deployments"]
    assert [status["id"] for status in listed] == [instance]
    assert scene.ending(stack.cloud, ended) == alone
    assert scene.writes(stack.cloud) == written_alone


def test_a_request_repeated_after_it_ended_is_answered_with_its_end(stack: LocalStack) -> None:
    ended = stack.deploy(scene.request(), key=KEY)
    written = scene.writes(stack.cloud)

    again = stack.post(scene.request(), key=KEY)

    assert (again["id"], again["status"], again["result"]) == (ended["id"], "Succeeded", ended["result"])
    assert scene.writes(stack.cloud) == written


# With these seeds version 2's first event arrives before, and after, version 1's first.
@pytest.mark.parametrize(("seed", "first"), [(1, "2"), (2, "1"), (3, "2")])
@pytest.mark.usefixtures("disorder")
def test_events_repeated_and_out_of_order_are_one_deployment_of_the_newest(
    rehearsal: Rehearsal, seed: int, first: str
) -> None:
    stack, registrations = rehearsal.stack, Registrations(rehearsal)
    stack.cloud.events.shuffle(seed)

    registrations.register("1", "2")
    outcomes = registrations.outcomes()

    delivered = [record.subject for record in stack.cloud.events.deliveries()]
    assert sorted(delivered) == ["models/credit-risk:1"] * TIMES + ["models/credit-risk:2"] * TIMES
    assert delivered[0] == f"models/credit-risk:{first}"
    assert {version: event["outcome"] for version, event in outcomes.items()} == {"1": "superseded", "2": "deployed"}
    assert outcomes["1"]["reasons"] == ["credit-risk: superseded, the newest version is 2"]
    [endpoint] = scene.cloud_state(stack.cloud)["endpoints"]
    assert [deployment[0] for deployment in endpoint["deployments"]] == ["version-2"]
    assert endpoint["traffic"] == {"version-2": 100}
    with stack.http as http:
        assert len(http.get("/api/deployments").json()["deployments"]) == 1


def test_an_event_that_comes_again_after_its_deployment_changes_nothing(
    stack: LocalStack, rehearsal: Rehearsal
) -> None:
    registrations = Registrations(rehearsal)
    registrations.register("1")
    ended, written = registrations.ending("1"), scene.writes(stack.cloud)

    stack.cloud.events.model_registered(WORKSPACE_ID, "credit-risk", "1")
    stack.until(lambda: len(stack.cloud.events.deliveries()) == 2)

    assert registrations.ending("1") == ended
    assert scene.writes(stack.cloud) == written
