"""Every path of undo, without a host: what is removed, what stays and why, what the ledger says."""

from __future__ import annotations

import pytest

from contracts.errors import CloudUnavailable, ModelNotFound, WrongAnswer
from orchestrations.policies import ABSENCES_BELIEVED
from tests.replay import azure_script as azure
from tests.replay.running import failed, fates, raising
from tests.replay.scripted import Answer


def test_a_wrong_answer_undoes_the_deployment_and_keeps_the_endpoint() -> None:
    context = failed(smoke_test=raising(WrongAnswer("[18]")))

    assert fates(context) == {"endpoint": "stays", "role_assignment": "stays", "deployment": "undone"}
    assert context.progress.error is not None
    assert context.progress.error.code == "WrongAnswer"
    # One look that finds nothing is not believed.
    assert context.world.called.count("remove_deployment") == 1 + ABSENCES_BELIEVED


def test_traffic_is_given_back_before_the_deployment_goes() -> None:
    context = failed(traffic_provisioned=raising(ModelNotFound("no")))

    undone = [name for name in context.world.called if name.startswith("remove_")]
    assert undone.index("remove_traffic") < undone.index("remove_deployment")
    assert fates(context)["traffic"] == "undone"


def test_an_endpoint_that_never_came_up_goes_and_then_its_roles() -> None:
    context = failed(
        endpoint_provisioned=raising(ModelNotFound("no")),
        remove_endpoint=azure.Removal(),
        remove_role_assignment=lambda _: {"state": "Deleted", "done": True},
    )

    undone = list(dict.fromkeys(name for name in context.world.called if name.startswith("remove_")))
    assert undone == ["remove_endpoint", "remove_role_assignment"]
    assert fates(context) == {"endpoint": "undone", "role_assignment": "undone"}


def test_a_try_whose_answer_was_lost_is_undone_too() -> None:
    context = failed(begin_deployment=raising(CloudUnavailable("lost")))

    assert fates(context)["deployment"] == "undone"


def test_what_was_never_made_leaves_the_ledger() -> None:
    context = failed(begin_deployment=raising(CloudUnavailable("lost")), remove_deployment=lambda _: azure.GONE)

    assert "deployment" not in fates(context)


def test_what_another_run_has_confirmed_stays() -> None:
    removal = azure.Removal()
    claimed: dict[str, Answer] = {"find_claim": lambda _: {"claimed_by": "dep-other"}, "remove_deployment": removal}
    context = failed(smoke_test=raising(WrongAnswer("[18]")), **claimed)

    assert fates(context)["deployment"] == "stays"
    assert removal.removed == []


@pytest.mark.parametrize("on_failure", ["keep", "undo"])
def test_what_is_gone_is_not_said_to_stay_whoever_wants_it(on_failure: str) -> None:
    gone: dict[str, Answer] = {
        f"remove_{kind}": lambda _: azure.GONE for kind in ("deployment", "endpoint", "role_assignment")
    }
    context = failed(
        azure.order(on_failure=on_failure),
        smoke_test=raising(WrongAnswer("[18]")),
        find_claim=lambda _: {"claimed_by": "dep-other"},
        **gone,
    )

    assert fates(context) == dict.fromkeys(("endpoint", "role_assignment", "deployment"), "undone")
    assert context.world.called.count("remove_deployment") == 1 + ABSENCES_BELIEVED


@pytest.mark.parametrize("on_failure", ["keep", "undo"])
def test_what_is_another_runs_is_not_told_as_kept(on_failure: str) -> None:
    theirs = {**azure.THERE, "ours": False}
    context = failed(
        azure.order(on_failure=on_failure),
        begin_deployment=raising(CloudUnavailable("lost")),
        find_claim=lambda _: {"claimed_by": "dep-other"},
        remove_deployment=lambda _: theirs,
    )

    assert "deployment" not in fates(context)


def test_what_is_to_be_kept_stays_and_gets_no_traffic() -> None:
    removal = azure.Removal()
    context = failed(
        azure.order(on_failure="keep"), traffic_provisioned=raising(ModelNotFound("no")), remove_deployment=removal
    )

    assert fates(context) == dict.fromkeys(("endpoint", "role_assignment", "deployment"), "stays") | {
        "traffic": "undone"
    }
    assert removal.removed == []


def test_an_undo_that_fails_does_not_stop_the_others() -> None:
    context = failed(smoke_test=raising(WrongAnswer("[18]")), remove_deployment=raising(ModelNotFound("no")))

    assert fates(context) == {"endpoint": "stays", "role_assignment": "stays", "deployment": "undo_failed"}
