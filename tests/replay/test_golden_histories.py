"""Deployments in flight survive a new release: today's code asks for exactly what was recorded, turn by turn."""

from pathlib import Path
from typing import Any

import pytest

from tests.replay.histories import GOLDEN, History, load, replay
from tests.replay.record import PATHS

FILES = sorted(GOLDEN.glob("*.json"))
FAILED = {"failed_smoke_test", "failed_endpoint", "failed_shift", "refused_plan", "failed_runtime", "failed_change"}


def test_every_path_has_a_golden_history() -> None:
    assert {path.stem for path in FILES} == set(PATHS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_replaying_a_recorded_run_asks_for_what_was_recorded(path: Path) -> None:
    for history in load(path):
        for turn, events in enumerate(history.turns()):
            asked, _ = replay(history, events)

            assert asked == history.scheduled(events), (
                f"turn {turn} of {history.orchestration}: this change breaks deployments in flight;"
                " keep the old steps, or raise defaultVersion in host.json and branch on context.version"
            )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_replayed_run_ends_as_it_ended(path: Path) -> None:
    deployment = histories_of(path)[-1]
    _, answer = replay(deployment, deployment.events)

    failed = path.stem in FAILED
    # The SDK reports an orchestrator that raised as not done, with its error.
    assert (answer["isDone"], "error" in answer) == (not failed, failed)


def histories_of(path: Path) -> list[History]:
    """Those of the deployment or the event itself, in their order."""
    histories = load(path)
    return [one for one in histories if one.instance_id == histories[0].instance_id]


def names(path: str) -> list[str]:
    asked = [item for one in histories_of(GOLDEN / f"{path}.json") for item in one.scheduled(one.events)]
    return [str(item[1]) for item in asked if len(item) == 3]


def test_the_happy_path_takes_the_steps_of_the_runbook() -> None:
    assert names("happy_path") == [
        "take_turn",
        "plan_deployment",
        "register_model",
        "register_environment",
        "register_code",
        "grant_roles",
        "ensure_endpoint",
        "watch",
        "begin_deployment",
        "watch",
        "smoke_test",
        "read_traffic",
        "shift_traffic",
        "watch",
        "read_back",
        "leave_turn",
    ]


def test_an_identity_of_its_own_is_granted_its_roles_while_the_endpoint_is_created() -> None:
    taken = names("system_assigned")

    assert taken[taken.index("ensure_endpoint") :][:3] == ["ensure_endpoint", "grant_roles", "watch"]


def test_each_step_of_a_rollout_is_watched_before_the_next() -> None:
    taken = names("rolled_out")
    step = ["read_traffic", "shift_traffic", "watch", "count_answers", "smoke_test"]

    assert taken[taken.index("read_traffic") :] == [
        "read_traffic",
        *step,
        *step,
        "read_traffic",
        "shift_traffic",
        "watch",
        "read_back",
        "leave_turn",
    ]


def test_a_runtime_takes_the_steps_of_its_runbook() -> None:
    assert names("runtime") == [
        "take_turn",
        "plan_runtime",
        "ensure_compute",
        "grant_roles",
        "watch",
        "ensure_application",
        "watch",
        "look_at_runtime",
        "leave_turn",
    ]


def test_a_deleted_runtime_goes_with_what_is_of_no_use_without_it() -> None:
    assert names("deleted_runtime") == [
        "take_turn",
        "plan_runtime_teardown",
        "find_claim",
        "remove_role_assignment",
        "remove_compute",
        "watch",
        "plan_runtime_teardown",
        "leave_turn",
    ]


def test_what_an_automatic_runtime_needs_is_granted_once_nothing_stands_in_the_way() -> None:
    assert names("prepared_runtime") == ["take_turn", "plan_automatic_runtime", "grant_roles", "leave_turn"]


UNDOINGS = {
    "failed_smoke_test": [
        "keep_logs",
        "find_claim",
        "remove_deployment",
        "watch",
        "find_claim",
        "remove_endpoint",
        "remove_role_assignment",
        "leave_turn",
    ],
    "failed_endpoint": ["find_claim", "remove_endpoint", "watch", "remove_role_assignment", "leave_turn"],
    "failed_shift": ["remove_traffic", "watch", "keep_logs", "find_claim", "remove_deployment", "watch", "leave_turn"],
    "refused_plan": ["leave_turn"],
    "failed_change": ["remove_deployment_update", "watch", "remove_code", "leave_turn"],
    "failed_runtime": [
        "remove_application",
        "watch",
        "remove_compute",
        "watch",
        "remove_role_assignment",
        "leave_turn",
    ],
}


@pytest.mark.parametrize("path", sorted(FAILED))
def test_what_was_made_is_undone_in_reverse(path: str) -> None:
    taken = names(path)
    first = ("remove_", "find_claim", "keep_logs", "leave_turn")
    undone = next((index for index, name in enumerate(taken) if name.startswith(first)), len(taken))
    tries = [name for index, name in enumerate(taken[undone:], undone) if index == undone or taken[index - 1] != name]

    expected = UNDOINGS[path]
    assert tries == [name for index, name in enumerate(expected) if index == 0 or expected[index - 1] != name]


def test_operations_take_the_steps_of_their_runbooks() -> None:
    assert names("rolled_back")[:3] == ["take_turn", "choose_release", "look_at_serving"]
    assert names("rolled_back")[3:] == [
        "find_order",
        "smoke_test",
        "read_traffic",
        "shift_traffic",
        "watch",
        "read_back",
        "leave_turn",
    ]
    assert names("traffic_changed")[-4:] == ["read_back", "find_order", "verify_shares", "leave_turn"]
    assert names("retired")[:5] == ["take_turn", "find_superseded", "plan_retirement", "remove_deployment", "watch"]
    assert names("taken_down")[:4] == ["take_turn", "plan_teardown", "remove_deployment", "watch"]
    # Before its turn it asks whether it is still the one by which the endpoint goes, and then once more.
    assert [name for name in names("expired") if name != "watch"][:7] == [
        "find_expiry",
        "take_turn",
        "find_expiry",
        "plan_teardown",
        "find_claim",
        "remove_role_assignment",
        "find_claim",
    ]
    assert names("expired")[-3:] == ["watch", "plan_teardown", "leave_turn"]
    assert names("changed_in_place") == [
        "take_turn",
        "plan_update",
        "register_code",
        "ensure_deployment_update",
        "watch",
        "find_order",
        "smoke_test",
        "read_back",
        "leave_turn",
    ]


def test_a_registration_asks_for_the_newest_version_and_then_deploys() -> None:
    assert names("react") == ["find_newest_version", "deploy"]
    assert names("superseded") == ["find_newest_version"]


def test_a_changed_runbook_is_noticed() -> None:
    [deployment, *_] = load(GOLDEN / "happy_path.json")
    events: list[dict[str, Any]] = [dict(event) for event in deployment.events]
    renamed = next(event for event in events if event.get("Name") == "grant_roles")
    renamed["Name"] = "grant_permissions"
    changed = History(deployment.instance_id, events)

    asked, _ = replay(changed, events)

    assert asked != changed.scheduled(events)
