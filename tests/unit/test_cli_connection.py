"""The command and its service: refusals, keys, and answers that get lost or are somebody else's."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.scripted_service import Drop, ScriptedService
from tests.unit.slipway_command import ID, STATUS, SUCCEEDED, Slipway, deployment, file, service, slipway

__all__ = ["file", "service", "slipway"]


def test_every_problem_of_a_refused_request_is_printed_with_its_path(
    service: ScriptedService, slipway: Slipway, file: Path
) -> None:
    problems = [
        {"path": "endpoint.name", "code": "invalid_value", "message": "use 3 to 32 letters"},
        {"path": "traffic", "code": "wrong_type", "message": "write percentages"},
    ]
    body = {"title": "Invalid request", "detail": "2 problems in the request", "status": 422, "problems": problems}
    service.on("POST", "/api/deployments", (422, body))

    ended = slipway("deploy", file)

    assert ended.code == 2
    assert "422 Invalid request: 2 problems in the request" in ended.err
    assert "  endpoint.name: use 3 to 32 letters [invalid_value]" in ended.err
    assert "  traffic: write percentages [wrong_type]" in ended.err


def test_a_missing_or_wrong_key_says_where_to_put_one(service: ScriptedService, slipway: Slipway) -> None:
    service.on("GET", STATUS, (401, ""))

    ended = slipway("status", ID)

    assert ended.code == 2
    assert "SLIPWAY_KEY" in ended.err


def test_the_key_is_sent_and_never_shown(
    service: ScriptedService, slipway: Slipway, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLIPWAY_KEY", "a-function-key")
    service.on("POST", "/api/deployments", (500, {"title": "Broken"}), (202, deployment("Pending")))
    service.on("GET", STATUS, (401, ""))

    ended = slipway("deploy", file, "--interval", 0.3)

    assert {request.headers.get("x-functions-key") for request in service.received} == {"a-function-key"}
    assert "a-function-key" not in ended.out + ended.err


def test_the_key_does_not_travel_unencrypted(slipway: Slipway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_KEY", "a-function-key")

    ended = slipway("--url", "http://slipway.example", "list")

    assert ended.code == 2
    assert "use https" in ended.err


def test_nobody_at_the_address_is_told_apart_from_a_refusal(slipway: Slipway) -> None:
    ended = slipway("--url", "http://127.0.0.1:1", "status", ID)

    assert ended.code == 4
    assert "no answer from http://127.0.0.1:1" in ended.err


@pytest.mark.parametrize("answer", [(200, "<html>hello</html>"), (404, "<html>no</html>"), (200, {"fine": True})])
def test_somebody_else_at_the_address_is_recognised(
    service: ScriptedService, slipway: Slipway, answer: tuple[int, Any]
) -> None:
    service.on("GET", STATUS, answer)

    ended = slipway("status", ID)

    assert ended.code == 4
    assert "is not Slipway" in ended.err


def test_an_answer_that_got_lost_is_asked_for_with_the_same_key(
    service: ScriptedService, slipway: Slipway, file: Path
) -> None:
    service.on("POST", "/api/deployments", Drop, (202, deployment("Succeeded")))

    ended = slipway("deploy", file, "--no-follow", "--interval", 0.3)

    assert ended.code == 0
    assert len({request.headers["idempotency-key"] for request in service.received}) == 1
    assert len(service.received) == 2


def test_a_request_that_may_have_arrived_can_be_sent_again_without_doing_it_twice(
    service: ScriptedService, slipway: Slipway, file: Path
) -> None:
    service.on("POST", "/api/deployments", Drop)

    ended = slipway("deploy", file, "--interval", 0.3, "--idempotency-key", "monday")

    assert ended.code == 4
    assert "--idempotency-key monday" in ended.err


def test_a_lost_connection_while_following_is_told_and_waited_out(service: ScriptedService, slipway: Slipway) -> None:
    service.on("GET", STATUS, deployment("Running"), Drop, (503, {"title": "Busy"}), SUCCEEDED)

    ended = slipway("status", ID, "--follow", "--interval", 0.3)

    assert ended.code == 0
    assert f"slipway status {ID} --follow" in ended.out
    assert "the service answers again" in ended.out
