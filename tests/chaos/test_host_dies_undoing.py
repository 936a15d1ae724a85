"""The host dies while it undoes a deployment that failed: what is left, and what is told of it, stays the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.cloud.faults import Fault
from tests.chaos import scene
from tests.chaos.rehearsal import Rehearsal

FAILING = scene.request(script="init_raises")
# ARM writes before it: model, environment, code, endpoint, two role assignments. After it: log, deletion.
DEPLOYMENT_PUT = 6


@pytest.mark.parametrize("share", range(3))
def test_death_while_undoing(rehearsal: Rehearsal, share: int) -> None:
    undone = rehearsal.run(FAILING)
    failed = last(rehearsal.writes, "activity deployment_provisioned")

    died = 0
    for k, ending in rehearsal.each_death(FAILING, first=failed + share, step=3):
        died += 1
        assert ending == undone, f"died after write {k}"

    assert died >= 3
    assert undone["error"]["code"] == "ScoringScriptFailed"
    assert ("deployment", "blue", "undone") in undone["ledger"]


@pytest.mark.parametrize("number", [DEPLOYMENT_PUT, DEPLOYMENT_PUT + 1, DEPLOYMENT_PUT + 2])
def test_death_in_the_middle_of_an_azure_write_while_undoing(rehearsal: Rehearsal, number: int) -> None:
    undone = rehearsal.run(FAILING)

    # Until the next host starts, the deployment's end comes, or that of its deletion.
    ending = rehearsal.run_cut_off(FAILING, scene.write(number, delay=timedelta(seconds=1)))

    assert ending == undone


def test_death_while_giving_traffic_back(rehearsal: Rehearsal) -> None:
    body = scene.request()
    rehearsal.run(body)
    operation = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/read"
    looks = len(rehearsal.stack.cloud.journal.entries(operation=operation))
    read_back_refused = Fault(operation=operation, skip=looks - 1, status=400)
    undone = rehearsal.run(body, fault=read_back_refused)
    failed = last(rehearsal.writes, "activity read_back")

    for k in range(failed, len(rehearsal.writes), 4):
        assert rehearsal.run(body, dies_after=k, fault=read_back_refused) == undone, f"died after write {k}"
        assert rehearsal.deaths == 1

    assert undone["error"]["step"] == "read_back"
    assert ("traffic", "credit-risk", "undone") in undone["ledger"]
    assert [(endpoint["traffic"], endpoint["deployments"]) for endpoint in undone["endpoints"]] == [({}, [])]


def last(writes: list[str], what: str) -> int:
    """The number, counted from 1, of the last write that begins so."""
    return max(number for number, text in enumerate(writes, 1) if text.startswith(what))
