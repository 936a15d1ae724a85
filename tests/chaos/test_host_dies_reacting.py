"""The host dies while it reacts to a model registration: the version is deployed once, and the event is told of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.registrations import Registrations
from tests.chaos.rehearsal import Rehearsal


def react(rehearsal: Rehearsal, dies_after: int | None = None, then_after: int | None = None) -> dict[str, Any]:
    """How the registration of version 1 ends, under hosts that die as `Rehearsal.run` has them die."""
    rehearsal.begin()
    registrations = Registrations(rehearsal)

    def attempt() -> dict[str, Any]:
        registrations.register_once("1")
        return registrations.ending("1")

    return rehearsal.through_deaths(attempt, dies_after=dies_after, then_after=then_after)


@pytest.fixture(scope="module")
def reacted(rehearsal: Rehearsal) -> dict[str, Any]:
    return react(rehearsal)


@pytest.mark.parametrize("first", [1, 3, 5, 7])
def test_death_while_reacting_to_a_registration(rehearsal: Rehearsal, reacted: dict[str, Any], first: int) -> None:
    assert reacted["outcome"] == "deployed"

    assert react(rehearsal, first, then_after=8) == reacted
    assert rehearsal.deaths >= 5
