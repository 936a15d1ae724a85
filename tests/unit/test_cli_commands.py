"""The command against a service with prepared answers: what it sends, prints, and ends with."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cli.__main__ import main
from cli.local_assets import LocalCode
from tests.unit.scripted_service import Drop, Plain, ScriptedService

ID = "dep-00000000000000000000000000000001"
DIGEST = "0123456789abcdef" * 2
STATUS = f"/api/deployments/{ID}"
REQUEST = {
    "model": "azureml:credit-risk:1",
    "endpoint": {"name": "credit-risk"},
    "deployment": {
        "name": "blue",
        "environment": "azureml:serving:1",
        "code_configuration": {"code": "azureml:scoring:1", "scoring_script": "score.py"},
        "instance_type": "Standard_DS3_v2",
    },
    "smoke_test": {"request": {"data": [[1]]}, "expect": {"json": [1]}},
}


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Slipway = Callable[..., Ended]


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    with ScriptedService() as running:
        yield running


@pytest.fixture
def slipway(service: ScriptedService, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Slipway:
    for name in ("SLIPWAY_KEY", "SLIPWAY_SUBSCRIPTION_ID", "SLIPWAY_RESOURCE_GROUP", "SLIPWAY_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SLIPWAY_URL", service.url)
    # Progress must not wrap or change with the width of whoever runs the tests.
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*arguments: object) -> Ended:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "request.yml"
    path.write_text(json.dumps(REQUEST))
    return path


def deployment(state: str, **more: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "status": state,
        "endpoint": "credit-risk",
        "deployment": "blue",
        "model": "credit-risk:1",
        "created": "2026-11-20T14:00:00Z",
        "updated": "2026-11-20T14:25:00Z",
        **more,
    }


def step(name: str, state: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "state": state, "started": "2026-11-20T14:00:00Z", **more}


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
SUCCEEDED = deployment(
    "Succeeded",
    result={
        "observed": {
            "endpoint": "credit-risk",
            "deployment": "blue",
            "model_id": "/models/credit-risk/versions/1",
            "principal_id": "p",
            "scoring_uri": "https://credit-risk.eastus.inference.ml.azure.com/score",
            "traffic": {"blue": 100},
        },
        "answer": [388.02],
        "traffic_before": {"green": 100},
    },
)


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
