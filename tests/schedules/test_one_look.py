"""A 404 that is seen once is not the truth, wherever it is seen: who acts on an absence asks for the list as well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contracts.activities import EntryInput, ReadBackInput
from contracts.base import Contract
from contracts.ledger import LedgerEntry
from tests.schedules.play import ACTIVITIES
from tests.schedules.records import deployment_key, endpoint_key, mark_in
from tests.schedules.stage import Stage

GREEN = deployment_key("north", "green")


def looked_twice(stage: Stage, activity: str, message: Contract, key: str) -> list[Any]:
    """What an activity answers while Azure does not find that, and a minute later."""
    stage.weather.strike("hidden", lambda method, asked: (method, asked) == ("GET", key))
    wrote, answers = list(stage.azure.acts), []
    for seconds in (0, 60):
        stage.hub.caller("looks", stage.hub.now + timedelta(seconds=seconds))
        answers.append(ACTIVITIES[activity](message.to_wire()))
    assert stage.weather.met == [("GET", key)]
    assert stage.azure.acts == wrote
    return answers


@pytest.fixture
def both(stage: Stage) -> Stage:
    """Blue, which has no traffic any more, and green, which has it all."""
    stage.deploys("blue")
    stage.deploys("green")
    return stage


def test_a_deployment_that_serves_is_not_deleted(both: Stage) -> None:
    """Its endpoint is not seen for a moment: so it seems to have no share of the traffic."""
    mark = str(mark_in(both.azure.endpoints["north"].deployments["green"].body))
    order = EntryInput(mark=mark, entry=LedgerEntry(kind="deployment", id=GREEN))

    once, again = looked_twice(both, "remove_deployment", order, endpoint_key("north"))

    assert (once["error"]["code"], once["error"]["retryable"]) == ("CloudUnavailable", True)
    assert "100 % of the traffic" in again["ok"]["stays"]


def test_a_run_whose_traffic_a_later_one_has_taken_is_as_deployed(both: Stage) -> None:
    model = both.azure.endpoints["north"].deployments["blue"].body["properties"]["model"]
    reference = model.split("/workspaces/")[1].split("/", 1)[1]
    order = ReadBackInput(endpoint="north", deployment="blue", model=reference, traffic={"blue": 100})

    once, again = looked_twice(both, "read_back", order, GREEN)

    assert (once["error"]["code"], once["error"]["retryable"]) == ("CloudUnavailable", True)
    assert again["ok"]["serving"][0]["deployment"] == "green"


def test_a_release_lacks_nothing_that_serves(both: Stage) -> None:
    order = ReadBackInput(endpoint="north", deployment="", model="", traffic={"green": 100})

    once, again = looked_twice(both, "read_back", order, GREEN)

    assert once["error"]["code"] == "CloudUnavailable"
    assert [pin["deployment"] for pin in again["ok"]["serving"]] == ["green"]
