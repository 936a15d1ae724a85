"""The command against a service with prepared answers: what it sends, prints, and ends with."""

import json
from pathlib import Path

import pytest

from cli.local_assets import LocalCode
from tests.unit.scripted_service import Plain, ScriptedService
from tests.unit.slipway_command import (
    DIGEST,
    ID,
    REQUEST,
    STATUS,
    SUCCEEDED,
    Slipway,
    deployment,
    file,
    service,
    slipway,
    step,
)

__all__ = ["file", "service", "slipway"]

FAILURE = {
    "code": "WrongAnswer",
    "step": "smoke_test",
    "message": "the answer was [7], not [388]",
    "suggestion": "Check the model version.",
    "cause": "ModelError",
    "log_tail": "line one\nline \x1b[31mtwo\x07",
}
LEDGER = [
    {"kind": "endpoint", "id": "/e", "name": "credit-risk", "fate": "stays", "reason": "it costs nothing"},
    {"kind": "deployment", "id": "/d", "name": "blue", "fate": "undone"},
    {"kind": "role_assignment", "id": "/r", "name": "AcrPull on registry", "fate": "undo_failed", "reason": "403"},
]


def test_deploy_sends_the_request_and_follows_it_to_its_result(
    service: ScriptedService, slipway: Slipway, file: Path
) -> None:
    service.on("POST", "/api/deployments", (202, deployment("Pending")))
    running = deployment("Running", steps=[step("register_model", "running")])
    service.on("GET", STATUS, running, SUCCEEDED)

    ended = slipway("deploy", file, "--interval", 0.3)

    assert ended.code == 0
    assert service.received[0].body == REQUEST
    assert service.received[0].headers["idempotency-key"].startswith("slipway-cli-")
    assert f"accepted as {ID}" in ended.out
    assert "register_model: running" in ended.out
    assert "https://credit-risk.eastus.inference.ml.azure.com/score" in ended.out
    assert "green 100 % → blue 100 %" in ended.out
    assert "[388.02]" in ended.out


@pytest.mark.parametrize(
    ("state", "code"), [("Succeeded", 0), ("Failed", 1), ("Canceled", 3), ("Running", 0), ("Suspended", 0)]
)
def test_the_exit_code_is_the_outcome(service: ScriptedService, slipway: Slipway, state: str, code: int) -> None:
    service.on("GET", STATUS, deployment(state))

    assert slipway("status", ID).code == code


def test_a_failure_is_told_with_what_to_do_and_what_stays(service: ScriptedService, slipway: Slipway) -> None:
    service.on("GET", STATUS, deployment("Failed", error=FAILURE, ledger=LEDGER))

    ended = slipway("status", ID)

    lines = [line.strip() for line in ended.out.splitlines()]
    assert "WrongAnswer in smoke_test" in lines
    assert "the answer was [7], not [388]" in lines
    assert "what to do   Check the model version." in lines
    assert "Azure says   ModelError" in lines
    assert lines[lines.index("stays") + 1] == "endpoint credit-risk (it costs nothing)"
    assert lines[lines.index("could not be undone: remove it yourself") + 1].startswith("role assignment AcrPull")


def test_a_models_log_cannot_command_the_terminal(service: ScriptedService, slipway: Slipway) -> None:
    service.on("GET", STATUS, deployment("Failed", error=FAILURE))

    ended = slipway("status", ID)

    assert "    line two\n" in ended.out
    assert "\x1b" not in ended.out
    assert "\x07" not in ended.out


def test_a_log_is_printed_as_it_is_and_cannot_command_the_terminal(service: ScriptedService, slipway: Slipway) -> None:
    service.on("GET", f"{STATUS}/logs", Plain("loss\t0.1\n[/bold] \x1b[31mé\n"))

    assert slipway("logs", ID) == (0, "loss\t0.1\n[/bold] é\n", "")
    assert slipway("logs", ID, "--container", "storage-initializer").code == 0
    assert [one.path.partition("?")[2] for one in service.received] == [
        "container=inference-server",
        "container=storage-initializer",
    ]


def test_a_log_that_there_is_not_says_why(service: ScriptedService, slipway: Slipway) -> None:
    service.on("GET", f"{STATUS}/logs", (404, {"title": "No log", "detail": "none was kept (it was away)"}))

    ended = slipway("logs", ID)

    assert (ended.code, ended.out) == (2, "")
    assert "404 No log: none was kept (it was away)" in ended.err
    service.on("GET", f"{STATUS}/logs", {"fine": True})
    assert slipway("logs", ID).code == 4


def test_a_failure_says_how_to_see_the_whole_log(service: ScriptedService, slipway: Slipway) -> None:
    service.on("GET", STATUS, deployment("Failed", error=FAILURE, links={"logs": f"{STATUS}/logs"}))

    assert f"slipway logs {ID}" in slipway("status", ID).out
    service.on("GET", STATUS, deployment("Failed", error=FAILURE, links={"self": STATUS}))
    assert "slipway logs" not in slipway("status", ID).out


def test_a_wait_is_told_with_the_time_left_on_the_services_own_clock(
    service: ScriptedService, slipway: Slipway
) -> None:
    waiting = step("roles_effective", "waiting", waiting_until="2026-11-20T14:37:30Z", detail="2 role assignments")
    service.date = "Fri, 20 Nov 2026 14:25:30 GMT"
    service.on("GET", STATUS, deployment("Running", steps=[waiting]))

    ended = slipway("status", ID)

    assert "14:25:30 roles_effective: waiting until 14:37 UTC, 12 min left (2 role assignments)" in ended.out


@pytest.mark.parametrize("date", [None, "yesterday"])
def test_an_answer_without_its_time_says_until_when_and_not_how_long(
    service: ScriptedService, slipway: Slipway, date: str | None
) -> None:
    service.date = date
    service.on("GET", STATUS, deployment("Running", steps=[step("w", "waiting", waiting_until="2026-11-20T14:37:30Z")]))

    ended = slipway("status", ID)

    assert ended.out.startswith("14:25:00 w: waiting until 14:37 UTC\n")


def test_json_is_exactly_what_the_service_said(service: ScriptedService, slipway: Slipway, file: Path) -> None:
    service.on("POST", "/api/deployments", (202, deployment("Pending")))
    service.on("GET", STATUS, deployment("Running"), SUCCEEDED)

    followed = slipway("deploy", file, "--json", "--interval", 0.3)
    accepted = slipway("deploy", file, "--json", "--no-follow")

    assert followed.out == json.dumps(SUCCEEDED) + "\n"
    assert accepted.out == json.dumps(deployment("Pending")) + "\n"


def test_fields_of_a_newer_service_do_not_stop_an_older_command(service: ScriptedService, slipway: Slipway) -> None:
    service.on("GET", STATUS, deployment("Running", steps=[step("new", "running", colour="red")], mood="good"))

    assert slipway("status", ID).code == 0


def test_a_plan_is_shown_with_its_problems_and_fails(service: ScriptedService, slipway: Slipway, file: Path) -> None:
    grant = {"role": "AcrPull", "role_definition_id": "/r", "scope": "/x/registries/acr", "reason": "pulls images"}
    problem = {"code": "MissingRight", "path": "access", "message": "no right", "suggestion": "Ask the platform team."}
    few = {"code": "FewInstances", "path": "deployment.instance_count", "message": "1 of 3", "command": "set it"}
    name = {"code": "NameUnknown", "path": "endpoint.name", "message": "whether it is free", "command": "nslookup it"}
    service.on(
        "POST",
        "/api/plans",
        {
            "model": "credit-risk:1",
            "creates": ["endpoint credit-risk", "deployment blue"],
            "grants": [grant],
            "role_wait": "PT900S",
            "problems": [{**problem, "command": "az role assignment create"}],
            "warnings": [few],
            "unchecked": [name],
            "usage": [{"name": "standardDSv2Family", "used": 8, "takes": 8, "limit": 24}],
            "digest": DIGEST,
        },
    )

    ended = slipway("plan", file)

    assert ended.code == 1
    assert service.received[0].body == REQUEST
    assert "creates   endpoint credit-risk\n            deployment blue\n" in ended.out
    assert "AcrPull on acr: pulls images" in ended.out
    assert "15 min for roles to take effect" in ended.out
    assert "access: no right [MissingRight]\n    Ask the platform team.\n    $ az role assignment create" in ended.out
    assert "warning   deployment.instance_count: 1 of 3 [FewInstances]\n    $ set it\n" in ended.out
    assert "unchecked endpoint.name: whether it is free [NameUnknown]\n    $ nslookup it\n" in ended.out
    assert "quota     standardDSv2Family: 8 in use, 16 of 24 afterwards\n" in ended.out
    assert f"digest    {DIGEST}\n" in ended.out


def test_a_deployment_names_the_plan_that_it_is_to_be(service: ScriptedService, slipway: Slipway, file: Path) -> None:
    service.on("POST", "/api/deployments", (202, deployment("Running")))

    assert slipway("deploy", file, "--if-plan", DIGEST, "--no-follow").code == 0

    assert service.received[0].body == {**REQUEST, "plan": DIGEST}


def test_a_plan_without_problems_succeeds(service: ScriptedService, slipway: Slipway, file: Path) -> None:
    service.on("POST", "/api/plans", {"model": "credit-risk:1"})

    assert slipway("plan", file).code == 0


def test_a_list_asks_for_what_was_named_and_tells_how_to_see_more(service: ScriptedService, slipway: Slipway) -> None:
    following = f"/api/deployments?limit=1&after={ID}&endpoint=credit-risk"
    service.on("GET", "/api/deployments", {"deployments": [deployment("Failed", error=FAILURE)], "next": following})

    ended = slipway("list", "--endpoint", "credit-risk", "--limit", 1)

    assert service.received[0].path == "/api/deployments?endpoint=credit-risk&limit=1"
    assert f"2026-11-20 14:00  Failed  credit-risk:1  credit-risk/blue  {ID}  WrongAnswer\n" in ended.out
    assert f"slipway list --endpoint credit-risk --limit 1 --after {ID}" in ended.out


def test_events_are_listed_with_what_became_of_them(service: ScriptedService, slipway: Slipway) -> None:
    event = {"id": "reg-1", "model": "credit-risk", "created": "2026-11-20T14:00:00Z"}
    started = {**event, "version": "2", "outcome": "deploying", "deployments": {"credit-risk": ID}}
    ignored = {**event, "version": "3", "outcome": "ignored", "reasons": ["no policy matches"]}
    service.on("GET", "/api/events", {"events": [ignored, started]})

    said = slipway("events", "--model", "credit-risk")

    assert service.received[0].path == "/api/events?model=credit-risk"
    assert said.out.splitlines() == [
        "2026-11-20 14:00  ignored    credit-risk:3  no policy matches",
        f"2026-11-20 14:00  deploying  credit-risk:2  {ID}",
    ]


def test_code_is_registered_under_the_name_that_policies_use(
    slipway: Slipway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "score.py").write_text("def init(): ...")
    asked = (tmp_path, "--name", "scoring", "--version", "1")

    refused = slipway("register-code", *asked)
    monkeypatch.setattr("cli.commands.workspace_of", lambda *_: Registered())
    done = slipway("register-code", *asked)

    assert (refused.code, "set SLIPWAY_SUBSCRIPTION_ID" in refused.err) == (2, True)
    assert done.code == 0
    assert "uploading code azureml:scoring:1 from" in done.out
    assert "(1 file, 15 bytes)" in done.out
    assert done.out.endswith("code is registered already: azureml:scoring:1\n")


class Registered:
    """A workspace that has everything already."""

    def register(self, local: LocalCode) -> tuple[str, bool]:
        return local.reference, False


def test_an_empty_list_says_so(service: ScriptedService, slipway: Slipway) -> None:
    service.on("GET", "/api/deployments", {"deployments": []})

    assert slipway("list").out == "No deployments.\n"


def test_two_fields_after_one_set_are_told_to_be_set_one_by_one(slipway: Slipway, file: Path) -> None:
    ended = slipway("deploy", "-f", file, "--set", "instance_count=2", "model=azureml:m:1")

    assert (ended.code, ended.out) == (2, "")
    assert "model=azureml:m:1 is no file: write --set before each field" in ended.err


@pytest.mark.parametrize(
    "arguments", [["launch"], ["deploy"], ["logs", ID, "--container", "istio"], ["status", ID, "--interval", "0.1"], []]
)
def test_wrong_usage_ends_with_2(slipway: Slipway, arguments: list[str]) -> None:
    assert slipway(*arguments).code == 2


def test_local_files_without_a_workspace_name_every_missing_setting(
    service: ScriptedService, slipway: Slipway, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.json").write_text("[]")
    path = tmp_path / "request.json"
    path.write_text(json.dumps({**REQUEST, "model": {"name": "credit-risk", "version": 1, "path": "./model"}}))

    ended = slipway("deploy", path, "--workspace", "ws")

    assert ended.code == 2
    assert "set SLIPWAY_SUBSCRIPTION_ID, SLIPWAY_RESOURCE_GROUP in" in ended.err
    assert not service.received
