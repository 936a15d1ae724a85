"""What does not fit together: compared without Azure, and told to the log where it has changed."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from activities.strays import about_endpoint
from contracts.errors import CloudUnavailable
from contracts.findings import FindingList, Stray
from settings import findings_schedule
from tests.replay.operations import released
from triggers import findings


def endpoint(**properties: Any) -> dict[str, Any]:
    return {"name": "e", "id": "/e", "properties": properties}


def deployment(name: str, mark: str | None) -> dict[str, Any]:
    return {"name": name, "id": f"/e/{name}", "tags": {"slipway-instance": mark} if mark else None}


RELEASES = [released(2, "green"), released(1, "blue")]
GREEN, BLUE = deployment("green", f"dep-{2:032x}"), deployment("blue", f"dep-{1:032x}")


@pytest.mark.parametrize(
    ("properties", "deployments", "found"),
    [
        ({"traffic": {"green": 100, "blue": 0}}, [GREEN, BLUE, deployment("theirs", None)], []),
        ({"traffic": {"green": 100}}, [deployment("blue", "dep-again")], ["deployment_without_release"]),
        ({"traffic": {"green": 100}, "mirrorTraffic": {"third": 5}}, [deployment("third", "dep-3")], []),
        ({"traffic": {"green": 90, "blue": 10}}, [GREEN, BLUE], ["traffic_changed"]),
        ({"traffic": {}}, [], ["traffic_changed"]),
        ({"traffic": {"Green": 100}}, [{**GREEN, "name": "Green"}, {**BLUE, "name": "BLUE"}], []),
    ],
    ids=["as it was left", "made again", "gets a copy", "shared", "taken away", "in other letters"],
)
def test_an_endpoint_is_compared_with_its_releases(
    properties: dict[str, Any], deployments: list[dict[str, Any]], found: list[str]
) -> None:
    assert [one.kind for one in about_endpoint(endpoint(**properties), deployments, RELEASES)] == found
    assert [one for one in about_endpoint(endpoint(traffic={"x": 100}), [], []) if one.kind == "traffic_changed"] == []


def test_the_log_tells_what_has_changed(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    stray = Stray(kind="traffic_changed", id="/e", detail="green 100 %", command="slipway traffic e blue=100")
    answers: list[Any] = [[stray], [stray], CloudUnavailable("busy"), [], [stray]]

    async def found_now(_: object) -> FindingList:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return FindingList(findings=answer)

    monkeypatch.setattr(findings, "found_now", found_now)
    monkeypatch.setattr(findings, "_told", set())
    told = []
    with caplog.at_level(logging.INFO, "slipway.findings"):
        while answers:
            caplog.clear()
            asyncio.run(findings.look(None, None))  # type: ignore[arg-type]  # the timer is not read
            told.append([record.message.split(":")[0] for record in caplog.records])

    gone, failed = ["not found any more"], ["findings could not be looked for"]
    assert told == [["found"], [], failed, gone, ["found"]]


def test_nobody_looks_unless_an_operator_says_when(monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings_schedule() == ""
    monkeypatch.setenv("SLIPWAY_FINDINGS_SCHEDULE", " 0 0 * * * * ")
    assert findings_schedule() == "0 0 * * * *"
