"""The postdeploy hook in every order of failure: what it does, how long it waits, what it says when it gives up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.infra.recorder import Ran, Recorder, fails, says

WORKSPACE = "/subscriptions/sub/resourceGroups/rg-ml/providers/Microsoft.MachineLearningServices/workspaces/mlw"
APP = "/subscriptions/sub/resourceGroups/rg-dev/providers/Microsoft.Web/sites/func-slipway-x"
ENVIRONMENT = {
    "AZURE_ENV_NAME": "dev",
    "AZURE_SUBSCRIPTION_ID": "sub",
    "AZURE_RESOURCE_GROUP": "rg-dev",
    "SLIPWAY_TARGET_WORKSPACE": "mlw",
    "SLIPWAY_TARGET_RESOURCE_GROUP": "rg-ml",
    "SLIPWAY_APP_PRINCIPAL_ID": "principal",
    "SLIPWAY_APP_ID": APP,
    "SLIPWAY_APP_NAME": "func-slipway-x",
    "SLIPWAY_STORAGE_ID": "storage-id",
    "SLIPWAY_STORAGE_NAME": "stslipwayx",
    "SLIPWAY_UNDELIVERED_CONTAINER": "undelivered-events",
    "SLIPWAY_URL": "https://func-slipway-x.azurewebsites.net",
    "SLIPWAY_KEY_COMMAND": "az functionapp keys list --name func-slipway-x",
}
FUNCTIONS = "\n".join(f"func-slipway-x/{name}" for name in ("deploy", "on_model_registered", "get_health"))
NOT_FOUND = (
    'ERROR: {"code": "Endpoint validation", "message": "Destination azure endpoint not found. Resource details: …"}'
)
TOPIC = f"evgt-slipway-y\t{WORKSPACE.upper()}"
AGAIN = "azd hooks run postdeploy"

WHOLE = [
    "azd env set SLIPWAY_STACK_WORKSPACE " + WORKSPACE,
    "az stack group create slipway-access-dev infra/workspace.bicep",
    "az rest systemTopics",
    "az rest evgt-slipway-y",
    "az deployment group create slipway-undelivered infra/undelivered.bicep",
    "az rest functions",
    "az stack group create slipway-events-dev infra/events.bicep",
]


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """Everything is there and works."""
    recorder = Recorder(tmp_path)
    recorder.rule("rest systemTopics value[].[name,", says(f"other\t/another/workspace\n{TOPIC}"))
    recorder.rule("rest identity.principalId", says("topic-principal"))
    recorder.rule("rest /functions?", says(FUNCTIONS))
    return recorder


def run(recorder: Recorder, **more: str) -> Ran:
    return recorder.run("postdeploy", ENVIRONMENT | more)


def test_access_comes_first_and_the_events_last(recorder: Recorder) -> None:
    ran = run(recorder)

    assert ran.code == 0, ran.said
    assert ran.order == WHOLE
    assert ran.slept == []
    assert "https://func-slipway-x.azurewebsites.net" in ran.said
    assert "A key for it: az functionapp keys list --name func-slipway-x" in ran.said
    [access] = ran.commands("slipway-access-dev")
    assert access.endswith("--parameters workspaceName=mlw appPrincipalId=principal addedRoles=")
    [events] = ran.commands("slipway-events-dev")
    assert f"topicName=evgt-slipway-y functionAppId={APP} storageId=storage-id" in events
    assert all("--action-on-unmanage detachAll --deny-settings-mode none" in stack for stack in (access, events))
    [undelivered] = ran.commands("slipway-undelivered")
    assert "--resource-group rg-dev" in undelivered
    assert "topicPrincipalId=topic-principal" in undelivered


def test_azures_condition_is_made_of_the_roles_that_the_app_was_provisioned_with(recorder: Recorder) -> None:
    ran = run(recorder, SLIPWAY_PROVISIONED_ROLES="id-1, id-2", SLIPWAY_GRANTABLE_ROLES="set-since")

    [access] = ran.commands("slipway-access-dev")
    assert access.endswith(" addedRoles=id-1, id-2")


@pytest.mark.parametrize("written", [WORKSPACE, WORKSPACE.upper()])
def test_it_may_be_repeated_at_any_time(recorder: Recorder, written: str) -> None:
    again = run(recorder, SLIPWAY_STACK_WORKSPACE=written)

    assert (again.code, again.order) == (0, WHOLE)


def test_the_function_may_be_missing_twice(recorder: Recorder) -> None:
    recorder.rule("rest /functions?", says(""), says("func-slipway-x/get_health"), says(FUNCTIONS))

    ran = run(recorder)

    assert (ran.code, ran.slept) == (0, [10, 10])
    assert ran.order[-1] == WHOLE[-1]


def test_an_app_without_functions_is_told_with_where_to_look(recorder: Recorder) -> None:
    recorder.rule("rest /functions?", says(""))

    ran = run(recorder)

    assert (ran.code, sum(ran.slept)) == (1, 290)
    assert "no functions at all" in ran.said
    assert "import function_app" in ran.said
    assert "--apps appi-slipway-x" in ran.said
    assert AGAIN in ran.said
    assert not ran.commands("slipway-events-dev")


def test_another_version_is_told_from_none(recorder: Recorder) -> None:
    recorder.rule("rest /functions?", says("func-slipway-x/not_on_model_registered_2"))

    ran = run(recorder)

    assert ran.code == 1
    assert "but not on_model_registered" in ran.said


def test_an_azure_that_does_not_answer_is_told_from_an_empty_app(recorder: Recorder) -> None:
    recorder.rule("rest /functions?", fails("token expired"))

    ran = run(recorder)

    assert ran.code == 1
    assert "Azure does not say which functions the app has" in ran.said
    assert "no functions at all" not in ran.said


@pytest.mark.parametrize("refusal", ["The dead letter destination …", "deadLetterWithResourceIdentity: Forbidden"])
def test_event_grid_may_see_the_function_and_the_topics_role_later(recorder: Recorder, refusal: str) -> None:
    refused = (NOT_FOUND, "Resource should pre-exist", refusal)
    recorder.rule("stack create slipway-events-dev", *map(fails, refused), says(""))

    ran = run(recorder)

    assert (ran.code, ran.slept) == (0, [30, 30, 30])
    assert len(ran.commands("stack", "slipway-events-dev")) == 4


def test_function_missing_twice_and_then_the_stack_fails_once(recorder: Recorder) -> None:
    recorder.rule("rest /functions?", says(""), fails(), says(FUNCTIONS))
    recorder.rule("stack create slipway-events-dev", fails(NOT_FOUND), says(""))

    ran = run(recorder)

    assert (ran.code, ran.slept) == (0, [10, 10, 30])


def test_event_grid_that_never_sees_it_is_given_up_on(recorder: Recorder) -> None:
    recorder.rule("stack create slipway-events-dev", fails(NOT_FOUND))

    ran = run(recorder)

    assert (ran.code, sum(ran.slept)) == (1, 270)
    assert "Destination azure endpoint not found" in ran.said
    assert AGAIN in ran.said


def test_any_other_failure_of_the_events_is_told_at_once(recorder: Recorder) -> None:
    recorder.rule("stack create slipway-events-dev", fails("AuthorizationFailed: you may not"))

    ran = run(recorder)

    assert (ran.code, ran.slept) == (1, [])
    assert "AuthorizationFailed: you may not" in ran.said
    assert AGAIN in ran.said


@pytest.mark.parametrize(
    ("call", "done"),
    [
        ("azd env set", 1),
        ("stack create slipway-access-dev", 2),
        ("deployment create slipway-undelivered", 5),
    ],
)
def test_what_fails_stops_what_stands_on_it(recorder: Recorder, call: str, done: int) -> None:
    recorder.rule(call, fails())

    ran = run(recorder)

    assert (ran.code, ran.order) == (1, WHOLE[:done])
    assert AGAIN in ran.said


def test_a_workspace_without_a_topic_gets_one(recorder: Recorder) -> None:
    recorder.rule("rest systemTopics value[].[name,", says(""), says(TOPIC))

    ran = run(recorder)

    assert ran.code == 0, ran.said
    assert ran.order[2:5] == [
        "az rest systemTopics",
        "az deployment group create slipway-topic infra/topic.bicep",
        "az rest systemTopics",
    ]


def test_a_topic_that_somebody_else_makes_meanwhile_will_do(recorder: Recorder) -> None:
    recorder.rule("rest systemTopics value[].[name,", says(""), says(TOPIC))
    recorder.rule("deployment create slipway-topic", fails("Only one system topic is allowed per source"))

    assert run(recorder).code == 0


def test_an_azure_that_does_not_say_which_topics_there_are_is_told_and_gets_no_second_one(recorder: Recorder) -> None:
    recorder.rule("rest systemTopics value[].[name,", fails("token expired"))

    ran = run(recorder)

    assert ran.code == 1
    assert "Azure does not say which event topics are in rg-ml" in ran.said
    assert not ran.commands("deployment")
    assert AGAIN in ran.said


def test_without_a_topic_there_are_no_events(recorder: Recorder) -> None:
    recorder.rule("rest systemTopics value[].[name,", says("other\t/another/workspace"))
    recorder.rule("deployment create slipway-topic", fails())

    ran = run(recorder)

    assert ran.code == 1
    assert "There is no event topic of the workspace in rg-ml" in ran.said
    assert not ran.commands("slipway-undelivered")


@pytest.mark.parametrize("answer", [says(""), says("None")])
def test_a_topic_without_an_identity_is_told_with_the_command_that_mends_it(
    recorder: Recorder, answer: dict[str, object]
) -> None:
    recorder.rule("rest identity.principalId", answer)

    ran = run(recorder)

    assert ran.code == 1
    assert "az eventgrid system-topic update --name evgt-slipway-y --resource-group rg-ml --identity" in ran.said


def test_an_azure_that_does_not_answer_is_told_from_a_topic_without_an_identity(recorder: Recorder) -> None:
    recorder.rule("rest identity.principalId", fails())

    ran = run(recorder)

    assert (ran.code, ran.order[-1]) == (1, WHOLE[3])
    assert "Azure does not say which identity the topic evgt-slipway-y has" in ran.said
    assert "system-topic update" not in ran.said


def test_an_environment_that_moves_to_another_workspace_takes_its_things_along(recorder: Recorder) -> None:
    before = WORKSPACE.replace("rg-ml", "rg-old")
    recorder.rule("group exists", says("true"))
    recorder.rule("stack group list", says("slipway-access-dev\nslipway-events-dev"))

    ran = run(recorder, SLIPWAY_STACK_WORKSPACE=before)

    assert ran.code == 0, ran.said
    deleted = ran.commands("stack group delete", "--resource-group rg-old")
    assert [("events" in line, "access" in line) for line in deleted] == [(True, False), (False, True)]
    assert ran.order[-len(WHOLE) :] == WHOLE


def test_an_old_workspace_that_cannot_be_left_stops_the_move(recorder: Recorder) -> None:
    recorder.rule("group exists", fails())

    ran = run(recorder, SLIPWAY_STACK_WORKSPACE=WORKSPACE.replace("rg-ml", "rg-old"))

    assert ran.code == 1
    assert not ran.commands("azd")
    assert AGAIN in ran.said
