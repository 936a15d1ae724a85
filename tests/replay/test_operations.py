"""Operations without a host: their steps, what they leave behind, and how they end."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from contracts.endpoint_errors import SharesNotSeen
from contracts.errors import WrongAnswer
from contracts.operations import OperationResult
from contracts.queue import Asker
from contracts.runtimes import RuntimeResult
from orchestrations.policies import ROUNDS_OF_TEARDOWN
from orchestrations.run import RunFailed
from tests.replay import azure_script as azure
from tests.replay.operations import operated, operating, released, world
from tests.replay.running import fates, raising
from tests.replay.scripted import BEGIN, run

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


def test_a_runtimes_machine_runs_only_as_long_as_its_deletion_takes() -> None:
    playing = world("delete_runtime")
    context, returned = operated("delete_runtime", playing)

    assert playing.called == [
        "plan_runtime_teardown",
        "ensure_compute",
        "compute_provisioned",
        *["remove_application"] * 4,
        *["remove_role_assignment"] * 4,
        "plan_runtime_teardown",
        "compute_provisioned",
        "remove_compute",
    ]
    assert RuntimeResult.from_wire(returned).stays == {"compute machine": "nobody asked"}
    assert fates(context) == {"compute": "undone", "application": "in_use", "role_assignment": "in_use"}
    assert playing.queued.releases[0].number == 2, "it serves nothing"


def test_a_role_that_a_run_elsewhere_relies_on_stays_with_the_reason() -> None:
    playing, spared = world("delete_runtime"), []
    looks = iter([{"there": True, "shared": True, "next": [{"kind": "role_assignment", "id": "/r"}]}])

    def look(message: dict[str, Any]) -> Any:
        spared.append(message.get("spared"))
        return next(looks, {"there": False})

    playing.answers |= {"plan_runtime_teardown": look, "find_claim": lambda _: {"claimed_by": "run-1"}}
    context, _ = operated("delete_runtime", playing)

    assert "remove_role_assignment" not in playing.called
    assert [(one.fate, one.reason) for one in context.progress.ledger] == [("stays", "run-1 relies on it")]
    assert spared == [None, ["/r"]]


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


def test_code_that_is_in_a_datastore_is_registered_before_the_change() -> None:
    playing = world("update_deployment")
    plan, registered = playing.answers["plan_update"], list[Any]()

    def registers(message: dict[str, Any]) -> Any:
        registered.append(message)
        return {"entries": []}

    playing.answers |= {
        "plan_update": lambda message: {**plan(message), "registers": "codes/made/versions/1"},
        "register_code": registers,
    }
    context = operating("update_deployment", playing)
    context.given["request"] = {"code_configuration": {"code": "azureml://datastores/d/paths/p"}}
    run("update_deployment", context)

    assert playing.called[:3] == ["plan_update", "register_code", "ensure_deployment_update"]
    [message] = registered
    assert message["wanted"]["code"] == "azureml://datastores/d/paths/p"
    assert message["resolved"]["code"] == "codes/made/versions/1"

    playing = world("update_deployment")
    missing = {"code": "FilesMissing", "path": "code_configuration.code", "message": "no file", "suggestion": ""}
    playing.answers["plan_update"] = lambda message: {**plan(message), "problems": [missing]}
    context = operating("update_deployment", playing)
    with pytest.raises(RunFailed):
        run("update_deployment", context)
    assert playing.called == ["plan_update"]
    assert context.progress.error is not None
    assert context.progress.error.message == "code_configuration.code: no file"


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


def test_what_was_made_with_it_is_made_again_and_undone_with_it() -> None:
    playing = world("rollback by deploying")
    looks = iter([{"gone": ["blue"]}, {"other": ["blue"]}])
    once = {"ttl": "PT8H", "retire": {"keep": 1}, "rollout": {"steps": [10]}}
    asked = {**azure.order()["request"], "autoscale": {"maximum": 3}, **once}
    wanted: dict[str, Any] = {}

    def planned(message: dict[str, Any]) -> Any:
        wanted.update(message["request"])
        with_it = [{"kind": "autoscale", "id": "/autoscale/blue", "after": "deployment"}]
        return {"resolved": azure.RESOLVED, "model": "credit-risk:1", "extras": with_it}

    playing.answers |= {
        "look_at_serving": lambda _: next(looks),
        "find_order": lambda _: {"request": asked},
        "plan_deployment": planned,
        "ensure_autoscale": lambda _: {"entries": [{"kind": "autoscale", "id": "/autoscale/blue"}]},
        "remove_autoscale": azure.Removal(),
    }
    context = operating("rollback by deploying", playing)
    with pytest.raises(RunFailed):
        run("rollback", context)

    assert wanted["autoscale"] == {"maximum": 3}
    assert not once.keys() & wanted.keys()
    assert (fates(context)["deployment"], fates(context)["autoscale"]) == ("undone", "undone")


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


def test_a_finding_that_is_wanted_again_stays_and_the_next_look_is_told_so() -> None:
    playing, asked = world("remove_findings"), list[Any]()

    def look(message: dict[str, Any]) -> Any:
        asked.append(message.get("but", []))
        left = [one for one in ("e/blue", "e/green") if one not in message.get("but", [])]
        going = [{"entry": {"kind": "deployment", "id": one}, "mark": "dep-1"} for one in left[:1]]
        return {"next": going, "stays": {"third": "it serves"}}

    by_now: dict[str, Any] = {"e/blue": {"ours": False}, "e/green": {"stays": "it has 5 % of the traffic by now"}}
    playing.answers |= {
        "plan_removal": look,
        "remove_deployment": lambda message: {**azure.THERE, **by_now[message["entry"]["id"]]},
    }
    _, returned = operated("remove_findings", playing)

    result = OperationResult.from_wire(returned)
    assert asked == [[], ["e/blue"], ["e/blue", "e/green"]]
    assert result.ledger == []
    assert result.stays == {
        "third": "it serves",
        "e/blue": "somebody has made it again",
        "e/green": "it has 5 % of the traffic by now",
    }


def test_more_findings_than_one_run_removes_are_told() -> None:
    playing = world("remove_findings")
    endless = {"entry": {"kind": "autoscale", "id": "/autoscale/x"}, "mark": "dep-1"}
    playing.answers |= {"plan_removal": lambda _: {"next": [endless]}, "remove_autoscale": lambda _: azure.THERE}
    _, returned = operated("remove_findings", playing)

    assert "ask again" in OperationResult.from_wire(returned).stays["/autoscale/x"]
    assert playing.called.count("remove_autoscale") == ROUNDS_OF_TEARDOWN


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


def azure_observed() -> dict[str, object]:
    names = {"endpoint": "credit-risk", "deployment": "", "model_id": "", "principal_id": "p", "scoring_uri": "u"}
    return {**names, "traffic": {"blue": 100}}


@pytest.mark.parametrize("which", ["delete_endpoint", "expire"])
def test_a_role_that_another_run_relies_on_stays_when_the_identity_may_be_that_ones_too(which: str) -> None:
    playing = world(which)
    role = {"kind": "role_assignment", "id": "/scope/providers/Microsoft.Authorization/roleAssignments/one"}
    kept = {**role, "id": f"{role['id']}-kept", "how": "found", "fate": "stays", "reason": "somebody has it"}
    endpoint = {"kind": "endpoint", "id": azure.RESOLVED["endpoint"]}
    asked: list[Any] = []

    def planned(message: dict[str, Any]) -> Any:
        asked.append(message.get("spared"))
        going = [] if len(asked) > 1 else [role, endpoint]
        return {"there": True, "next": going, "shared": True, "left": [kept]}

    playing.answers |= {"plan_teardown": planned, "find_claim": lambda _: {"claimed_by": "dep-other"}}
    _, returned = operated(which, playing)

    assert "remove_role_assignment" not in playing.called
    assert asked == [None, [kept["id"], role["id"]]]
    told = [(one.kind, one.how, one.fate, one.reason) for one in OperationResult.from_wire(returned).ledger]
    assert told == [
        ("role_assignment", "found", "stays", "somebody has it"),
        ("role_assignment", "found", "stays", "dep-other relies on it"),
        ("endpoint", "removed", "in_use", None),
    ]
