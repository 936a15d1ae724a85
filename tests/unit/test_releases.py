"""The releases of an endpoint, as its entity keeps them; and what a change of traffic may say."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from activities.envelope import OUTPUT_LIMIT_BYTES
from contracts.problems import RequestProblems, read_request
from contracts.queue import Asker, EndpointQueue, RunRef
from contracts.releases import Release, TargetOrder
from contracts.retiring import SupersededDeployments
from contracts.rollback import RollbackRequest, another_name
from contracts.traffic import TrafficRequest, beyond_chance
from contracts.updates import UpdateRequest
from orchestrations.endpoint_queue import OPERATIONS
from orchestrations.release_log import LEAST_RELEASES, MOST_RELEASES, chosen, superseded
from orchestrations.teardown import without
from tests.replay.operations import released
from tests.replay.scripted import BEGIN
from tests.unit.test_endpoint_queue import asker


def left(queue: EndpointQueue, release: Release) -> EndpointQueue:
    changed, _ = OPERATIONS["leave"](queue, RunRef(id=release.run, release=release).to_wire())
    return EndpointQueue.from_wire(changed.to_wire())


def test_releases_are_counted_and_bounded_and_a_run_corrects_its_own() -> None:
    queue = EndpointQueue()
    for number in range(MOST_RELEASES + 2):
        queue = left(queue, released(0, "blue", run=f"dep-{number}"))
    queue = left(queue, released(0, "blue", run="dep-30", outcome="broken"))

    assert [one.number for one in queue.releases] == [*range(MOST_RELEASES + 2, 2, -1)]
    assert next(one for one in queue.releases if one.run == "dep-30").outcome == "broken"


def test_releases_of_twenty_deployments_are_fewer_and_never_only_one() -> None:
    twenty = [{"deployment": f"deployment-{number}", "environment": "e" * 100} for number in range(20)]
    wordy = [{**one, "model": "m" * 500, "code": "c" * 500} for one in twenty]
    kept = []
    for serving in (twenty, wordy):
        queue = EndpointQueue()
        for number in range(MOST_RELEASES):
            queue = left(queue, released(0, "blue", run=f"dep-{number}", serving=serving))
        kept.append([one.number for one in queue.releases])
        assert chosen(queue.releases, TargetOrder(endpoint="e")).release

    assert [numbers[0] for numbers in kept] == [MOST_RELEASES] * 2
    assert 5 < len(kept[0]) < MOST_RELEASES
    assert len(kept[1]) == LEAST_RELEASES


def test_who_supersedes_those_that_wait_leaves_the_releases() -> None:
    queue = left(EndpointQueue(), released(1, "blue"))
    for one in (asker("owner"), asker("waits", 1), asker("last", 2, when_busy="supersede")):
        queue = entered(queue, one)

    assert [one.id for one in queue.askers] == ["owner", "last"]
    assert len(queue.releases) == 1


def entered(queue: EndpointQueue, one: Asker) -> EndpointQueue:
    changed, _ = OPERATIONS["enter"](queue, one.to_wire())
    return EndpointQueue.from_wire(changed.to_wire())


@pytest.mark.parametrize(
    ("kind", "expiry", "expires"),
    [("deploy", None, None), ("deploy", "op-2", "op-2"), ("rollback", None, "op-1"), ("delete_endpoint", None, None)],
)
def test_the_newest_deployment_says_when_the_endpoint_goes(kind: str, expiry: str | None, expires: str | None) -> None:
    queue = EndpointQueue(expires="op-1")
    release = released(0, "blue", kind=kind)
    changed, _ = OPERATIONS["leave"](queue, RunRef(id=release.run, release=release, expiry=expiry).to_wire())

    assert EndpointQueue.from_wire(changed.to_wire()).expires == expires
    undone = RunRef(id="dep-2", release=released(0, "blue", outcome="undone"))
    assert EndpointQueue.from_wire(OPERATIONS["leave"](queue, undone.to_wire())[0].to_wire()).expires == "op-1"


@pytest.mark.parametrize("release", [None, released(0, "blue", run="first")])
def test_who_leaves_twice_says_once_when_the_endpoint_goes(release: Release | None) -> None:
    """Also who has changed nothing of what serves: between its leaving, another run has decided otherwise."""
    first = RunRef(id="first", release=release, expiry="op-1")
    queue = entered(EndpointQueue(), asker("first"))
    decided = []
    for run in (first, RunRef(id="second", release=released(0, "green", run="second")), first):
        changed, _ = OPERATIONS["leave"](queue, run.to_wire())
        queue = EndpointQueue.from_wire(changed.to_wire())
        decided.append(queue.expires)

    assert decided == ["op-1", None, None]


HISTORY = [
    released(6, "third"),
    released(5, "blue", restores=1),
    released(4, "fourth", outcome="undone"),
    released(3, "third", serving=[]),
    released(2, "green"),
    released(1, "blue"),
]


@pytest.mark.parametrize(
    ("newest", "wanted", "found"),
    [
        (6, None, 5),
        (5, None, None),
        (3, None, 2),
        (2, None, 1),
        (6, 2, 2),
        (6, 4, None),
        (6, 3, None),
        (6, 9, None),
        (0, None, None),
    ],
    ids=[
        "before a deployment",
        "twice back",
        "nothing serves now",
        "one back",
        "by number",
        "undone",
        "nothing served",
        "none",
        "empty",
    ],
)
def test_the_release_that_is_meant(newest: int, wanted: int | None, found: int | None) -> None:
    releases = [one for one in HISTORY if one.number <= newest]
    queue = EndpointQueue(releases=releases)
    asked = TargetOrder(endpoint="e", number=wanted)
    _, answer = OPERATIONS["choose"](queue, asked.to_wire())

    target = chosen(releases, asked)
    assert answer == target
    assert (target.release.number if target.release else None) == found


def test_before_what_broke_is_the_last_that_was_live() -> None:
    broken = released(7, "fifth", outcome="broken", serving=[])

    target = chosen([broken, *HISTORY], TargetOrder(endpoint="e"))

    assert target.release is not None
    assert (target.release.number, target.serving) == (6, 7)


def test_a_rollback_that_asks_again_means_what_it_meant_before() -> None:
    own = HISTORY[1]

    assert chosen(HISTORY[1:], TargetOrder(endpoint="e", run=own.run)) == chosen(HISTORY[2:], TargetOrder(endpoint="e"))


@pytest.mark.parametrize(
    ("newest", "before", "found"),
    [
        (6, BEGIN, [("blue", True), ("green", True)]),
        (5, BEGIN, [("green", True)]),
        (2, BEGIN - timedelta(seconds=1), [("blue", False)]),
        (1, BEGIN, []),
        (0, BEGIN, []),
    ],
    ids=["one deployed", "rolled back", "too early", "only one", "none"],
)
def test_what_served_before(newest: int, before: datetime, found: list[tuple[str, bool]]) -> None:
    served = superseded([one for one in HISTORY if one.number <= newest], before)

    assert [(one.deployment, one.due) for one in served] == found


def test_what_a_rollback_goes_back_to_is_the_last_to_go_and_others_things_never_go() -> None:
    releases = [
        released(4, "green", restores=2),
        released(3, "third", serving=[{"deployment": "theirs"}, {"deployment": "third", "run": "dep-3"}]),
        released(2, "green"),
        released(1, "blue"),
    ]

    assert [one.deployment for one in superseded(releases, BEGIN)] == ["blue", "third"]
    names = [[f"deployment-{number:019}{letter}" for letter in "ab"] for number in range(MOST_RELEASES, 0, -1)]
    pins = [[{"deployment": one, "run": f"dep-{1:032x}"} for one in both] for both in names]
    many = [released(MOST_RELEASES - place, "blue", serving=serving) for place, serving in enumerate(pins)]
    found = superseded(many, BEGIN)
    assert [one.deployment for one in found[:2]] == names[1]
    assert len(json.dumps(SupersededDeployments(deployments=found).to_wire())) < OUTPUT_LIMIT_BYTES


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"blue": 90, "green": 5}, "add up to 100, or to 0, not 95"),
        ({}, "name deployments"),
        ({"blue": 100, "mirror_traffic": {"green": 60}}, "50"),
        ({"blue": 100, "mirror_traffic": {"green": 5, "third": 5}}, "1"),
        ({"v2": 100}, "3 to 32"),
        ({"traffic": {"blue": 100}, "green": 0}, "no such field"),
        ({"blue": 100, "BLUE": 0}, "blue stands here twice"),
        ({"blue": 100, "mirror_traffic": {"green": 5, "Green": 10}}, "green stands here twice"),
    ],
)
def test_a_change_of_traffic_that_cannot_be_is_refused(body: Any, says: str) -> None:
    with pytest.raises(RequestProblems) as refused:
        read_request(body, TrafficRequest)

    assert says in str(refused.value)


def test_shares_may_stand_by_themselves() -> None:
    flat = read_request({"Blue": "90", "green": 10, "when_busy": "reject"}, TrafficRequest)

    assert flat == read_request({"traffic": {"blue": 90, "green": 10}, "when_busy": "reject"}, TrafficRequest)
    assert read_request({"blue": 0}, TrafficRequest).traffic == {"blue": 0}


@pytest.mark.parametrize(("body", "to"), [({}, "previous"), ({"to": "3"}, 3), ({"to": 2}, 2)])
def test_a_rollback_names_a_release(body: Any, to: Any) -> None:
    assert read_request(body, RollbackRequest).to == to


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"instance_count": 2, "model": "azureml:m:2"}, "in a request of its own"),
        ({"in_place": True}, "name what is to change"),
        ({"instance_count": 2, "environment_variables": {"A": "b"}}, "in a request of its own"),
        ({"environment_variables": {"DB_PASSWORD": "hunter2"}}, "write a reference, ${{azureml://connections/"),
        ({"tags": {"Slipway-Instance": None}}, "Slipway knows its deployments by slipway-instance: leave that out"),
        ({"tags": {"owner": "x" * 257}}, "256"),
        ({"tags": {"Owner": "a", "owner": None}}, "owner stands here twice: names have no case"),
        ({"description": "password=hunter2hunter2"}, "looks like a password"),
        ({"code_configuration": {}}, "name code, scoring_script, or both"),
        ({"code_configuration": {"code": "./src"}}, "name a registered asset"),
        ({"instance_type": "Standard_DS3_v2"}, "no such field"),
    ],
)
def test_a_change_in_place_is_of_one_kind(body: Any, says: str) -> None:
    with pytest.raises(RequestProblems) as refused:
        read_request(body, UpdateRequest)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("answered", "traffic", "fits"),
    [
        ({"blue": 80}, {"blue": 100}, True),
        ({"blue": 79, "green": 1}, {"blue": 100}, False),
        ({"blue": 71, "green": 9}, {"blue": 90, "green": 10}, True),
        ({"blue": 80}, {"blue": 90, "green": 10}, False),
        ({"blue": 80}, {"blue": 99, "green": 1}, True),
        ({"blue": 40, "green": 40}, {"blue": 90, "green": 10}, False),
        ({}, {"blue": 100}, True),
    ],
)
def test_shares_within_what_chance_allows(answered: dict[str, int], traffic: dict[str, int], fits: bool) -> None:
    assert (beyond_chance(answered, traffic) is None) == fits


@pytest.mark.parametrize(
    ("traffic", "left_over"),
    [
        ({"blue": 40, "green": 60}, {"green": 100}),
        ({"blue": 40, "one": 20, "two": 20, "three": 20}, {"one": 34, "three": 33, "two": 33}),
        ({"blue": 100}, {}),
    ],
)
def test_what_a_deployment_had_goes_to_the_others(traffic: dict[str, int], left_over: dict[str, int]) -> None:
    assert without(traffic, "blue") == left_over


def test_a_name_made_of_another_is_one() -> None:
    assert another_name("a" * 32, released(12, "a" * 32)) == f"{'a' * 28}-r12"
