"""The host dies while it reacts to a model registration: the version is deployed once, and the event is told of."""

from __future__ import annotations

from typing import Any

import pytest

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
