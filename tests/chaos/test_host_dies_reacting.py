"""The host dies while it reacts to a model registration, and while it undoes a deployment that failed."""

from __future__ import annotations

from typing import Any

import pytest

from local.cloud.faults import Fault
from tests.chaos import scene
from tests.chaos.registrations import Registrations
from tests.chaos.rehearsal import Rehearsal


def react(rehearsal: Rehearsal, dies_after: int | None = None) -> dict[str, Any]:
    """How the registration of version 1 ends."""
    rehearsal.begin()
    registrations = Registrations(rehearsal)

    def attempt() -> dict[str, Any]:
        registrations.register_once("1")
        return registrations.ending("1")

    return rehearsal.through_deaths(attempt, dies_after=dies_after)


@pytest.fixture(scope="module")
def reacted(rehearsal: Rehearsal) -> dict[str, Any]:
    return react(rehearsal)


@pytest.mark.parametrize("first", [1, 2, 3, 4])
def test_death_while_reacting_to_a_registration(rehearsal: Rehearsal, reacted: dict[str, Any], first: int) -> None:
    assert reacted["outcome"] == "deployed"
    k = first
    while (ending := react(rehearsal, k)) == reacted and rehearsal.deaths:
        k += 16

    assert ending == reacted, f"died after write {k}"
    assert k > 32


@pytest.mark.parametrize("share", range(3))
def test_death_while_undoing(rehearsal: Rehearsal, share: int) -> None:
    body = scene.request(script="init_raises")
    undone = rehearsal.run(body)
    failed = last(rehearsal.writes, "activity deployment_provisioned")

    died = 0
    for k, ending in rehearsal.each_death(body, first=failed + share, step=3):
        died += 1
        assert ending == undone, f"died after write {k}"

    assert died >= 3
    assert undone["error"]["code"] == "ScoringScriptFailed"
    assert ("deployment", "blue", "undone") in undone["ledger"]


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
