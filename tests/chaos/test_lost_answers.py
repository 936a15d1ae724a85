"""The connection to Azure is lost at any write: whether it was applied or not, the run ends where others end."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from tests.chaos import scene
from tests.chaos.rehearsal import Rehearsal


@pytest.fixture(scope="module")
def undisturbed(rehearsal: Rehearsal) -> dict[str, Any]:
    return rehearsal.run(scene.request())


@pytest.fixture(scope="module")
def undone(rehearsal: Rehearsal) -> dict[str, Any]:
    return rehearsal.run(scene.request(script="init_raises"))


@pytest.mark.parametrize("drop", ["after", "before"])
@pytest.mark.parametrize("first", range(2))
def test_a_write_whose_answer_is_lost_is_neither_repeated_nor_forgotten(
    rehearsal: Rehearsal, undisturbed: dict[str, Any], first: int, drop: Literal["after", "before"]
) -> None:
    every_second = [scene.write(number, drop=drop) for number in range(first, 30, 2)]

    ending = rehearsal.run(scene.request(), faults=every_second)

    assert rehearsal.hits() >= 3
    assert ending == undisturbed


def test_a_lost_answer_while_undoing(rehearsal: Rehearsal, undone: dict[str, Any]) -> None:
    # From the deployment on: its creation, what asks for its logs and keeps them, and its deletion.
    lost = 0
    for n, ending in rehearsal.each_fault(
        scene.request(script="init_raises"), lambda n: scene.write(n, drop="after"), first=6
    ):
        lost += 1
        assert ending == undone, f"lost the answer of write {n}"

    assert lost == 5
    assert undone["error"]["code"] == "ScoringScriptFailed"
    assert [endpoint["deployments"] for endpoint in undone["endpoints"]] == [[]]
