"""`slipway runtime` against a service with prepared answers: what it sends, prints, and ends with."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from tests.unit.scripted_service import ScriptedService

ID = "run-00000000000000000000000000000001"
PATH = f"/api/runtimes/{ID}"
REQUEST = "name: flows\ncompute: {name: machine, size: Standard_DS3_v2}\n"
STEP = {
    "name": "plan_runtime",
    "state": "succeeded",
    "started": "2026-11-20T14:00:00Z",
    "ended": "2026-11-20T14:00:01Z",
}
SEEN = {
    "compute": "machine",
    "state": "Running",
    "image": "python:2",
    "address": "https://there",
    "health": "unchecked",
}
RUNNING = {"id": ID, "status": "Running", "compute": "machine", "name": "flows", "steps": [STEP]}
MADE = {**RUNNING, "status": "Succeeded", "result": {"seen": SEEN, "image_before": "python:1"}}
FAILED = {**RUNNING, "status": "Failed", "error": {"code": "QuotaExceeded", "message": "no cores", "suggestion": "ask"}}


def slipway(*words: str) -> int:
    return main([*words])


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedService]:
    with ScriptedService() as running:
        monkeypatch.setenv("SLIPWAY_URL", running.url)
        monkeypatch.delenv("SLIPWAY_KEY", raising=False)
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "runtime.yml"
    path.write_text(REQUEST)
    return path


def test_a_runtime_is_asked_for_and_followed(
    service: ScriptedService, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service.on("POST", "/api/runtimes", (202, RUNNING))
    service.on("GET", PATH, RUNNING, MADE)

    code = slipway("runtime", "-f", str(file), "--idempotency-key", "one", "--interval", "0.3")

    out = capsys.readouterr().out
    [sent, *_] = service.received
    assert (code, sent.headers["idempotency-key"], sent.body["compute"]["name"]) == (0, "one", "machine")
    for line in (
        "accepted as run-0",
        "plan_runtime: succeeded",
        "Succeeded: flows on machine",
        "python:2 (before: python:1)",
    ):
        assert line in out
    assert "health       unchecked" in out


@pytest.mark.parametrize(("status", "code"), [(MADE, 0), (FAILED, 1), ({**RUNNING, "status": "Canceled"}, 3)])
def test_the_exit_code_says_how_it_ended(
    service: ScriptedService, capsys: pytest.CaptureFixture[str], status: Any, code: int
) -> None:
    service.on("GET", PATH, status)

    assert slipway("status", ID, "--json") == code
    assert json.loads(capsys.readouterr().out) == status


def test_what_cannot_be_sent_is_refused_before_it_is(
    service: ScriptedService, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(REQUEST + "ports: {target: 1}\n")
    assert slipway("runtime", "-f", str(file)) == 2
    assert "ports.target" in capsys.readouterr().err
    assert slipway("runtime") == 2
    assert service.received == []


def test_a_deletion_is_shown_beforehand_and_followed_to_its_end(
    service: ScriptedService, capsys: pytest.CaptureFixture[str]
) -> None:
    path, deletion = "/api/runtimes/machine/flows", f"runtime-deletion-{1:032x}"
    role = {"kind": "role_assignment", "id": "/r", "name": "AcrPull on registry"}
    problem = {"code": "MadeByOthers", "path": "force", "message": "not ours", "suggestion": "ask"}
    foretold = {"compute": "machine", "name": "flows", "removes": [role], "problems": [problem]}
    ended = {
        **RUNNING,
        "id": deletion,
        "kind": "delete_runtime",
        "status": "Succeeded",
        "result": {"stays": {"compute machine": "busy"}, "ledger": [{**role, "how": "removed"}]},
    }
    service.on("DELETE", path, foretold, (202, {**ended, "status": "Running"}))
    service.on("GET", f"/api/runtimes/{deletion}", ended)

    assert slipway("delete-runtime", "machine/flows", "--with-compute", "--plan") == 1
    told = capsys.readouterr().out
    assert "Deleting machine/flows" in told
    assert "role assignment AcrPull on registry" in told
    assert slipway("delete-runtime", "machine/flows", "--force") == 0
    told = capsys.readouterr().out
    assert "Succeeded: deletion of flows on machine" in told
    assert "stays        compute machine: busy" in told
    assert "removed      role assignment AcrPull on registry" in told
    assert slipway("delete-runtime", "machine") == 2
    assert "write <compute>/<name>" in capsys.readouterr().err
    assert [one.path for one in service.received if one.method == "DELETE"] == [
        f"{path}?with_compute=true&plan=true",
        f"{path}?force=true&with_compute=false&when_busy=queue",
    ]


def test_an_automatic_runtime_has_what_its_flow_says(
    service: ScriptedService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared = {**MADE, "compute": "", "kind": "prepare_runtime", "result": {}}
    service.on("POST", "/api/runtimes/automatic", (202, prepared))
    service.on("GET", PATH, prepared)
    settings, folder = tmp_path / "automatic.yml", tmp_path / "flow"
    folder.mkdir()
    settings.write_text("name: flows\nsize: Standard_DS3_v2\n")
    (folder / "flow.dag.yaml").write_text("environment: {image: python:3.11}\n")
    (folder / "requirements.txt").write_text("# what it needs\n\npandas\n")

    assert slipway("prepare-runtime", "-f", str(settings), "--flow", str(folder)) == 0

    sent = service.received[0].body
    assert (sent["image"], sent["requirements"], sent["size"]) == ("python:3.11", ["pandas"], "Standard_DS3_v2")
    assert "Succeeded: automatic runtime flows" in capsys.readouterr().out
    assert slipway("prepare-runtime", "-f", str(settings), "--flow", str(tmp_path)) == 2


def test_runtimes_are_listed(service: ScriptedService, capsys: pytest.CaptureFixture[str]) -> None:
    service.on("GET", "/api/runtimes", {"runtimes": [FAILED]})

    assert slipway("runtimes", "--compute", "machine") == 0
    assert f"Failed  flows on machine  {ID}  QuotaExceeded" in capsys.readouterr().out
    assert service.received[0].path == "/api/runtimes?compute=machine"
