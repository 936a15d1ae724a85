"""What a model that takes long may cost at most: so many long activities, and none longer than its host allows."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import ModelUnreachable
from contracts.smoke_test import LONGEST
from orchestrations.run import RunFailed
from tests.replay import azure_script as azure
from tests.replay.scripted import Context, World, run

HOST = json.loads((Path(__file__).resolve().parents[2] / "host.json").read_text())


def test_a_model_that_never_answers_in_time_is_asked_three_times_at_most() -> None:
    playing = World(azure.answers())
    context = Context(playing, azure.order())

    def too_slow(_message: dict[str, Any]) -> Any:
        context.moment += LONGEST
        raise ModelUnreachable("no answer in 180 s")

    playing.answers["smoke_test"] = too_slow
    with pytest.raises(RunFailed):
        run("deploy", context)

    assert playing.called.count("smoke_test") == 3


def test_the_longest_try_fits_into_what_the_host_allows_an_activity() -> None:
    hours, minutes, seconds = map(int, HOST["functionTimeout"].split(":"))

    # Finding the endpoint, its key and the log of a model that failed takes seconds more.
    assert LONGEST + timedelta(minutes=1) <= timedelta(hours=hours, minutes=minutes, seconds=seconds)
