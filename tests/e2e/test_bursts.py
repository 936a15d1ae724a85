"""Many versions registered at once: the newest serves, and what it overtook is gone or was never made."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import yaml

from local.cloud import world
from local.stack import TERMINAL, LocalStack
from tests import samples
from tests.e2e import reading

VERSIONS = [str(number) for number in range(2, 12)]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    folder = tmp_path / "policies"
    folder.mkdir()
    body = samples.request(deployment="version-{version}", expect={"json_schema": {"type": "array"}})
    del body["model"]
    (folder / "credit-risk.yml").write_text(yaml.safe_dump({"match": {"model": "credit-risk"}, **body}))
    with LocalStack(tmp_path / "data", policies=folder) as started:
        samples.register_all(started)
        yield started


def told(stack: LocalStack, versions: Sequence[str]) -> None:
    """The events of versions that are registered already, in that order."""
    for version in versions:
        stack.cloud.events.model_registered(world.WORKSPACE_ID, "credit-risk", version, {})


def settled(stack: LocalStack) -> bool:
    with stack.http as http:
        events = http.get("/api/events").raise_for_status().json()["events"]
        runs = http.get("/api/deployments").raise_for_status().json()["deployments"]
    return (
        len(events) == len(VERSIONS)
        and all(one["outcome"] not in ("received", "deploying") for one in events)
        and all(run["status"] in TERMINAL for run in runs)
    )


def assert_only_the_newest_serves(stack: LocalStack) -> None:
    stack.until(lambda: settled(stack))
    assert reading.traffic(stack, "credit-risk") == {f"version-{VERSIONS[-1]}": 100}
    assert reading.deployments(stack, "credit-risk") == {f"version-{VERSIONS[-1]}": "Succeeded"}


def test_ten_versions_in_one_burst(stack: LocalStack) -> None:
    with stack.clock.busy():
        stack.subscribe()
        for version in VERSIONS:
            samples.register_model(stack, version=version)

    assert_only_the_newest_serves(stack)


def test_ten_versions_a_minute_apart(stack: LocalStack) -> None:
    with stack.clock.busy():
        stack.subscribe()
        begin = stack.clock.now()
        for number, version in enumerate(VERSIONS):
            stack.clock.alarm(begin + timedelta(minutes=number + 1), partial(samples.register_later, stack, version))

    assert_only_the_newest_serves(stack)


@pytest.mark.parametrize("seed", [1, 2])
def test_ten_events_out_of_order(stack: LocalStack, seed: int) -> None:
    for version in VERSIONS:
        samples.register_model(stack, version=version)
    order = random.Random(seed).sample(VERSIONS, len(VERSIONS))
    with stack.clock.busy():
        stack.subscribe()
        told(stack, order)

    assert_only_the_newest_serves(stack)
