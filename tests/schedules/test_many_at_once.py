"""Many requests at once: each endpoint takes them one after the other, and none waits for another endpoint's."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Any

import pytest

from local.cloud.arm.errors import ArmError
from orchestrations.policies import ABSENCE_PAUSE, NET
from tests.schedules.instances import Instance
from tests.schedules.online import UPDATING
from tests.schedules.records import OUTSIDER, Endpoint, endpoint_key
from tests.schedules.stage import Stage

# What a turn, an activity and the queue itself take, all together.
MOMENTS = timedelta(seconds=15)


class Crowd:
    """Endpoints of others that serve, changes of their traffic, and every refusal of Azure."""

    def __init__(self, stage: Stage, endpoints: int) -> None:
        stage.deploys("blue", access={})
        self.stage, self.refused = stage, Counter[int]()
        self.names = [f"e{number:02}" for number in range(endpoints)]
        stage.azure.caller = OUTSIDER
        for name in self.names:
            stage.azure.endpoints[name] = _another(stage.azure.endpoints["north"], name)
            stage.azure.act("put", endpoint_key(name))
        self.began = stage.hub.now
        stage.hub.operated.clear()
        answer = stage.azure.answer

        def watched(*asked: Any) -> Any:
            try:
                return answer(*asked)
            except ArmError as error:
                self.refused[error.status] += 1
                raise

        vars(stage.azure)["answer"] = watched

    def asks(self, count: int) -> list[Instance]:
        """So many changes at one moment, for the endpoints in turn; each changes what the one before it has made."""
        asked = []
        for number in range(count):
            shares = {"blue": 100} if number // len(self.names) % 2 else {}
            self.stage.hub.now = self.began + timedelta(microseconds=number)
            endpoint = self.names[number % len(self.names)]
            asked.append(self.stage.operates("change_traffic", {"traffic": shares}, endpoint=endpoint))
        return asked

    def wrote(self, name: str) -> list[str]:
        """Who wrote to an endpoint, in order."""
        acts = [act for act in self.stage.azure.acts if act.key == endpoint_key(name).lower() and act.by != OUTSIDER]
        return [by for by, _ in groupby(act.by for act in acts)]

    def first_writes(self) -> list[timedelta]:
        """How long after the beginning each endpoint was written to first."""
        acts = [act for act in self.stage.azure.acts if act.by.startswith("op-")]
        first = {act.key: act.moment - self.began for act in reversed(acts)}
        return [*first.values()]


def _another(endpoint: Endpoint, name: str) -> Endpoint:
    another = replace(deepcopy(endpoint), name=name)
    for document in (another.body, another.deployments["blue"].body):
        document["tags"] = {}
    return another


@pytest.mark.parametrize(("count", "endpoints"), [(50, 1), (200, 20)])
def test_they_write_in_order_of_acceptance_and_none_is_lost(stage: Stage, count: int, endpoints: int) -> None:
    """Whoever comes to a free queue first begins, whenever it was accepted; all others follow in order."""
    crowd = Crowd(stage, endpoints)
    asked = crowd.asks(count)

    assert stage.rests() == []
    assert {one.status for one in asked} == {"Completed"}
    assert not crowd.refused
    for number, name in enumerate(crowd.names):
        own = asked[number::endpoints]
        in_turn = sorted(own, key=lambda one: one.ended or crowd.began)
        assert in_turn[1:] == [one for one in own if one is not in_turn[0]]
        wrote = crowd.wrote(name)
        assert wrote == [one.id for one in in_turn if one.id in wrote]
        assert len(wrote) >= len(own) - 2
    assert len(crowd.first_writes()) == endpoints
    assert max(crowd.first_writes()) < timedelta(seconds=UPDATING)
    # Besides entering and leaving: woken once, and one look for each interval of the net that it waits.
    waited = sum((one.ended - crowd.began) // NET for one in asked if one.ended)
    assert (stage.hub.operated["enter"], stage.hub.operated["leave"]) == (count, count)
    assert stage.hub.operated["look"] <= count + waited


@pytest.mark.parametrize("dies_after", [2, 20, 66])
def test_an_owner_that_crashed_delays_the_next_by_one_net_interval_at_most(stage: Stage, dies_after: int) -> None:
    """No guard looks here: whoever waits carries the owner on, which goes on and leaves."""
    crowd, delays = Crowd(stage, 1), []
    asked, again = crowd.asks(3), stage.hub.begin_again

    def begin_again(instance: Instance, given: Any) -> None:
        assert instance.ended
        delays.append(stage.hub.now - instance.ended)
        again(instance, given)

    vars(stage.hub)["begin_again"] = begin_again
    stage.hub.after(dies_after, lambda: stage.hub.kill_worker(1, "change_traffic"))

    assert stage.rests() == []
    assert {one.status for one in asked} == {"Completed"}
    [delay] = delays
    assert delay <= NET + MOMENTS


def test_an_owner_that_the_task_hub_has_lost_is_evicted(stage: Stage) -> None:
    crowd = Crowd(stage, 1)
    [owner] = crowd.asks(1)
    stage.hub.after(20, lambda: stage.hub.terminate(owner))
    stage.hub.after(20, lambda: stage.hub.instances.pop(owner.id))
    following = stage.operates("change_traffic", {"traffic": {}}, endpoint="e00")
    stage.hub.run()

    assert following.status == "Completed"
    assert following.ended
    assert following.ended - crowd.began <= NET + ABSENCE_PAUSE + timedelta(seconds=120)
