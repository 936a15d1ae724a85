"""The host in a process of its own: `python -m local.host`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local import loopback
from local.clock import Clock
from local.host.__main__ import main
from local.host.host import LocalHost
from local.waiting import PATIENCE
from tests.local.host.driver import APPS, ROOT


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start `python -m local.host`; the process and its URL."""
    running: list[subprocess.Popen[str]] = []

    def launch_(*options: str, app: str = "patterns") -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "local.host", "--app", str(APPS / app), "--data", str(tmp_path / "data")]
        process = subprocess.Popen(
            [*command, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        return process, line.rpartition(" ")[2].strip()

    yield launch_
    for process in running:
        process.kill()
        process.communicate()


def start(url: str, name: str, payload: Any, instance_id: str) -> None:
    """Start an orchestration; a host that dies on it does not answer."""
    path = f"{url}/runtime/webhooks/durabletask/orchestrators/{name}/{instance_id}"
    try:
        loopback.ask("POST", path, json=json.dumps(payload))
    except httpx.TransportError:
        return


def test_a_real_sigkill_in_the_middle_loses_nothing(
    launch: Callable[..., tuple[subprocess.Popen[str], str]], tmp_path: Path
) -> None:
    process, url = launch("--die-after-write", "5", "--speed", "600")
    start(url, "countdown", {"number": 3}, "one")
    assert process.wait(PATIENCE) == -signal.SIGKILL
    host = LocalHost(APPS / "patterns", data=tmp_path / "data", clock=Clock.load(tmp_path / "data" / "clock.json"))
    host.start()
    try:
        assert host.wait_for("one")["output"] == "lift-off"
    finally:
        host.stop()


def test_sigterm_ends_the_process_gracefully_and_the_ready_file_says_where_it_was(
    launch: Callable[..., tuple[subprocess.Popen[str], str]], tmp_path: Path
) -> None:
    ready = tmp_path / "ready.json"
    process, url = launch("--ready-file", str(ready), app="chain")
    assert json.loads(ready.read_text()) == {"url": url, "pid": process.pid}
    response = loopback.ask("POST", f"{url}/api/chains/one", json={"text": ""})
    assert response.status_code == 202
    os.kill(process.pid, signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_second_process_on_the_same_folder_says_why_it_will_not_start(
    launch: Callable[..., tuple[subprocess.Popen[str], str]],
) -> None:
    launch()
    second, line = launch()
    assert line == ""
    _, errors = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert "in use by another local host" in errors


def test_settings_of_the_app_become_environment_without_overriding_it(
    launch: Callable[..., tuple[subprocess.Popen[str], str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}')
    (app / "local.settings.json").write_text('{"Values": {"COLOUR": "blue", "SHAPE": "round"}}')
    (app / "function_app.py").write_text(
        "import os, pathlib, azure.functions as func\n"
        "app = func.FunctionApp(func.AuthLevel.ANONYMOUS)\n"
        "@app.route(route='seen')\n"
        "def seen(req: func.HttpRequest) -> str:\n"
        "    told = [os.environ['COLOUR'], os.environ['SHAPE'], pathlib.Path.cwd().name, __name__]\n"
        "    return ' '.join([*told, os.environ['FUNCTIONS_WORKER_RUNTIME'], os.environ['AzureWebJobsScriptRoot']])\n"
    )
    monkeypatch.setenv("COLOUR", "red")
    _, url = launch(app=str(app))
    assert loopback.ask("GET", f"{url}/seen").text == f"red round app function_app python {app}"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--app", "nowhere"], "is not a folder"),
        (["--clock", "nowhere.json"], "nowhere.json does not exist"),
        (["--clock", "clock.json", "--speed", "2"], "only one of --clock and --speed"),
        (["--speed", "3"], "runs at speed 60"),
        (["--app", "empty"], "has no function_app.py"),
        (["--app", "broken"], "host.json is not valid JSON"),
    ],
)
@pytest.mark.usefixtures("left_as_it_was")
def test_options_that_cannot_work_are_refused_with_what_to_do(
    options: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("empty", "broken", "data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "broken" / "host.json").write_text("{} {}")
    Clock(speed=60).save(tmp_path / "clock.json")
    Clock(speed=60).save(tmp_path / "data" / "clock.json")
    speed = [] if "--speed" in options or "--clock" in options else ["--speed", "60"]
    assert main(["--app", str(APPS / "chain"), "--data", "data", *speed, *options]) == 1
    assert told in capsys.readouterr().err
