"""What the command does to endpoints, against a service with prepared answers."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.lists import print_releases
from cli.local_assets import LocalCode
from contracts.releases import ReleaseList
from tests.unit.scripted_service import ScriptedService
from tests.unit.slipway_command import Slipway, service, slipway

__all__ = ["service", "slipway"]
ID = f"op-rollback-{1:032x}"
HERE = f"/api/operations/{ID}"
MOMENT = "2026-11-20T14:30:00Z"


def operation(state: str, **more: Any) -> dict[str, Any]:
    return {"id": ID, "kind": "rollback", "status": state, "endpoint": "credit-risk", **more}


def observed(**traffic: int) -> dict[str, Any]:
    names = {"endpoint": "credit-risk", "deployment": "", "model_id": "", "principal_id": "p", "scoring_uri": "u"}
    return {**names, "traffic": traffic}


def test_rollback_asks_for_a_release_and_follows_it(service: ScriptedService, slipway: Slipway) -> None:
    result = {"release": 3, "observed": observed(blue=100), "traffic_before": {"green": 100}, "answers": {"blue": [17]}}
    service.on("POST", "/api/endpoints/credit-risk/rollback", (202, operation("Running")))
    service.on("GET", HERE, operation("Succeeded", result=result))

    done = slipway("rollback", "credit-risk", "--to", "3")

    assert done.code == 0
    sent = service.received[0]
    assert (sent.body, bool(sent.headers["idempotency-key"])) == ({"to": 3, "when_busy": "queue"}, True)
    assert "Succeeded: rollback of credit-risk" in done.out
    assert "release 3 again" in done.out
    assert "green 100 % → blue 100 %" in done.out


@pytest.mark.parametrize(("state", "code"), [("Failed", 1), ("Canceled", 3)])
def test_how_an_operation_ended_is_the_exit_code(
    service: ScriptedService, slipway: Slipway, state: str, code: int
) -> None:
    error = {"code": "ReleaseNotFound", "message": "there is no release 9", "suggestion": "Take another."}
    service.on("POST", "/api/endpoints/credit-risk/rollback", (202, operation("Running")))
    service.on("GET", HERE, operation(state, error=error))

    done = slipway("rollback", "credit-risk")

    assert done.code == code
    assert "there is no release 9" in done.out


def test_traffic_sends_the_shares_and_shows_who_answered(service: ScriptedService, slipway: Slipway) -> None:
    result = {"observed": observed(blue=90, green=10), "answered": {"blue": 71, "green": 9}}
    service.on("PUT", "/api/endpoints/credit-risk/traffic", (202, operation("Succeeded", result=result)))

    done = slipway("traffic", "credit-risk", "blue=90", "green=10", "--mirror", "third=5", "--no-follow")

    assert done.code == 0
    assert service.received[0].body["traffic"] == {"blue": "90", "green": "10"}
    assert service.received[0].body["mirror_traffic"] == {"third": "5"}
    assert "blue 71, green 9" in done.out


def test_delete_says_what_would_go_and_what_went(service: ScriptedService, slipway: Slipway) -> None:
    gone = {"kind": "deployment", "id": "/x/blue", "name": "blue"}
    problem = {"code": "StillServing", "path": "force", "message": "it has traffic", "suggestion": "Move it."}
    left = {"kind": "role_assignment", "id": "/r", "name": "AcrPull on rg", "reason": "somebody else has granted it"}
    plan = {"endpoint": "credit-risk", "deployment": "blue", "removes": [gone], "leaves": [left]}
    path = "/api/endpoints/credit-risk/deployments/blue"
    ledger = [{**gone, "how": "removed"}]
    accepted = (202, operation("Succeeded", result={"ledger": ledger}))
    service.on("DELETE", path, {**plan, "problems": [{**problem, "command": ""}]}, accepted)

    planned = slipway("delete", "credit-risk/blue", "--plan")
    done = slipway("delete", "credit-risk/blue", "--force", "--when-busy", "reject", "--no-follow")

    assert (planned.code, done.code) == (1, 0)
    assert [one.path.partition("?")[2] for one in service.received] == ["plan=true", "force=true&when_busy=reject"]
    assert "deployment blue" in planned.out
    assert "AcrPull on rg: somebody else has granted it" in planned.out
    assert "[StillServing]" in planned.out
    assert "removed      deployment blue" in done.out
    assert slipway("delete", "/blue").code == 2


def test_removing_findings_says_what_would_go_and_what_went(service: ScriptedService, slipway: Slipway) -> None:
    grant = {"kind": "role_assignment", "id": "/R/Old", "name": "AcrPull on rg"}
    left = {"kind": "deployment", "id": "/d/green", "name": "green", "reason": "it has 100 % of the traffic"}
    path, ended = "/api/endpoints/credit-risk/findings", {"ledger": [{**grant, "how": "removed"}]}
    refused = {"code": "StillServing", "path": "id", "message": "it has traffic", "suggestion": "Move it."}
    service.on(
        "DELETE",
        path,
        {"endpoint": "credit-risk", "removes": [grant], "leaves": [left]},
        {"endpoint": "credit-risk", "problems": [{**refused, "command": ""}]},
        (202, operation("Succeeded", kind="remove_findings", result={**ended, "stays": {"green": "it has traffic"}})),
        (202, operation("Failed", kind="remove_findings", error=refused)),
    )

    planned = slipway("remove-findings", "credit-risk", "--plan")
    asked = slipway("remove-findings", "credit-risk", "--id", "/D/Green", "--plan", "--json")
    done = slipway("remove-findings", "credit-risk", "--id", "/R/Old", "--no-follow")
    failed = slipway("remove-findings", "credit-risk", "--no-follow")

    assert [planned.code, asked.code, done.code, failed.code] == [0, 1, 0, 1]
    assert [one.path.partition("?")[2] for one in service.received] == [
        "when_busy=queue&plan=true",
        "id=%2FD%2FGreen&when_busy=queue&plan=true",
        "id=%2FR%2FOld&when_busy=queue",
        "when_busy=queue",
    ]
    assert "AcrPull on rg" in planned.out
    assert "deployment green: it has 100 % of the traffic" in planned.out
    assert "removed      role assignment AcrPull on rg" in done.out
    assert "[StillServing]" in failed.out + failed.err or "StillServing" in failed.out


def test_update_sends_what_is_set(service: ScriptedService, slipway: Slipway) -> None:
    path = "/api/endpoints/credit-risk/deployments/blue"
    service.on("PATCH", path, (202, operation("Succeeded", kind="update_deployment", deployment="blue")))

    done = slipway(
        "update", "credit-risk/blue", "--set", "instance_count=2", "--set", "request_settings.request_timeout_ms=9000",
        "--in-place", "--no-follow",
    )  # fmt: skip

    assert done.code == 0
    assert service.received[0].body == {
        "instance_count": 2,
        "request_settings": {"request_timeout_ms": 9000},
        "in_place": True,
        "when_busy": "queue",
    }
    assert "Succeeded: update of credit-risk/blue" in done.out
    for wrong in ("instance_count", "=2", "instance_count=2 --set instance_count.x=1"):
        assert slipway("update", "credit-risk/blue", "--set", *wrong.split(" ")).code == 2


def test_update_uploads_code_of_this_machine(
    service: ScriptedService, slipway: Slipway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/api/endpoints/credit-risk/deployments/blue"
    service.on("PATCH", path, (202, operation("Succeeded", kind="update_deployment", deployment="blue")))
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "score.py").write_text("def init(): ...")
    monkeypatch.chdir(tmp_path)
    code = "code_configuration.code=./src"
    script = "code_configuration.scoring_script=score.py"

    wrong = slipway("update", "credit-risk/blue", "--set", code, "--set", "code_configuration.scoring_script=main.py",
                    "--set", "instance_count=2")  # fmt: skip
    nowhere = slipway("update", "credit-risk/blue", "--set", code, "--set", script)
    monkeypatch.setattr("cli.operation_commands.workspace_of", lambda *_: Registered())
    done = slipway("update", "credit-risk/blue", "--set", code, "--set", script, "--set",
                   "environment_variables.OLD=null", "--no-follow")  # fmt: skip

    assert (wrong.code, nowhere.code, done.code) == (2, 2, 0)
    assert "code_configuration.scoring_script: main.py is not in src" in wrong.err
    assert "scale in a request of its own" in wrong.err
    assert "to register local files, set SLIPWAY_SUBSCRIPTION_ID" in nowhere.err
    assert "uploading code azureml:slipway-code-" in done.out
    [sent] = service.received
    assert sent.body["code_configuration"]["code"].startswith("azureml:slipway-code-")
    assert sent.body["code_configuration"]["scoring_script"] == "score.py"
    assert sent.body["environment_variables"] == {"OLD": None}


class Registered:
    """A workspace that has everything already."""

    def register(self, local: LocalCode) -> tuple[str, bool]:
        return local.reference, False


def test_releases_are_one_line_each(service: ScriptedService, slipway: Slipway) -> None:
    pin = {"deployment": "blue", "model": "/w/models/credit-risk/versions/3"}
    release = {"number": 4, "run": ID, "kind": "rollback", "restores": 2, "serving": [pin], "traffic": {"blue": 100}}
    service.on(
        "GET", "/api/endpoints/credit-risk/releases", {"releases": [{**release, "began": MOMENT, "ended": MOMENT}]}
    )
    service.on("GET", "/api/endpoints/unknown/releases", {"releases": []})

    [line] = slipway("releases", "credit-risk").out.splitlines()

    assert line.split("  ")[0] == "4"
    assert "credit-risk:3  rollback to 2  by request" in line
    assert "No releases." in slipway("releases", "unknown").out
    assert slipway("releases", "credit-risk", "--json").out.startswith("{")


def test_on_a_terminal_of_80_columns_a_release_and_its_run_have_a_line_each() -> None:
    pins = [{"deployment": "version-1", "model": "/w/models/credit-risk/versions/1"}]
    before, after = {"version-2": 100}, {"version-1": 100}
    release = {"number": 3, "run": ID, "kind": "rollback", "restores": 1, "serving": pins, "traffic_before": before}
    page = {"releases": [{**release, "traffic": after, "began": MOMENT, "ended": MOMENT}]}
    written = io.StringIO()
    screen = Console(file=written, force_terminal=True, color_system=None, width=80)

    print_releases(screen, ReleaseList.from_wire(page))

    first, second = written.getvalue().splitlines()
    assert first == "3  2026-11-20 14:30  live  version-2 100 % → version-1 100 %  credit-risk:1"
    assert second == f"   {ID}  rollback to 1 by request"


def test_cancel_and_status_take_the_id_of_an_operation(service: ScriptedService, slipway: Slipway) -> None:
    service.on("POST", f"{HERE}/cancel", (202, operation("Running")))
    service.on("GET", HERE, operation("Canceled"))
    deployment = {"id": "dep-1", "status": "Succeeded", "endpoint": "e", "deployment": "d", "model": "m:1"}
    service.on("POST", "/api/deployments/dep-1/cancel", deployment)

    assert slipway("cancel", ID).code == 3
    assert slipway("status", ID).code == 3
    assert slipway("cancel", "dep-1", "--no-follow").code == 0


def test_operations_are_listed_by_what_was_asked(service: ScriptedService, slipway: Slipway) -> None:
    running = operation("Running", created=MOMENT)
    service.on("GET", "/api/operations", {"operations": [running], "next": f"/api/operations?after={ID}"})

    said = slipway("operations", "--kind", "rollback")

    assert service.received[0].path == "/api/operations?kind=rollback"
    assert said.out.splitlines() == [
        f"2026-11-20 14:30  Running  rollback  credit-risk  {ID}",
        f"Older ones: slipway operations --kind rollback --after {ID}",
    ]
