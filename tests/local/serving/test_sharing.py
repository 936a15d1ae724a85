"""Deployments of the same content that share a scoring process: found by content, known by their notes, ended last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from local import loopback
from local.clock import Clock
from local.cloud.serving import Containers, ServingProcess, ServingSpec, Sharing
from local.cloud.world import Durations
from local.loopback import ADDRESS
from tests.local.serving.conftest import SAMPLES, VIRTUAL, Reports

Launching = Callable[[ServingSpec], ServingProcess]


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def launching(containers: Containers, reports: Reports) -> Launching:
    clock, sharing = Clock(start=VIRTUAL), Sharing()
    return lambda spec: sharing.launch(spec, clock, containers, reports, Durations())


def test_the_same_content_is_served_by_one_process_until_the_last_one_leaves(
    launching: Launching, reports: Reports, spec: Callable[..., ServingSpec], tmp_path: Path
) -> None:
    asked = spec()
    first = launching(asked)
    second = launching(replace(asked, endpoint="other", deployment="green", root=tmp_path / "green"))
    reports.wait(2)

    assert first.state == second.state == "healthy"
    assert first.port == second.port
    assert "served by the process of deployment blue of endpoint credit-risk" in second.notes
    first.stop()
    answer = loopback.ask("POST", f"http://{ADDRESS}:{second.port}/score", json={"data": [[1.0, 2.0, 3.0]]})
    assert answer.status_code == 200
    second.stop()
    with pytest.raises(httpx.ConnectError):
        loopback.ask("GET", f"http://{ADDRESS}:{second.port}/")
    assert reports.states == ["healthy", "healthy"]


def test_other_content_is_served_by_another_process(
    launching: Launching, reports: Reports, spec: Callable[..., ServingSpec], tmp_path: Path
) -> None:
    asked = spec()
    variables = {"THRESHOLD": "0.5"}
    mine = launching(asked)
    others = launching(replace(asked, environment_variables=variables, root=tmp_path / "other"))
    reports.wait(2)

    assert mine.port != others.port
    for one in (mine, others):
        one.stop()


def test_whoever_shares_a_process_that_fails_is_told_why_and_the_next_one_tries_anew(
    launching: Launching, reports: Reports, spec: Callable[..., ServingSpec], tmp_path: Path
) -> None:
    broken = spec(code_dir=SAMPLES / "broken")
    both = [launching(broken), launching(replace(broken, deployment="green", root=tmp_path / "green"))]
    reports.wait(2)
    again = launching(replace(broken, deployment="again", root=tmp_path / "again"))
    reports.wait(3)

    failures = [one.failure for one in (*both, again)]
    assert all(failure and failure.code == "ResourceNotReady" for failure in failures)
    assert "deployment blue" in both[1].notes[-1]
    assert "deployment again" in again.notes[-1]
    for one in (*both, again):
        one.stop()
