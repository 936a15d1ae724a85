"""Every path of the runbooks, without a host: which steps are taken, what the ledger says, how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from contracts.activities import Ensured
from contracts.errors import (
    AccessNotYetEffective,
    EndpointBusy,
    WrongAnswer,
)
from orchestrations.policies import ABSENCES_BELIEVED
from orchestrations.run import RunFailed
from tests.replay import azure_script as azure
from tests.replay.running import deployed, failed, fates, raising
from tests.replay.scripted import BEGIN, Answer, Boom, Context, World, run

FORWARD = [
    "plan_deployment",
    "register_model",
    "register_environment",
    "register_code",
    "ensure_endpoint",
    "grant_roles",
    "endpoint_provisioned",
    "begin_deployment",
    "deployment_provisioned",
    "smoke_test",
    "read_traffic",
    "shift_traffic",
    "traffic_provisioned",
    "read_back",
]


def test_a_first_deployment_takes_the_steps_of_the_runbook() -> None:
    context, result = deployed()

    assert context.world.called == FORWARD
    assert (result.answer, result.traffic_before) == ([17], {})
    assert {(entry.kind, entry.how, entry.sure) for entry in result.ledger} == {
        ("model", "found", True),
        ("environment", "found", True),
        ("code", "found", True),
        ("endpoint", "made", True),
        ("role_assignment", "made", True),
        ("deployment", "made", True),
        ("traffic", "changed", True),
    }
    [role] = [entry for entry in result.ledger if entry.kind == "role_assignment"]
    assert (role.goes_with, role.name) == (azure.RESOLVED["endpoint"], "AcrPull on rg")


def test_a_known_identity_gets_its_roles_before_the_endpoint() -> None:
    known = {"resolved": {**azure.RESOLVED, "principal_id": azure.PRINCIPAL}, "model": "m:1", "grants": [azure.ROLE]}
    context, _ = deployed(plan_deployment=lambda _: known)

    assert context.world.called.index("grant_roles") < context.world.called.index("ensure_endpoint")
    assert context.world.called.count("grant_roles") == 1


def test_an_endpoint_made_anew_has_its_new_identity_granted() -> None:
    known = {"resolved": {**azure.RESOLVED, "principal_id": "another"}, "model": "m:1", "grants": [azure.ROLE]}
    revoked = {"state": "Deleted", "done": True}
    context, result = deployed(plan_deployment=lambda _: known, remove_role_assignment=lambda _: revoked)

    assert context.world.called.count("grant_roles") == 2
    assert [entry.fate for entry in result.ledger if entry.kind == "role_assignment"] == ["undone", "in_use"]


def test_a_role_of_an_identity_that_is_gone_is_relied_on_no_more() -> None:
    """It was another run's, which revokes it when it finds that the endpoint has been made anew."""
    known = {"resolved": {**azure.RESOLVED, "principal_id": "another"}, "model": "m:1", "grants": [azure.ROLE]}

    def grant(message: dict[str, Any]) -> dict[str, Any]:
        granted = azure.granted(message)
        theirs = message["wanted"]["principal_id"] == "another"
        return granted | {"entries": [{**one, "how": "found" if theirs else "made"} for one in granted["entries"]]}

    _, result = deployed(plan_deployment=lambda _: known, grant_roles=grant)

    assert [entry.how for entry in result.ledger if entry.kind == "role_assignment"] == ["made"]


def test_the_wait_ends_fifteen_minutes_after_the_newest_grant() -> None:
    waits: list[Any] = []

    def begin(message: dict[str, Any]) -> Any:
        waits.append(context.moment)
        return azure.made("deployment")(message)

    context = Context(World(azure.answers(begin_deployment=begin)), azure.order())
    run("deploy", context)

    assert waits == [BEGIN + timedelta(minutes=15)]


def test_what_is_about_to_be_made_is_shown_before_it_is() -> None:
    shown: list[Any] = []

    def begin(message: dict[str, Any]) -> Any:
        shown.extend(context.progress.ledger)
        return azure.made("deployment")(message)

    context = Context(World(azure.answers(begin_deployment=begin)), azure.order())
    run("deploy", context)

    [begun] = [entry for entry in shown if not entry.sure]
    assert (begun.kind, begun.id) == ("deployment", azure.RESOLVED["deployment"])


def test_problems_of_the_plan_stop_a_run_before_anything_is_made() -> None:
    problem = {"code": "ModelNotFound", "path": "model", "message": "gone", "suggestion": "Register it."}
    context = failed(
        plan_deployment=lambda _: {"resolved": {}, "model": "m:1", "problems": [problem], "problem_count": 3}
    )

    assert context.world.called == ["plan_deployment"]
    error = context.progress.error
    assert error is not None
    assert (error.code, error.step) == ("ModelNotFound", "plan_deployment")
    assert "and 2 more" in error.message


def test_a_refused_role_leaves_those_granted_in_the_ledger() -> None:
    refused = {"code": "MissingRight", "message": "no", "suggestion": "Ask."}
    context = failed(grant_roles=lambda message: {**azure.granted(message), "refused": refused})

    assert context.progress.error is not None
    assert context.progress.error.step == "grant_roles"
    assert fates(context)["role_assignment"] == "stays"


def test_a_role_that_is_slow_is_waited_for_again() -> None:
    slow = raising(AccessNotYetEffective("no"), AccessNotYetEffective("no"), then=lambda _: azure.THERE)
    context, _ = deployed(deployment_provisioned=slow)

    assert context.world.called.count("begin_deployment") == 3


def test_a_role_that_never_works_is_named() -> None:
    context = failed(deployment_provisioned=raising(AccessNotYetEffective("no")))

    assert context.progress.error is not None
    assert context.progress.error.code == "RoleNotEffective"
    assert azure.SCOPE in context.progress.error.message


def test_a_day_of_patience_with_roles_does_not_overflow() -> None:
    access = {"propagation": {"wait": "PT15M", "give_up_after": "PT24H"}}
    context = failed(azure.order(access=access), deployment_provisioned=raising(AccessNotYetEffective("no")))

    assert context.progress.error is not None
    assert context.progress.error.code == "RoleNotEffective"
    assert context.moment > BEGIN + timedelta(hours=23)


def test_a_busy_endpoint_is_tried_again_for_hours() -> None:
    busy = [EndpointBusy("busy")] * 20
    context, _ = deployed(begin_deployment=raising(*busy, then=azure.made("deployment")))

    assert context.world.called.count("begin_deployment") == 21


def test_what_is_deleted_while_it_is_watched_is_believed_after_several_looks() -> None:
    context = failed(endpoint_provisioned=lambda _: azure.GONE | {"done": False}, remove_endpoint=lambda _: azure.GONE)

    assert context.progress.error is not None
    assert context.progress.error.code == "NotAsDeployed"
    assert context.world.called.count("endpoint_provisioned") == ABSENCES_BELIEVED


def test_a_single_404_fails_no_healthy_run() -> None:
    looks = iter([azure.GONE | {"done": False}, azure.THERE])
    deployed(endpoint_provisioned=lambda _: next(looks))


@pytest.mark.parametrize("traffic", ["none", {"blue": 30, "green": 70}, {"blue": 100, "green": 0}])
def test_traffic_as_asked_for(traffic: Any) -> None:
    asked: list[Any] = []

    def read(message: dict[str, Any]) -> Any:
        asked.append(message["traffic"])
        return {"before": {"green": 100}, "after": message["traffic"]}

    context, result = deployed(azure.order(traffic=traffic), read_traffic=read)

    if traffic == "none":
        assert asked == []
        [step] = [one for one in context.progress.steps if one.name == "shift_traffic"]
        assert step.state == "skipped"
    else:
        assert asked == [{name: share for name, share in traffic.items() if share}]
        assert result.ledger[-1].kind == "traffic"


def test_traffic_that_is_as_wanted_is_left_alone() -> None:
    same = {"before": {"blue": 100}, "after": {"blue": 100}}
    context, result = deployed(read_traffic=lambda _: same)

    assert "shift_traffic" not in context.world.called
    assert result.traffic_before == {"blue": 100}


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_version_that_is_overtaken_stops_before_its_next_write_and_cleans_up(after: int) -> None:
    looks = iter([*["1"] * after, *["2"] * 9])
    context = failed({**azure.order(), "match": {"model": "*"}}, find_newest_version=lambda _: {"version": next(looks)})

    assert context.progress.error is not None
    assert context.progress.error.code == "Superseded"
    assert "shift_traffic" not in context.world.called
    assert ("begin_deployment" in context.world.called) == (after == 2)
    assert fates(context).get("deployment") == ("undone" if after == 2 else None)


def test_an_extra_resource_is_made_after_what_it_belongs_to_and_undone() -> None:
    extra = {"kind": "siren", "id": "/x/siren", "after": "endpoint"}
    plan = {"resolved": azure.RESOLVED, "model": "m:1", "extras": [extra]}
    made = Ensured.from_wire({"entries": [{"kind": "siren", "id": "/x/siren"}]}).to_wire()
    given = azure.order()
    given["request"]["siren"] = {"loud": True}
    wanted: list[Any] = []

    def ensure(message: dict[str, Any]) -> Any:
        wanted.append(message["wanted"])
        return made

    more: dict[str, Answer] = {"ensure_siren": ensure, "remove_siren": azure.Removal()}
    context = failed(given, plan_deployment=lambda _: plan, smoke_test=raising(WrongAnswer("no")), **more)

    assert wanted == [{"loud": True}]
    assert context.world.called.index("ensure_siren") > context.world.called.index("endpoint_provisioned")
    assert fates(context)["siren"] == "undone"


def test_a_stored_order_of_another_release_is_read() -> None:
    given = azure.order()
    given["invented_later"] = {"x": 1}
    given["request"]["invented_later"] = True
    given["request"]["endpoint"]["invented_later"] = 1
    del given["digest"], given["request"]["endpoint"]["identity"]

    _, result = deployed(given)

    assert result.answer == [17]


def every_defect(smoke_test: Answer | None) -> Iterator[tuple[int, Context, Exception | None]]:
    """A run for each thing that an orchestration asks of its context, with a defect at it."""
    for nth in count(1):
        others = {"smoke_test": smoke_test} if smoke_test else {}
        context = Context(World(azure.answers(**others), defect_at=nth), azure.order())
        error: Exception | None = None
        try:
            run("deploy", context)
        except Exception as raised:
            error = raised
        if context.world.asked < nth:
            return
        yield nth, context, error


@pytest.mark.parametrize("smoke_test", [None, raising(WrongAnswer("no"))], ids=["forward", "undoing"])
def test_a_defect_anywhere_ends_typed_and_undone(smoke_test: Answer | None) -> None:
    points = 0
    for nth, context, error in every_defect(smoke_test):
        points += 1
        assert not isinstance(error, Boom), nth
        if error is None:
            continue  # shown late, or tried again
        assert isinstance(error, RunFailed), (nth, error)
        assert "secret" not in str(error)
        if "begin_deployment" in context.world.called:
            assert "remove_deployment" in context.world.called, nth
        assert not [fate for fate in fates(context).values() if fate in ("in_use", "undo_failed")], nth
    assert points > 80


def test_an_order_that_cannot_be_read_ends_typed() -> None:
    context = Context(World({}), {"request": "nothing"})

    with pytest.raises(RunFailed, match="OrchestrationCrashed"):
        run("deploy", context)

    assert context.progress.error is not None
    assert "roll_out" in context.progress.error.message or "line" in context.progress.error.message
