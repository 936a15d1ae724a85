"""The host dies while it undoes a deployment that failed: what is left, and what is told of it, stays the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from local.cloud.faults import Fault
from tests.chaos import scene
from tests.chaos.rehearsal import Rehearsal

FAILING = scene.request(script="init_raises")
# ARM writes before it: model, environment, code, endpoint, two role assignments. After it: log, deletion.
DEPLOYMENT_PUT = 6


# As in the runs that succeed.
EVERY = 6


@dataclass(frozen=True)
class Undone:
    """A run that fails, and that nothing disturbs.

    Attributes:
        failed: number of the durable write that told of the failure.
    """

    ending: dict[str, Any]
    failed: int


@pytest.fixture(scope="module")
def undisturbed(rehearsal: Rehearsal) -> Undone:
    ending = rehearsal.run(FAILING)
    assert ending["error"]["code"] == "ScoringScriptFailed"
    assert ("deployment", "blue", "undone") in ending["ledger"]
    return Undone(ending, last(rehearsal.writes, "activity deployment_provisioned"))


@pytest.mark.parametrize("first", range(EVERY))
def test_death_while_undoing(rehearsal: Rehearsal, undisturbed: Undone, first: int) -> None:
    ending = rehearsal.run(FAILING, dies_after=undisturbed.failed + first, then_after=EVERY)

    assert rehearsal.deaths >= 3
    assert ending == undisturbed.ending


@pytest.mark.parametrize("number", [DEPLOYMENT_PUT, DEPLOYMENT_PUT + 1, DEPLOYMENT_PUT + 2])
def test_death_in_the_middle_of_an_azure_write_while_undoing(
    rehearsal: Rehearsal, undisturbed: Undone, number: int
) -> None:
    # Until the next host starts, the deployment's end comes, or that of its deletion.
    ending = rehearsal.run_cut_off(FAILING, scene.write(number, delay=timedelta(seconds=1)))

    assert ending == undisturbed.ending


def test_death_while_giving_traffic_back(rehearsal: Rehearsal) -> None:
    body = scene.request()
    rehearsal.run(body)
    operation = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/read"
    looks = len(rehearsal.stack.cloud.journal.entries(operation=operation))
    read_back_refused = Fault(operation=operation, skip=looks - 1, status=400)
    undone = rehearsal.run(body, faults=[read_back_refused])
    failed = last(rehearsal.writes, "activity read_back")

    for first in (failed, failed + 2):
        assert rehearsal.run(body, dies_after=first, then_after=4, faults=[read_back_refused]) == undone
        assert rehearsal.deaths >= 3

    assert undone["error"]["step"] == "read_back"
    assert ("traffic", "credit-risk", "undone") in undone["ledger"]
    assert [(endpoint["traffic"], endpoint["deployments"]) for endpoint in undone["endpoints"]] == [({}, [])]


def last(writes: list[str], what: str) -> int:
    """The number, counted from 1, of the last write that begins so."""
    return max(number for number, text in enumerate(writes, 1) if text.startswith(what))
