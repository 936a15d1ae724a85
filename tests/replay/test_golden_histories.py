"""Deployments in flight survive a new release: today's code asks for exactly what was recorded, turn by turn."""

from pathlib import Path
from typing import Any

import pytest

from tests.replay.histories import GOLDEN, History, load, replay

FILES = sorted(GOLDEN.glob("*.json"))
PATHS = {"failed_smoke_test", "happy_path", "retried", "slow_roles"}


def test_every_path_has_a_golden_history() -> None:
    assert {path.stem for path in FILES} == PATHS


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
    deployment = load(path)[0]
    _, answer = replay(deployment, deployment.events)

    failed = path.stem == "failed_smoke_test"
    # The SDK reports an orchestrator that raised as not done, with its error.
    assert (answer["isDone"], "error" in answer) == (not failed, failed)


def names(history: History) -> list[str]:
    return [str(item[1]) for item in history.scheduled(history.events) if len(item) == 3]


def test_the_happy_path_takes_the_steps_of_the_runbook() -> None:
    [deployment, *_] = load(GOLDEN / "happy_path.json")

    assert names(deployment) == [
        "plan_deployment",
        "register_model",
        "register_assets",
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
    ]


def test_a_failed_smoke_test_deletes_the_deployment_and_gives_no_traffic() -> None:
    [deployment, *_] = load(GOLDEN / "failed_smoke_test.json")
    taken = names(deployment)

    assert taken[taken.index("smoke_test") :] == ["smoke_test", "delete_deployment", "watch"]


def test_a_changed_runbook_is_noticed() -> None:
    [deployment, *_] = load(GOLDEN / "happy_path.json")
    events: list[dict[str, Any]] = [dict(event) for event in deployment.events]
    renamed = next(event for event in events if event.get("Name") == "grant_roles")
    renamed["Name"] = "grant_permissions"
    changed = History(deployment.instance_id, events)

    asked, _ = replay(changed, events)

    assert asked != changed.scheduled(events)
