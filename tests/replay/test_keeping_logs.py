"""Keeping the log of a failed deployment: when it is asked for, and that nothing depends on it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from contracts.errors import CloudUnavailable, MissingRight, WrongAnswer
from orchestrations.board import fitted
from orchestrations.policies import PROGRESS_LIMIT_BYTES
from tests.replay import azure_script as azure
from tests.replay.running import failed, fates, raising
from tests.replay.scripted import Answer, Context


def crashing(message: dict[str, Any]) -> Any:
    """An activity that fails in a way nobody foresaw."""
    raise RuntimeError("RuntimeError in f, line 1")


def step(context: Context, name: str) -> tuple[str, str | None]:
    [found] = [one for one in context.progress.steps if one.name == name]
    return found.state, found.detail


def test_the_log_of_a_failed_deployment_is_kept_after_its_traffic_is_back_and_before_it_is_removed() -> None:
    context = failed(read_back=raising(WrongAnswer("no")))

    called = context.world.called
    assert called.index("remove_traffic") < called.index("keep_logs") < called.index("remove_deployment")
    assert called.count("keep_logs") == 1
    assert step(context, "keep_logs") == ("succeeded", None)


@pytest.mark.parametrize(
    ("answer", "tries", "told"),
    [
        (raising(CloudUnavailable("it is away")), 5, ("failed", "CloudUnavailable: it is away")),
        (raising(MissingRight("may not")), 1, ("failed", "MissingRight: may not")),
        (lambda _: {"nothing": "no place"}, 1, ("skipped", "no place")),
        (crashing, 5, ("failed", "ActivityCrashed: keep_logs: RuntimeError in f, line 1")),
    ],
)
def test_a_log_that_cannot_be_kept_neither_fails_the_undo_nor_delays_it_for_long(
    answer: Answer, tries: int, told: tuple[str, str]
) -> None:
    context = failed(smoke_test=raising(WrongAnswer("no")), keep_logs=answer)

    assert context.world.called.count("keep_logs") == tries
    assert step(context, "keep_logs") == told
    assert fates(context)["deployment"] == "undone"
    assert context.progress.error is not None
    assert context.progress.error.code == "WrongAnswer"
    [kept] = [one for one in context.progress.steps if one.name == "keep_logs"]
    assert kept.ended is not None
    assert kept.ended - kept.started <= timedelta(minutes=1)


@pytest.mark.parametrize("how", ["made", "found"])
def test_the_log_of_a_deployment_that_stays_is_kept_too(how: str) -> None:
    entries = [{"kind": "deployment", "id": azure.RESOLVED["deployment"], "how": how}]
    context = failed(
        azure.order(on_failure="keep"),
        begin_deployment=lambda _: {"entries": entries},
        smoke_test=raising(WrongAnswer("no")),
    )

    assert "keep_logs" in context.world.called
    assert fates(context).get("deployment") == ("stays" if how == "made" else None)


def test_why_no_log_was_kept_is_told_in_a_full_status_too() -> None:
    ended = {"started": "2026-01-01T00:00:00Z", "ended": "2026-01-01T00:00:00Z"}
    others = [{"name": f"step_{number}", **ended, "detail": "d" * 100} for number in range(12)]
    lost = {"name": "keep_logs", "state": "failed", **ended, "detail": "MissingRight: may not"}
    ledger = [{"kind": "role_assignment", "id": "i" * 100, "name": "n" * 50} for _ in range(6)]

    told = fitted({"steps": [*others, lost], "ledger": ledger, "error": {"log_tail": "x" * 1400}})

    assert len(json.dumps(told)) <= PROGRESS_LIMIT_BYTES
    assert [step["detail"] for step in told["steps"] if "detail" in step] == ["MissingRight: may not"]


def test_a_run_that_made_no_deployment_keeps_no_log() -> None:
    context = failed(ensure_endpoint=raising(WrongAnswer("no")))

    assert "keep_logs" not in context.world.called
