"""The commands about online endpoints against a service with prepared answers: what they send, print, and end with."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.unit.scripted_service import Plain, Said, ScriptedService
from tests.unit.slipway_command import Slipway, service, slipway

__all__ = ["service", "slipway"]

HERE = "/api/endpoints/credit-risk"
BY_BLUE = {"azureml-model-deployment": "blue"}
FAILED = {**BY_BLUE, "ms-azureml-model-error-statuscode": "500", "ms-azureml-model-error-reason": "model_error"}


def deployment(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "state": "Succeeded",
        "model": "azureml:credit-risk:3",
        "environment": "azureml:serving:1",
        "instance_type": "Standard_DS3_v2",
        "instance_count": 2,
        "traffic": 0,
        "created": "2026-11-17T14:30:00Z",
        "made_by": {"name": "alex@contoso.com"},
        **more,
    }


ENDPOINT = {
    "name": "credit-risk",
    "state": "Succeeded",
    "auth_mode": "key",
    "identity": {"type": "user_assigned", "principal_id": "p-1", "user_assigned": ["/subscriptions/s/x/risk-identity"]},
    "scoring_uri": "https://credit-risk.eastus.inference.ml.azure.com/score",
    "traffic": {"blue": 100},
    "deployments": [
        deployment("blue", traffic=100, created="2026-11-20T13:45:00Z", made_by={"slipway": "dep-1"}),
        deployment("green", mirror_traffic=10, state="Updating"),
        deployment("old\x1b[31m"),
    ],
    "machines": [{"instance_type": "Standard_DS3_v2", "count": 6}],
    "unused": ["old\x1b[31m"],
}
CONSUMPTION = {
    "endpoint": "credit-risk",
    "scoring_uri": ENDPOINT["scoring_uri"],
    "auth_mode": "key",
    "key": {"kind": "key", "command": "az ml online-endpoint get-credentials", "right": "listKeys/action"},
    "request": {"data": []},
    "request_from": "placeholder",
    "no_swagger": "the endpoint answered 404",
    "samples": {"curl": "curl it\n", "python": "import it\n", "r": "library(it)\n"},
}


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def rows(text: str) -> list[list[str]]:
    """The cells of every line of a table."""
    return [[cell for cell in line.split("  ") if cell.strip()] for line in text.splitlines()]


def asked(service: ScriptedService) -> dict[str, list[str]]:
    return parse_qs(urlsplit(service.received[-1].path).query)


def test_findings_are_printed_with_what_mends_them(service: ScriptedService, slipway: Slipway) -> None:
    command = "slipway delete credit-risk/green"
    stray = {"kind": "deployment_without_release", "id": "/x", "detail": "green has no traffic\x1b[31m"}
    service.on("GET", "/api/findings", {"findings": [{**stray, "command": command}], "unchecked": ["alerts: no right"]})
    ended = slipway("findings")

    assert ended.code == 0
    assert ended.out.splitlines() == [
        "deployment_without_release: green has no traffic",
        f"  {command}",
        "not compared: alerts: no right",
    ]
    assert json.loads(slipway("findings", "--json").out)["findings"][0]["command"] == command
    service.on("GET", "/api/findings", {"findings": []})
    assert slipway("findings").out == "Nothing found.\n"
    service.on("GET", "/api/findings", (503, {"title": "Azure unavailable", "status": 503, "detail": "busy"}))
    assert slipway("findings").code == 4


def test_endpoints_are_listed_with_what_they_keep(service: ScriptedService, slipway: Slipway) -> None:
    service.on("GET", "/api/endpoints", {"endpoints": [ENDPOINT], "next": "/api/endpoints?limit=1&after=two"})

    ended = slipway("endpoints", "--name", "credit", "--limit", 1)

    assert ended.code == 0
    assert asked(service) == {"name": ["credit"], "limit": ["1"]}
    [line] = [line for line in ended.out.splitlines() if line.startswith("credit-risk")]
    assert [cell.strip() for cell in rows(line)[0]] == [
        "credit-risk", "Succeeded", "key", "blue 100 %", "3, unused: old", "6 x Standard_DS3_v2",
    ]  # fmt: skip
    assert "More of them: slipway endpoints --name credit --limit 1 --after two" in ended.out


def test_one_whose_deployments_are_not_told_is_listed_with_the_reason(
    service: ScriptedService, slipway: Slipway
) -> None:
    bare = {**ENDPOINT, "deployments": [], "machines": [], "unused": [], "not_told": "Azure is busy\x1b[31m"}
    service.on("GET", "/api/endpoints", {"endpoints": [ENDPOINT, {**bare, "name": "churn"}]})

    lines = slipway("endpoints").out.splitlines()

    [row] = [line for line in lines if line.startswith("churn")]
    assert [cell.strip() for cell in rows(row)[0]][-2:] == ["not told", "not told"]
    assert lines[-1] == "deployments of churn: Azure is busy"


def test_no_endpoints_are_told_as_none(service: ScriptedService, slipway: Slipway) -> None:
    service.on("GET", "/api/endpoints", {"endpoints": []})

    assert slipway("endpoints") == (0, "No endpoints.\n", "")


def test_an_endpoint_is_told_in_a_table_that_cannot_command_the_terminal(
    service: ScriptedService, slipway: Slipway
) -> None:
    service.on("GET", HERE, ENDPOINT)

    ended = slipway("endpoint", "credit-risk")

    assert ended.code == 0
    assert ended.out.startswith("credit-risk: Succeeded\n")
    assert "  identity     risk-identity (p-1)\n" in ended.out
    cells = {row[0].strip(): [cell.strip() for cell in row] for row in rows(ended.out) if row}
    assert cells["blue"] == [
        "blue", "Succeeded", "100 %", "credit-risk:3 in serving:1", "2 x Standard_DS3_v2", "45 min ago by Slipway",
    ]  # fmt: skip
    assert cells["green"][1:3] == ["Updating", "0 % +10 % mirrored"]
    assert cells["old"][-1] == "3 days ago by alex@contoso.com"
    assert "old keeps 2 instances of Standard_DS3_v2 and gets no request\n" in ended.out
    assert "\x1b" not in ended.out


@pytest.mark.parametrize(
    ("command", "path", "body"),
    [
        (("endpoints",), "/api/endpoints", {"endpoints": []}),
        (("endpoint", "credit-risk"), HERE, ENDPOINT),
        (("consume", "credit-risk"), f"{HERE}/consume", CONSUMPTION),
    ],
)
def test_as_json_is_what_the_service_said(
    service: ScriptedService, slipway: Slipway, command: tuple[str, ...], path: str, body: Any
) -> None:
    service.on("GET", path, body)

    assert json.loads(slipway(*command, "--json").out) == body


@pytest.mark.parametrize(
    "command",
    [
        ("endpoint", "nobodys"),
        ("endpoint-logs", "nobodys/blue"),
        ("consume", "nobodys"),
        ("invoke", "nobodys", "--request", "-"),
    ],
    ids=lambda command: command[0],
)
def test_one_that_is_not_there_is_refused(
    service: ScriptedService, slipway: Slipway, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    typed(monkeypatch, "{}")
    there_is_none = (404, {"title": "No such endpoint", "detail": "there is no endpoint nobodys"})
    for method, path in (("GET", ""), ("GET", "/consume"), ("GET", "/deployments/blue/logs"), ("POST", "/invoke")):
        service.on(method, f"/api/endpoints/nobodys{path}", there_is_none)

    ended = slipway(*command)

    assert (ended.code, ended.out) == (2, "")
    assert "there is no endpoint nobodys" in ended.err


def test_logs_are_printed_without_commands_for_the_terminal(service: ScriptedService, slipway: Slipway) -> None:
    service.on("GET", f"{HERE}/deployments/blue/logs", Plain("==> inference-server <==\n\x1b[31mone\n"))

    ended = slipway("endpoint-logs", "credit-risk/blue", "--container", "inference-server", "--tail", 5)

    assert ended == (0, "==> inference-server <==\none\n", "")
    assert asked(service) == {"container": ["inference-server"], "tail": ["5"]}
    assert slipway("endpoint-logs", "credit-risk/blue").code == 0
    assert asked(service) == {}


class TestInvoke:
    def test_the_answer_alone_goes_to_standard_output(
        self, service: ScriptedService, slipway: Slipway, tmp_path: Path
    ) -> None:
        service.on("POST", f"{HERE}/invoke", Said(b"[388.02]", headers=BY_BLUE))
        (tmp_path / "request.json").write_text('{"data": [[1]]}')

        ended = slipway("invoke", "credit-risk", "--request", tmp_path / "request.json", "-d", "blue", "--timeout", 9)

        assert ended == (0, "[388.02]\n", "answered by blue\n")
        assert service.received[0].body == {"data": [[1]]}
        assert service.received[0].headers["content-type"] == "application/json"
        assert asked(service) == {"deployment": ["blue"], "timeout": ["9"]}

    def test_standard_input_and_another_content_type_are_taken(
        self, service: ScriptedService, slipway: Slipway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service.on("POST", f"{HERE}/invoke", Said(b"fine\n"))
        typed(monkeypatch, "12")

        ended = slipway("invoke", "credit-risk", "--request", "-", "--content-type", "text/plain")

        assert (ended.code, ended.out) == (0, "fine\n")
        assert service.received[0].body == 12
        assert service.received[0].headers["content-type"] == "text/plain"

    def test_a_model_that_fails_is_told_with_what_it_said(
        self, service: ScriptedService, slipway: Slipway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service.on("POST", f"{HERE}/invoke", Said(b"no such column", 424, FAILED))
        typed(monkeypatch, "{}")

        ended = slipway("invoke", "credit-risk", "--request", "-")

        assert (ended.code, ended.out) == (1, "no such column\n")
        assert "the model failed with 500 (model_error); answered by blue" in ended.err

    @pytest.mark.parametrize(("status", "code"), [(409, 2), (422, 2), (429, 4), (502, 4), (504, 4)])
    def test_the_exit_code_says_whether_to_try_again(
        self, service: ScriptedService, slipway: Slipway, monkeypatch: pytest.MonkeyPatch, status: int, code: int
    ) -> None:
        service.on("POST", f"{HERE}/invoke", (status, {"title": "No", "detail": "not now"}))
        typed(monkeypatch, "{}")

        ended = slipway("invoke", "credit-risk", "--request", "-")

        assert (ended.code, ended.out) == (code, "")
        assert "not now" in ended.err

    def test_a_file_that_is_not_there_is_refused(self, slipway: Slipway, tmp_path: Path) -> None:
        ended = slipway("invoke", "credit-risk", "--request", tmp_path / "nothing.json")

        assert ended.code == 2
        assert "cannot be read" in ended.err


class TestChat:
    def test_each_question_goes_with_what_was_said_before(
        self, service: ScriptedService, slipway: Slipway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service.on("GET", f"{HERE}/consume", CONSUMPTION)
        said = [Said(json.dumps({"answer": text}).encode()) for text in ("Paris.", "Two\x1b[31m million.")]
        service.on("POST", f"{HERE}/invoke", *said)
        typed(monkeypatch, "Capital of France?\n\nHow many live there?\n")

        ended = slipway("chat", "credit-risk")

        assert (ended.code, ended.out) == (0, "Paris.\nTwo million.\n")
        first, second = [one.body for one in service.received if one.method == "POST"]
        assert first == {"question": "Capital of France?", "chat_history": []}
        assert second["chat_history"] == [
            {"inputs": {"question": "Capital of France?"}, "outputs": {"answer": "Paris."}}
        ]

    def test_the_flow_says_how_its_fields_are_called_and_options_say_otherwise(
        self, service: ScriptedService, slipway: Slipway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        swagger = {"x-chat-input": "query", "x-chat-output": "reply", "x-chat-history": "history"}
        service.on("GET", f"{HERE}/consume", {**CONSUMPTION, "swagger": swagger})
        service.on("POST", f"{HERE}/invoke", Said(b'{"said": "hello"}'))
        typed(monkeypatch, "hi\n")

        ended = slipway("chat", "credit-risk", "--output", "said")

        assert (ended.code, ended.out) == (0, "hello\n")
        assert service.received[-1].body == {"query": "hi", "history": []}

    def test_a_question_that_got_no_answer_is_no_part_of_it(
        self, service: ScriptedService, slipway: Slipway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service.on("GET", f"{HERE}/consume", CONSUMPTION)
        service.on("POST", f"{HERE}/invoke", Said(b"no key", 424, FAILED), Said(b'{"answer": 1}'))
        typed(monkeypatch, "one\ntwo\n")

        ended = slipway("chat", "credit-risk")

        assert (ended.code, ended.out, ended.err) == (0, "1\n", "the model failed: no key\n")
        assert service.received[-1].body["chat_history"] == []

    def test_the_exit_code_is_1_when_the_last_one_failed(
        self, service: ScriptedService, slipway: Slipway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service.on("GET", f"{HERE}/consume", CONSUMPTION)
        service.on("POST", f"{HERE}/invoke", Said(b"no", 424, FAILED))
        typed(monkeypatch, "one\n")

        assert slipway("chat", "credit-risk").code == 1

    def test_what_is_no_chat_is_said_with_what_it_answers(
        self, service: ScriptedService, slipway: Slipway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service.on("GET", f"{HERE}/consume", CONSUMPTION)
        service.on("POST", f"{HERE}/invoke", Said(b'{"score": 1, "class": 2}'))
        typed(monkeypatch, "one\n")

        ended = slipway("chat", "credit-risk")

        assert ended.code == 2
        assert "no field 'answer': it has score, class" in ended.err


class TestConsume:
    def test_it_says_where_the_key_is_and_how_to_call(self, service: ScriptedService, slipway: Slipway) -> None:
        service.on("GET", f"{HERE}/consume", CONSUMPTION)

        ended = slipway("consume", "credit-risk")

        assert ended.code == 0
        assert "the key      az ml online-endpoint get-credentials\n" in ended.out
        assert ended.out.endswith("curl it\n")
        assert "python, r" in ended.err

    def test_one_language_is_printed_alone(self, service: ScriptedService, slipway: Slipway, tmp_path: Path) -> None:
        service.on("GET", f"{HERE}/consume", CONSUMPTION)
        (tmp_path / "request.json").write_text('{"data": [1]}')

        ended = slipway("consume", "credit-risk", "-l", "python", "-d", "green", "-r", tmp_path / "request.json")

        assert ended == (0, "import it\n", "")
        assert asked(service) == {"deployment": ["green"], "request": ['{"data": [1]}']}

    def test_a_language_that_there_is_not_is_refused(self, slipway: Slipway) -> None:
        assert slipway("consume", "credit-risk", "--language", "cobol").code == 2

    def test_a_service_that_knows_one_less_says_so(self, service: ScriptedService, slipway: Slipway) -> None:
        service.on("GET", f"{HERE}/consume", CONSUMPTION)

        ended = slipway("consume", "credit-risk", "--language", "csharp")

        assert ended.code == 2
        assert "curl, python, r" in ended.err
