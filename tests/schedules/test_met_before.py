"""What random schedules have found, each written down as the few things that it takes."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.operations import OperationResult
from contracts.orders import CANCEL
from contracts.status import EventOutcome
from tests.schedules.clients import guard_looks
from tests.schedules.documents import asset
from tests.schedules.instances import Instance
from tests.schedules.orders import COUNTING, MODEL
from tests.schedules.records import mark_in
from tests.schedules.stage import WRONG, Stage, error_of, fates_of
from tests.schedules.weather import Ending

DOWN = "InternalServerError: An internal error."


def test_an_endpoint_that_is_not_seen_once_is_not_put_over(stage: Stage) -> None:
    first = stage.deploys()
    stage.weather.endings = [WRONG]
    second = stage.starts("green")
    stage.strikes("hidden", "ensure_endpoint")

    assert stage.rests() == []
    assert mark_in(stage.azure.endpoints["north"].body) == first.id
    assert stage.azure.endpoints["north"].traffic == {"blue": 100}
    error = error_of(second)
    assert error is not None
    assert error.code == "WrongAnswer"


def test_a_run_begun_again_that_fails_at_once_undoes_what_it_had_made_before(stage: Stage) -> None:
    first = stage.starts()
    # While the roles take effect: the turn after that wait is the one that dies.
    stage.hub.after(200, lambda: stage.hub.kill_worker(1))

    def fails_from_now_on() -> None:
        del stage.azure.assets["codes/dot-product/versions/1"]

    stage.hub.after(210, fails_from_now_on)
    stage.hub.after(600, lambda: guard_looks(stage.hub))

    assert stage.rests() == []
    assert first.status == "Failed"


def test_of_two_models_on_an_empty_endpoint_a_policy_gives_it_to_the_first(stage: Stage) -> None:
    """Asked for at the same moment: the second one is looked at when the first one is done."""
    first = stage.starts("blue", shares=False)
    second = stage.starts("green", shares=False, model="azureml:credit-risk:1")

    assert stage.rests() == []
    assert (first.status, second.status) == ("Completed", "Failed")
    error = error_of(second)
    assert error is not None
    assert (error.code, error.step) == ("EndpointConflict", "plan_deployment")
    assert stage.azure.endpoints["north"].traffic == {"blue": 100}


def test_of_two_models_that_people_ask_for_the_later_one_takes_the_traffic(stage: Stage) -> None:
    runs = [stage.starts("blue"), stage.starts("green", model="azureml:credit-risk:1")]

    assert stage.rests() == []
    assert [run.status for run in runs] == ["Completed", "Completed"]
    assert stage.azure.endpoints["north"].traffic == {"green": 100}


@pytest.mark.parametrize("whose", ["deploy", "react_to_registration"])
def test_an_event_tells_how_a_deployment_ended_that_the_platform_had_ended(stage: Stage, whose: str) -> None:
    """The worker dies in a turn of the deployment, or of what has started it; the guard carries that one on."""
    event = stage.registers("2")
    stage.hub.after(60, lambda: stage.hub.kill_worker(1, whose))
    stage.hub.after(360, lambda: guard_looks(stage.hub))

    assert stage.rests() == []
    assert [one.resumed for one in stage.hub.instances.values() if one.name == whose] == [1]
    assert EventOutcome.from_wire(event.shown).outcome == "deployed"


def test_a_version_that_lost_its_tags_is_not_superseded_by_an_older_one(stage: Stage) -> None:
    """Its event has decided that it is deployed; and one that no policy is for was registered after it."""
    first, event = stage.registers("1"), stage.registers("2")
    for seconds, version in ((-60, "1"), (0, "2"), (60, "3")):
        moment, tags = stage.hub.now + timedelta(seconds=seconds), COUNTING if version == "1" else {}
        path = f"models/{MODEL}/versions/{version}"
        stage.azure.assets[path] = asset(path, {"properties": {"tags": tags}}, moment)

    assert stage.rests() == []
    outcomes = [EventOutcome.from_wire(one.shown).outcome for one in (first, event)]
    assert outcomes == ["deployed", "deployed"]


def test_who_was_canceled_while_it_waited_does_not_come_back(stage: Stage) -> None:
    """Its child looks after ten minutes, when the first run still writes to the endpoint."""
    stage.starts()
    waiting: list[Instance] = []
    stage.hub.after(20, lambda: waiting.append(stage.starts("green")))
    stage.hub.after(60, lambda: stage.hub.raise_event(waiting[0].id, CANCEL, "enough"))

    assert stage.rests() == []
    error = error_of(waiting[0])
    assert error is not None
    assert error.code == "Canceled"
    assert [queue.askers for queue in stage.hub.queues.values()] == [[]]


def test_who_is_canceled_at_once_leaves_nobody_in_the_queue(stage: Stage) -> None:
    """What asks for its turn may come to the queue after it has left: nobody would give that turn back."""
    runs = [stage.starts("blue") for _ in range(12)]
    for run in runs:
        stage.hub.raise_event(run.id, CANCEL, "enough")

    assert stage.rests() == []
    assert {queue_error.code for run in runs if (queue_error := error_of(run))} == {"Canceled"}


def test_an_owner_that_is_not_seen_once_keeps_its_turn(stage: Stage) -> None:
    """Who waits looks after ten minutes, at a task hub that tells of nobody in that moment."""
    stage.weather.endings = [Ending(1500)]
    owner = stage.starts("blue")
    stage.hub.after(30, lambda: stage.starts("green"))
    known = stage.hub.instances
    stage.hub.after(600, lambda: known.pop(owner.id))
    stage.hub.after(670, lambda: known.update({owner.id: owner}))
    owned: list[str] = []
    stage.hub.after(1300, lambda: owned.extend(one.id for one in stage.hub.queues["north"].askers))

    assert stage.rests() == []
    assert owned[0] == owner.id


@pytest.mark.parametrize("disturbed", ["canceled", "killed"])
def test_a_deletion_that_goes_on_without_its_run_is_told_by_a_release(stage: Stage, disturbed: str) -> None:
    """It is canceled, or its worker dies in the turn after the endpoint has gone; Azure goes on deleting."""
    stage.deploys("blue")
    gone = stage.operates("delete_endpoint", {"force": True})
    if disturbed == "canceled":
        stage.hub.after(60, lambda: stage.hub.raise_event(gone.id, CANCEL, "enough"))
    else:
        stage.hub.after(60, lambda: stage.hub.kill_worker(1, "delete_endpoint"))
        stage.hub.after(1800, lambda: guard_looks(stage.hub))

    assert stage.rests() == []
    newest = stage.hub.queues["north"].releases[0]
    assert (newest.run, newest.outcome) == (gone.id, "broken" if disturbed == "canceled" else "live")
    assert stage.azure.endpoints == {}


def dies_when_it_leaves(stage: Stage, instance: Instance, turns: int) -> None:
    """The worker dies in the last turn of a run, or in that of the child which leaves the queue as well."""

    def turned(one: Instance) -> None:
        asked = one.execution.asked[-1] if one.execution.asked else None
        left = asked is not None and asked.name == ("leave_turn" if turns == 1 else "leave")
        if left and one.id.startswith(instance.id) and not instance.resumed:
            stage.hub.kill_worker(turns, instance.name if turns == 1 else "")

    stage.hub.turned = turned


@pytest.mark.parametrize("turns", [1, 2])
@pytest.mark.parametrize("outcome", ["deploys", "fails", "shifts"])
def test_a_run_whose_worker_dies_in_its_last_turn_writes_nothing_again(stage: Stage, outcome: str, turns: int) -> None:
    """Another run has taken the traffic when the guard looks."""
    if outcome == "shifts":
        stage.deploys("blue")
        stage.deploys("green")
        first = stage.operates("change_traffic", {"traffic": {"blue": 100}})
    else:
        stage.weather.endings = [WRONG] if outcome == "fails" else []
        first = stage.starts("blue")
    dies_when_it_leaves(stage, first, turns)
    stage.hub.run()
    assert (first.status, first.foreign) == ("Failed", True)
    assert [one.askers for one in stage.hub.queues.values()] == [[]]
    second = stage.deploys("red")
    wrote = list(stage.azure.acts)
    stage.hub.after(60, lambda: guard_looks(stage.hub))

    assert stage.rests() == []
    assert first.resumed == 1
    assert (first.status, first.foreign) == ("Failed" if outcome == "fails" else "Completed", False)
    assert stage.azure.acts == wrote
    assert second.status == "Completed"
    assert stage.azure.endpoints["north"].traffic["red"] == 100
    assert stage.hub.queues["north"].releases[0].run == second.id


def test_a_second_change_of_the_same_thing_whose_answer_is_lost_is_given_back(stage: Stage) -> None:
    """Who gets traffic gets no copy of it any more, and another one is to have it: mirror traffic is written twice."""
    for name in ("green", "blue"):
        stage.deploys(name, access={}, traffic="none")
    stage.operates("change_traffic", {"traffic": {"green": 100}, "mirror_traffic": {"blue": 10}})
    stage.rests()
    properties = stage.azure.endpoints["north"].body["properties"]
    before = [deepcopy(properties[name]) for name in ("traffic", "mirrorTraffic")]
    stage.strikes("lost_after", "ensure_mirror_traffic", 4)
    run = stage.operates("change_traffic", {"traffic": {"blue": 100}, "mirror_traffic": {"green": 10}})
    stage.hub.turned = lambda _: stage.hub.raise_event(run.id, CANCEL, "enough") if stage.weather.met else None

    assert stage.rests() == []
    assert stage.weather.met == [("PUT", "onlineEndpoints/north")]
    assert fates_of(run) == {"traffic": "undone", "mirror_traffic": "undone"}
    properties = stage.azure.endpoints["north"].body["properties"]
    assert [properties[name] for name in ("traffic", "mirrorTraffic")] == before


def test_a_release_tells_of_each_of_twenty_deployments(stage: Stage) -> None:
    """As many as an endpoint holds; one answer of an activity has no room for them."""
    stage.deploys(access={})
    [blue] = (there := stage.azure.endpoints["north"].deployments).values()
    for number in range(19):
        name = f"deployment-{number:021}"
        there[name] = replace(blue, name=name, body={**blue.body, "tags": {}})
    shares = dict.fromkeys(there, 5)

    run = stage.operates("change_traffic", {"traffic": shares})

    assert stage.rests() == []
    result = OperationResult.from_wire(run.output)
    assert result.observed is not None
    [newest, _] = stage.hub.queues["north"].releases
    assert newest.traffic == shares
    assert sorted(pin.deployment for pin in newest.serving) == sorted(shares)
    assert newest.serving == result.observed.serving
    assert {(pin.model, pin.code) for pin in newest.serving} == {
        ("models/inline/versions/7", "codes/dot-product/versions/1")
    }
