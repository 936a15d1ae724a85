"""Operations without a host: their steps, what they leave behind, and how they end when anything goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from contracts.endpoint_errors import SharesNotSeen
from contracts.errors import WrongAnswer
from contracts.operations import OperationResult
from contracts.queue import Asker
from orchestrations.run import RunFailed
from tests.replay import azure_script as azure
from tests.replay.operations import ASKED, ENDPOINT, operated, operating, released, world
from tests.replay.running import fates, raising
from tests.replay.scripted import BEGIN, Boom, run

STEPS = {
    "rollback": [
        "look_at_serving",
        "find_order",
        "smoke_test",
        "read_traffic",
        "shift_traffic",
        "traffic_provisioned",
        "read_back",
    ],
    "change_traffic": [
        "read_traffic",
        "read_traffic",
        "shift_traffic",
        "traffic_provisioned",
        "ensure_mirror_traffic",
        "mirror_traffic_provisioned",
        "read_back",
    ],
    "delete_deployment": [
        "plan_teardown",
        "read_traffic",
        "shift_traffic",
        "traffic_provisioned",
        "remove_deployment",
        "remove_deployment",
        "remove_deployment",
        "remove_deployment",
        "plan_teardown",
        "read_back",
    ],
}


@pytest.mark.parametrize("which", STEPS)
def test_an_operation_takes_the_steps_of_its_runbook(which: str) -> None:
    playing = world(which)
    context, returned = operated(which, playing)

    assert playing.called == STEPS[which]
    assert OperationResult.from_wire(returned).ledger
    newest = playing.queued.releases[0]
    assert (newest.number, newest.run, newest.outcome) == (3, context.instance_id, "live")
    assert (newest.traffic_before, newest.traffic) == ({"green": 100}, {"blue": 100})
    assert playing.queued.askers == []


def test_a_change_in_place_of_what_serves_is_a_release_and_scaling_is_none() -> None:
    playing = world("update_deployment")
    operated("update_deployment", playing)
    assert playing.called == [
        "plan_update",
        "ensure_deployment_update",
        "deployment_update_provisioned",
        "find_order",
        "smoke_test",
        "read_back",
    ]
    assert playing.queued.releases[0].traffic_before == playing.queued.releases[0].traffic == {"blue": 100}

    playing = world("update_deployment")
    size = {"before": {"instance_count": 1}, "after": {"instance_count": 2}}
    playing.answers["plan_update"] = lambda _: {**size, "share": 100}
    operated("update_deployment", playing)
    assert "smoke_test" not in playing.called
    assert len(playing.queued.releases) == 2


def test_a_change_that_does_not_answer_is_given_back() -> None:
    playing = world("update_deployment")
    playing.answers["smoke_test"] = raising(WrongAnswer("[18]"))
    context = operating("update_deployment", playing)
    with pytest.raises(RunFailed):
        run("update_deployment", context)

    assert fates(context) == {"deployment_update": "undone"}


def test_what_is_gone_is_deployed_again_of_what_was_pinned() -> None:
    playing = world("rollback by deploying")
    wanted: list[Any] = []
    plan = playing.answers["plan_deployment"]

    def asked(message: dict[str, Any]) -> Any:
        wanted.append(message["request"])
        return plan(message)

    playing.answers["plan_deployment"] = asked
    _, returned = operated("rollback by deploying", playing)

    [request] = wanted
    assert (request["model"], request["traffic"]) == ("azureml:credit-risk:1", "none")
    assert OperationResult.from_wire(returned).made_again == {"blue": f"dep-{1:032x}"}


@pytest.mark.parametrize("seen", ["same", "other"], ids=["provisioned", "being created"])
def test_a_rollback_goes_on_with_what_it_had_begun_to_make_again(seen: str) -> None:
    playing = world("rollback by deploying")
    looks = iter([{seen: ["blue"]}])
    playing.answers["look_at_serving"] = lambda _: next(looks, {"same": ["blue"]})
    playing.answers["find_order"] = lambda _: {"request": azure.order()["request"], "run": f"dep-{7:032x}"}
    plan, wanted = playing.answers["plan_deployment"], list[str]()

    def planned(message: dict[str, Any]) -> Any:
        wanted.append(message["request"]["deployment"]["name"])
        return plan(message)

    playing.answers["plan_deployment"] = planned
    begun = {"kind": "deployment", "id": azure.RESOLVED["deployment"], "sure": False}
    context = operating("rollback by deploying", playing)
    context.given |= {"carried": {"resumptions": 1, "ledger": [begun]}}

    returned = OperationResult.from_wire(run("rollback", context))

    assert wanted == ["blue"]
    # By whose request it was made at first, however often it has been made again.
    assert returned.made_again == {"blue": f"dep-{7:032x}"}


def test_a_rollback_that_had_ended_but_for_saying_so_goes_back_no_further() -> None:
    playing = world("rollback")
    playing.queued = playing.queued.model_copy(
        update={"releases": [released(3, "green", run="dep-3"), *playing.queued.releases], "released": 3}
    )
    playing.answers["read_back"] = lambda _: {**azure_observed(), "serving": [{"deployment": "green"}]}
    asked = {"request": {"to": "previous"}}
    context = operating("rollback", playing)
    context.given |= asked
    run("rollback", context)
    first = playing.queued.releases
    again = operating("rollback", playing)
    again.given |= {**asked, "carried": {"resumptions": 1, "ledger": context.progress.to_wire()["ledger"]}}

    returned = OperationResult.from_wire(run("rollback", again))

    assert returned.release == 2
    assert [(one.number, one.restores) for one in playing.queued.releases] == [
        (one.number, one.restores) for one in first
    ]


@pytest.mark.parametrize("which", ["delete_deployment", "delete_endpoint"])
def test_what_a_run_had_taken_down_before_it_began_anew_is_its_release(which: str) -> None:
    playing = world(which)
    context = operating(which, playing)
    run(which, context)
    [first] = [one for one in playing.queued.releases if one.run == context.instance_id]
    playing.queued = playing.queued.model_copy(update={"releases": playing.queued.releases[1:], "released": 2})
    again = operating(which, playing)
    again.given |= {"carried": {"resumptions": 1, "ledger": context.progress.to_wire()["ledger"]}}
    playing.answers["plan_teardown"] = lambda _: {"there": False, "traffic": {"blue": 100}}

    returned = OperationResult.from_wire(run(which, again))

    newest = playing.queued.releases[0]
    assert (newest.run, newest.number) == (first.run, first.number)
    assert which == "delete_endpoint" or returned.traffic_before == {"green": 100}


@pytest.mark.parametrize("which", ["delete_deployment", "delete_endpoint"])
def test_what_azure_does_not_delete_is_no_success(which: str) -> None:
    playing = world(which)
    left = {"kind": "deployment", "id": f"{azure.RESOLVED['endpoint']}/deployments/green"}
    playing.answers |= {
        "plan_teardown": lambda _: {"there": True, "next": [left]},
        "remove_deployment": lambda _: {"state": "Deleted", "done": True},
    }
    context = operating(which, playing)
    with pytest.raises(RunFailed):
        run(which, context)

    assert context.progress.error is not None
    assert context.progress.error.code == "NotAsDeployed"
    assert "deployment green" in context.progress.error.message
    assert len(playing.queued.releases) == 2


def test_what_was_made_again_and_is_not_the_same_is_undone() -> None:
    playing = world("rollback by deploying")
    looks = iter([{"gone": ["blue"]}, {"other": ["blue"]}])
    playing.answers["look_at_serving"] = lambda _: next(looks)
    context = operating("rollback by deploying", playing)
    with pytest.raises(RunFailed):
        run("rollback", context)

    assert context.progress.error is not None
    assert context.progress.error.code == "ReleaseNotRestorable"
    assert fates(context)["deployment"] == "undone"
    assert "shift_traffic" not in playing.called


def test_traffic_that_real_requests_do_not_show_is_given_back() -> None:
    playing = world("change_traffic")
    playing.answers |= {
        "read_back": lambda _: {**azure_observed(), "serving": [{"deployment": "blue", "run": f"dep-{1:032x}"}]},
        "verify_shares": raising(SharesNotSeen("green answered 80 of 80 requests")),
    }
    context = operating("change_traffic", playing)
    with pytest.raises(RunFailed):
        run("change_traffic", context)

    assert fates(context) == {"traffic": "undone", "mirror_traffic": "undone"}
    assert playing.queued.releases[0].outcome == "undone"
    assert playing.called.count("verify_shares") > 3


@pytest.mark.parametrize(("ended", "code"), [(True, None), (False, "EndpointInUse")], ids=["dead", "alive"])
def test_nobody_is_refused_for_a_run_that_has_ended(ended: bool, code: str | None) -> None:
    playing = world("change_traffic")
    playing.queued = playing.queued.model_copy(update={"askers": [Asker(id="dep-dead", since=BEGIN)]})
    playing.answers["deployment_ended"] = lambda _: {"state": "Canceled" if ended else "Running", "done": ended}
    context = operating("change_traffic", playing)
    context.given["request"] = {**context.given["request"], "when_busy": "reject"}
    with suppress(RunFailed):
        run("change_traffic", context)

    error = context.progress.error
    assert (error.code if error else None) == code
    assert [one.id for one in playing.queued.askers] == ([] if ended else ["dep-dead"])


def test_a_rollback_to_what_does_not_answer_changes_no_traffic() -> None:
    playing = world("rollback")
    playing.answers["smoke_test"] = raising(WrongAnswer("[18]"))
    context = operating("rollback", playing)
    with pytest.raises(RunFailed):
        run("rollback", context)

    assert "shift_traffic" not in playing.called
    assert len(playing.queued.releases) == 2


def test_retirement_waits_and_looks_again_before_each_deployment_goes() -> None:
    playing = world("retire")
    looked: list[str] = []

    def found(message: dict[str, Any]) -> dict[str, Any]:
        looked.append(message["before"])
        return {}

    playing.answers["find_superseded"] = found
    context, returned = operated("retire", playing)

    looks = ["find_superseded", "plan_retirement"]
    assert playing.called == [*looks, *["remove_deployment"] * 4, *looks]
    wait = next(step for step in context.progress.steps if step.name == "wait_to_retire")
    assert (wait.state, wait.ended) == ("succeeded", BEGIN + timedelta(days=2, hours=1))
    # So far back lies what is due: when this was asked for.
    assert datetime.fromisoformat(looked[0]) == BEGIN
    [gone] = OperationResult.from_wire(returned).ledger
    assert (gone.kind, gone.how, gone.sure) == ("deployment", "removed", True)
    assert len(playing.queued.releases) == 2
    assert playing.queued.askers == []


@pytest.mark.parametrize("answer", [{"stays": "it has 100 % of the traffic by now"}, {"ours": False}])
def test_what_is_wanted_again_when_it_is_about_to_go_stays(answer: dict[str, Any]) -> None:
    playing = world("retire")
    marks: list[tuple[str, object]] = []

    def removal(message: dict[str, Any]) -> dict[str, Any]:
        marks.append((message["mark"], message.get("for_good")))
        return {"state": "Succeeded", "done": True, **answer}

    playing.answers["remove_deployment"] = removal
    _, returned = operated("retire", playing)

    assert marks == [(f"dep-{1:032x}", None)], "only what carries the mark of whoever made it"
    assert OperationResult.from_wire(returned).ledger == []


def test_an_endpoint_goes_at_its_time_once_somebody_was_warned() -> None:
    playing = world("expire")
    context, returned = operated("expire", playing)

    assert playing.called == ["find_expiry", "find_expiry", "plan_teardown", *["remove_endpoint"] * 4, "plan_teardown"]
    waits = {step.name: step.ended for step in context.progress.steps}
    assert waits["wait_to_warn"] == BEGIN + timedelta(hours=7)
    assert waits["wait_to_expire"] == BEGIN + timedelta(hours=8)
    assert OperationResult.from_wire(returned).ledger[0].how == "removed"
    assert (playing.queued.releases[0].kind, playing.queued.expires) == ("expire", None)


@pytest.mark.parametrize(
    ("decides", "why"), [({"by": "op-expire-2"}, "op-expire-2 says when it goes"), ({}, "says nothing of its end")]
)
@pytest.mark.parametrize("looks", [0, 1])
def test_an_endpoint_stays_when_a_later_deployment_says_so(decides: dict[str, str], why: str, looks: int) -> None:
    playing = world("expire")
    answers = iter([playing.answers["find_expiry"]({"mark": f"op-expire-{1:032x}"})] * looks)
    playing.answers["find_expiry"] = lambda _: next(answers, decides)
    _, returned = operated("expire", playing)

    assert why in OperationResult.from_wire(returned).stays[ENDPOINT]
    assert "plan_teardown" not in playing.called
    assert len(playing.queued.releases) == 2
    assert playing.queued.askers == []


@pytest.mark.parametrize("which", ASKED)
def test_an_operation_canceled_anywhere_ends_canceled_and_leaves_the_queue(which: str) -> None:
    canceled = 0
    for nth in points(which):
        playing = world(which, cancel_at=nth)
        context = operating(which, playing)
        with suppress(RunFailed):
            run(ASKED[which][0], context)
        if playing.asked < nth:
            break
        assert playing.queued.askers == [], nth
        error = context.progress.error
        if error is None:
            continue  # it was about to end
        canceled += 1
        assert error.code == "Canceled", nth
        assert not _left_over(which, fates(context)), nth
    assert canceled > 15


@pytest.mark.parametrize("which", ASKED)
def test_a_defect_anywhere_in_an_operation_ends_typed_and_undone(which: str) -> None:
    for nth in points(which):
        playing = world(which, defect_at=nth)
        context = operating(which, playing)
        error: Exception | None = None
        try:
            run(ASKED[which][0], context)
        except Exception as raised:
            error = raised
        if playing.asked < nth:
            break
        assert not isinstance(error, Boom), nth
        assert error is None or "secret" not in str(error)
        if error is not None:
            assert not _left_over(which, fates(context)), nth
    assert nth > 30


def points(which: str) -> Iterator[int]:
    """Where something goes wrong: at each thing asked for; at some, where the rest is a deployment's own."""
    return count(1, 5 if which == "rollback by deploying" else 1)


def _left_over(which: str, fates: dict[str, str]) -> list[str]:
    """What was changed and is neither undone nor said to stay; what was removed for good is not undone."""
    gone = {"deployment", "endpoint"} if which.startswith(("delete", "retire", "expire")) else set()
    return [kind for kind, fate in fates.items() if kind not in gone and fate in ("in_use", "undo_failed")]


def azure_observed() -> dict[str, object]:
    names = {"endpoint": "credit-risk", "deployment": "", "model_id": "", "principal_id": "p", "scoring_uri": "u"}
    return {**names, "traffic": {"blue": 100}}
