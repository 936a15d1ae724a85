"""The postdown hook: it takes back exactly what postdeploy gave, and succeeds where there is nothing left to take."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.infra.recorder import Ran, Recorder, fails, says

WORKSPACE = "/subscriptions/sub/resourceGroups/rg-ml/providers/Microsoft.MachineLearningServices/workspaces/mlw"
ENVIRONMENT = {"AZURE_ENV_NAME": "dev", "AZURE_SUBSCRIPTION_ID": "sub", "SLIPWAY_STACK_WORKSPACE": WORKSPACE}
FORGET = "azd env set SLIPWAY_STACK_WORKSPACE="
TOPIC = f"evgt-slipway-y\t{WORKSPACE.lower()}"


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """The app is gone; what it had beside the workspace is there, and so is another environment's."""
    recorder = Recorder(tmp_path)
    recorder.rule("group exists rg-dev", says("false"))
    recorder.rule("group exists rg-ml", says("true"))
    recorder.rule(
        "stack group list", says("slipway-access-dev2\nslipway-access-dev\nslipway-events-dev2\nslipway-events-dev")
    )
    recorder.rule("rest systemTopics value[].[name,", says(f"{TOPIC}\nevgt-slipway-z\t/another/workspace"))
    recorder.rule("rest eventSubscriptions", says("0"))
    return recorder


def run(recorder: Recorder, **more: str) -> Ran:
    return recorder.run("postdown", ENVIRONMENT | more)


def test_exactly_what_the_environment_had_is_taken_back(recorder: Recorder) -> None:
    ran = run(recorder)

    assert ran.code == 0, ran.said
    assert ran.order == [
        "az group exists rg-dev",
        "az group exists rg-ml",
        "az stack group list",
        "az stack group delete slipway-events-dev",
        "az stack group delete slipway-access-dev",
        "az rest systemTopics",
        "az rest eventSubscriptions",
        "az rest evgt-slipway-y",
        FORGET,
    ]
    assert all("--action-on-unmanage deleteResources" in line for line in ran.commands("stack group delete"))
    assert len(ran.commands("rest --method delete")) == 1


def test_after_a_no_the_app_keeps_its_access_and_its_events(recorder: Recorder) -> None:
    recorder.rule("group exists rg-dev", says("true"))

    ran = run(recorder)

    assert (ran.code, ran.order) == (0, ["az group exists rg-dev"])
    assert "rg-dev is still there" in ran.said


@pytest.mark.parametrize("answer", [fails("not logged in"), says("")])
def test_an_azure_that_does_not_answer_is_no_yes(recorder: Recorder, answer: dict[str, object]) -> None:
    recorder.rule("group exists rg-dev", answer)

    ran = run(recorder)

    assert ran.code == 1
    assert "azd hooks run postdown" in ran.said
    assert not ran.commands("delete")


def test_an_environment_that_never_got_that_far_has_nothing_to_take_back(recorder: Recorder) -> None:
    ran = run(recorder, SLIPWAY_STACK_WORKSPACE="")

    assert (ran.code, ran.calls) == (0, [])


def test_it_succeeds_when_the_workspaces_group_is_gone(recorder: Recorder) -> None:
    recorder.rule("group exists rg-ml", says("false"))

    ran = run(recorder)

    assert (ran.code, ran.order) == (0, ["az group exists rg-dev", "az group exists rg-ml", FORGET])


def test_it_succeeds_when_the_workspace_is_gone_and_lets_go_of_what_cannot_be_deleted(recorder: Recorder) -> None:
    recorder.rule("stack group delete deleteResources", fails("ParentResourceNotFound"))
    recorder.rule("rest workspaces/mlw?", fails("ResourceNotFound"))
    recorder.rule("rest systemTopics value[].[name,", says(""))

    ran = run(recorder)

    assert ran.code == 0, ran.said
    assert [line.rsplit(" ", 1)[-1] for line in ran.commands("stack group delete")] == [
        "deleteResources",
        "detachAll",
        "deleteResources",
        "detachAll",
    ]
    assert ran.order[-1] == FORGET


def test_while_the_workspace_is_there_nothing_is_let_go_of(recorder: Recorder) -> None:
    recorder.rule("stack group delete deleteResources", fails("AuthorizationFailed"))

    ran = run(recorder)

    assert ran.code == 1
    assert "The stack slipway-events-dev is still in rg-ml" in ran.said
    assert "azd hooks run postdown" in ran.said
    assert not ran.commands("detachAll")
    assert FORGET not in ran.order


def test_a_failure_of_the_second_stack_is_told_too(recorder: Recorder) -> None:
    recorder.rule("stack group delete slipway-access-dev deleteResources", fails())

    ran = run(recorder)

    assert ran.code == 1
    assert "slipway-access-dev is still in rg-ml" in ran.said


def test_stacks_that_cannot_be_listed_are_not_forgotten(recorder: Recorder) -> None:
    recorder.rule("stack group list", fails())

    ran = run(recorder)

    assert ran.code == 1
    assert FORGET not in ran.order


def test_a_second_time_there_is_nothing_left_to_do(recorder: Recorder) -> None:
    recorder.rule("stack group list", says("slipway-access-dev2"))
    recorder.rule("rest systemTopics value[].[name,", says(""))

    ran = run(recorder)

    assert ran.code == 0
    assert not ran.commands("delete")


def test_what_is_beside_the_workspace_is_in_its_subscription_wherever_the_environment_is_by_now(
    recorder: Recorder,
) -> None:
    ran = run(recorder, AZURE_SUBSCRIPTION_ID="elsewhere")

    assert ran.code == 0, ran.said
    beside = ran.commands("az group exists", "rg-ml") + ran.commands("az stack")
    assert len(beside) == 4
    assert all("--subscription sub " in line for line in beside)
    assert all("/subscriptions/sub/" in line for line in ran.commands("az rest"))


def test_a_topic_that_others_listen_to_stays(recorder: Recorder) -> None:
    recorder.rule("rest eventSubscriptions", says("1"))

    ran = run(recorder)

    assert ran.code == 0
    assert not ran.commands("--method delete")


def test_a_topic_that_somebody_else_made_stays(recorder: Recorder) -> None:
    recorder.rule("rest systemTopics value[].[name,", says(f"workspace-events\t{WORKSPACE}"))

    ran = run(recorder)

    assert ran.code == 0
    assert not ran.commands("--method delete")


def test_a_topic_that_cannot_be_deleted_is_no_failure(recorder: Recorder) -> None:
    recorder.rule("rest --method delete", fails())

    ran = run(recorder)

    assert ran.code == 0
    assert "evgt-slipway-y stays in rg-ml" in ran.said


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("rest systemTopics value[].[name,", "which event topics there are: the workspace's stays in rg-ml"),
        ("rest eventSubscriptions", "who else listens to it: the topic evgt-slipway-y stays in rg-ml"),
    ],
)
def test_a_topic_of_which_azure_says_nothing_stays_and_that_is_told(recorder: Recorder, call: str, said: str) -> None:
    recorder.rule(call, fails())

    ran = run(recorder)

    assert (ran.code, ran.order[-1]) == (0, FORGET)
    assert said in ran.said
    assert not ran.commands("--method delete")


def test_an_environment_that_cannot_be_written_is_told_apart_from_what_is_left(recorder: Recorder) -> None:
    recorder.rule("azd", fails())

    ran = run(recorder)

    assert ran.code == 1
    assert "Everything is taken back" in ran.said
    assert "still beside" not in ran.said
