"""A runtime whose run began anew, or whose answers were lost: what it has changed is known by what was before it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from contracts.errors import RequestRejected
from contracts.ledger import LedgerEntry
from orchestrations.run import RunFailed
from tests.replay import azure_script as azure
from tests.replay.operations import operating, world
from tests.replay.running import raising
from tests.replay.scripted import Context, World, run

MACHINE, FLOWS = "computes/machine", "computes/machine/customServices/flows"
ASKED = {"name": "flows", "compute": {"name": "machine"}, "image": "python:3.12"}
PLAN = {"resolved": {}, "model": "", "image": "python:3.12"}
NOT_NOW = RequestRejected("not now")


def refused(plan: dict[str, Any], ledger: list[LedgerEntry], **others: Any) -> tuple[Context, dict[str, Any]]:
    """A run that carries this ledger and fails in the end; and what it asked for, by activity."""
    asked: dict[str, Any] = {}

    def answered(kind: str, reference: str) -> Any:
        def answer(message: dict[str, Any]) -> Any:
            asked[f"ensure_{kind}"] = message["wanted"]
            was = message["wanted"].get("was")
            how = {"how": "changed", "before": was, "after": "python:3.12"} if was else {"how": "made"}
            return {"entries": [{"kind": kind, "id": reference, **how}]}

        return answer

    def removed(message: dict[str, Any]) -> Any:
        asked[f"remove_{message['entry']['kind']}"] = message["entry"]
        return azure.GONE

    answers = {
        "plan_runtime": lambda _: PLAN | plan,
        "ensure_compute": lambda _: {"entries": [{"kind": "compute", "id": MACHINE, "how": "found"}]},
        "ensure_application": answered("application", FLOWS),
        "look_at_runtime": raising(NOT_NOW),
        "remove_application": removed,
        "remove_compute": removed,
    }
    carried = {"resumptions": 1, "ledger": [one.to_wire() for one in ledger]}
    given = {"request": ASKED, "digest": "d", "carried": carried}
    context = Context(World({**answers, **others}), given, f"rt-{1:032x}")
    with pytest.raises(RunFailed):
        run("make_runtime", context)
    return context, asked


@pytest.mark.parametrize("sure", [True, False])
def test_an_application_that_this_run_had_made_goes_when_it_fails(sure: bool) -> None:
    mine = LedgerEntry(kind="application", id=FLOWS, sure=sure)

    _, asked = refused({"was": "python:3.12"}, [mine])

    assert asked["ensure_application"]["was"] is None
    assert asked["remove_application"]["how"] == "made"


@pytest.mark.parametrize("sure", [True, False])
def test_an_application_that_this_run_had_changed_gets_the_image_of_before(sure: bool) -> None:
    changed = {"how": "changed", "before": "python:3.11", "after": "python:3.12"}
    mine = LedgerEntry(kind="application", id=FLOWS, sure=sure, **changed)  # type: ignore[arg-type]

    _, asked = refused({"was": "python:3.12"}, [mine])

    assert asked["ensure_application"]["was"] == "python:3.11"
    assert {name: asked["remove_application"][name] for name in changed} == changed


def test_a_machine_whose_start_was_not_answered_is_stopped_when_the_run_fails() -> None:
    _, asked = refused({"starts": True}, [], ensure_compute=raising(NOT_NOW))

    assert (asked["remove_compute"]["how"], asked["remove_compute"]["before"]) == ("changed", "Stopped")


def test_a_machine_that_this_run_had_started_is_still_known_to_have_been_stopped() -> None:
    mine = LedgerEntry(kind="compute", id=MACHINE, how="changed", before="Stopped", sure=False)
    starts = []

    def ensured(message: dict[str, Any]) -> Any:
        starts.append(message["wanted"]["starts"])
        return {"entries": [{"kind": "compute", "id": MACHINE, "how": "changed", "before": "Stopped"}]}

    _, asked = refused({}, [mine], ensure_compute=ensured)

    assert starts == [True]
    assert asked["remove_compute"]["how"] == "changed"


def test_a_machine_started_for_a_deletion_is_stopped_though_the_start_was_not_answered() -> None:
    playing, stopped = world("delete_runtime"), []

    def removed(message: dict[str, Any]) -> Any:
        stopped.append(message["entry"]["how"])
        return {"state": "Stopping", "done": True}

    playing.answers |= {"ensure_compute": raising(NOT_NOW), "remove_compute": removed}
    context = operating("delete_runtime", playing)
    with suppress(RunFailed):
        run("delete_runtime", context)

    assert stopped == ["changed"]
