"""Scoring processes: what they see, how they fail, and that nothing of them stays."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from local import loopback
from local.clock import Clock
from local.cloud.serving import Containers, Probe, ServingProcess, ServingSpec, launch
from local.waiting import PATIENCE, until
from tests.local.serving.groups import group_of, members, serving

SAMPLES = Path(__file__).parent / "samples"
REPOSITORY = Path(__file__).parents[3]
Start = Callable[[ServingSpec], tuple[ServingProcess, Any]]
Spec = Callable[..., ServingSpec]


def ask(process: ServingProcess, body: Any) -> Any:
    answer = loopback.ask("POST", f"http://127.0.0.1:{process.port}/score", json=body)
    assert answer.status_code == 200, process.log()
    return answer.json()


def test_a_healthy_process_answers_and_logs(start: Start, spec: Spec) -> None:
    process, reports = start(spec())

    assert (process.state, process.failure, reports.states) == ("healthy", None, ["healthy"])
    assert ask(process, {"data": [[1, 1, 1]]}) == [111]
    assert "reading weights" in process.log()
    assert "asked for ['data']" in process.log()
    assert len(process.log(lines=2).splitlines()) == 2
    assert "model weights:1: 1 file," in process.log(container="StorageInitializer")
    assert process.log(container="storage-initializer") == process.log(container="StorageInitializer")
    with pytest.raises(ValueError, match="InferenceServer"):
        process.log(container="sidecar")


def test_both_logs_tell_the_time_of_the_local_azure(start: Start, spec: Spec) -> None:
    process, _ = start(spec())
    ask(process, {"data": [[1, 1, 1]]})
    until(lambda: "gunicorn.access" in process.log())  # a request is logged after its answer

    logs = process.log() + process.log(container="StorageInitializer")

    stamps = re.findall(r"20\d\d-\d\d-\d\d|\d\d/[A-Z][a-z]{2}/20\d\d", logs)
    assert len(stamps) > 5
    assert set(stamps) == {"2030-01-01", "01/Jan/2030"}


def test_it_listens_on_the_loopback_interface_only(start: Start, spec: Spec) -> None:
    process, _ = start(spec())

    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex(("127.0.0.2", process.port)) != 0


def test_it_sees_its_own_variables_and_nothing_of_this_machine(
    start: Start, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/machine/ca.pem")
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "x")
    process, _ = start(
        spec(
            environment_variables={"GREETING": "hello", "IDENTITY_ENDPOINT": "mine", "AZUREML_MODEL_DIR": "mine"},
            process_environment={"IDENTITY_ENDPOINT": "http://127.0.0.1:1/token", "SSL_CERT_FILE": "/local/ca.pem"},
        )
    )

    def variable(name: str) -> Any:
        return ask(process, {"variable": name})

    assert variable("GREETING") == "hello"
    assert variable("SECRET_OF_THE_SHELL") == "unset"
    assert variable("SSL_CERT_FILE") == "/local/ca.pem"
    assert variable("IDENTITY_ENDPOINT") == "http://127.0.0.1:1/token"
    assert variable("AZUREML_MODEL_DIR").endswith("/azureml-models/weights/1")
    assert variable("AML_APP_ROOT").endswith("/azureml-app/code")
    assert variable("AZUREML_ENTRY_SCRIPT") == "score.py"


def test_the_registered_assets_are_copies(start: Start, spec: Spec) -> None:
    process, _ = start(spec())
    (root,) = {Path(ask(process, {"variable": "AZUREML_MODEL_DIR"}))}

    (root / "model" / "weights.json").write_text("changed")

    assert (SAMPLES / "linear" / "model" / "model" / "weights.json").read_text().strip() == "[1, 10, 100]"


def test_a_script_in_a_subfolder_and_a_model_of_one_file(start: Start, spec: Spec, tmp_path: Path) -> None:
    code = tmp_path / "src"
    (code / "online").mkdir(parents=True)
    script = "import os\ndef init(): pass\ndef run(raw): return sorted(os.listdir(os.environ['AZUREML_MODEL_DIR']))\n"
    (code / "online" / "main.py").write_text(script)
    (tmp_path / "model.bin").write_text("x")

    process, _ = start(
        spec(code_dir=code, scoring_script="online/main.py", model_dir=tmp_path / "model.bin", model_version="7")
    )

    assert ask(process, {}) == ["model.bin"]


def test_a_failing_init_fails_the_deployment_with_its_log(start: Start, spec: Spec) -> None:
    process, reports = start(spec(code_dir=SAMPLES / "broken"))

    assert (process.state, reports.states) == ("failed", ["failed"])
    assert process.failure is not None
    assert process.failure.code == "ResourceNotReady"
    assert process.failure.message.startswith("User container has crashed or terminated: FileNotFoundError")
    assert "exit code 3" in process.failure.message
    assert "no-such-model.pkl" in process.log()


@pytest.mark.parametrize(
    ("script", "code"), [("missing.py", "UserError"), ("../score.py", "UserError"), ("/etc/score.py", "UserError")]
)
def test_a_script_that_is_not_in_the_code_folder(start: Start, spec: Spec, script: str, code: str) -> None:
    process, _ = start(spec(scoring_script=script))

    assert process.failure is not None
    assert process.failure.code == code
    assert script in process.failure.message


def test_an_image_that_cannot_run_here_is_not_pretended(start: Start, spec: Spec) -> None:
    process, _ = start(spec(image="docker.io/somebody/their-server:1"))

    assert process.state == "failed"
    assert process.failure is not None
    assert process.failure.code == "ImageNotRunnableLocally"
    assert "their-server" in process.failure.message
    assert process.log() == ""


HANGS = "import threading\ndef init(): threading.Event().wait()\ndef run(raw): return raw\n"
SHORT = Probe(initial_delay=timedelta(seconds=1), period=timedelta(seconds=1), failure_threshold=1)


def code_of(folder: Path, script: str) -> Path:
    """A code folder with one script."""
    folder.mkdir()
    (folder / "score.py").write_text(script)
    return folder


def test_an_init_beyond_what_a_probe_allows_fails_in_azures_words(start: Start, spec: Spec, tmp_path: Path) -> None:
    process, _ = start(spec(code_dir=code_of(tmp_path / "code", HANGS), liveness=SHORT))

    assert process.failure is not None
    assert process.failure.code == "ResourceNotReady"
    assert process.failure.message.startswith(
        "User container has crashed or terminated: Liveness probe failed: HTTP probe failed with statuscode: 502"
    )
    assert process.takes == timedelta(seconds=3)
    until(lambda: not serving(process.spec))


def test_an_init_that_takes_long_within_its_probes_is_waited_for(start: Start, spec: Spec, tmp_path: Path) -> None:
    script = "import time\ndef init(): time.sleep(1.5)\ndef run(raw): return 1\n"
    patient = Probe(initial_delay=timedelta(seconds=1), period=timedelta(seconds=1))
    code = code_of(tmp_path / "code", script)

    process, _ = start(spec(code_dir=code, liveness=patient, readiness=patient))

    assert process.state == "healthy"
    assert process.takes >= timedelta(seconds=2), "as many seconds pass in Azure as passed here"


def test_stopped_while_it_starts(spec: Spec, containers: Containers) -> None:
    reported: list[str] = []
    process = launch(spec(), Clock(), containers, lambda process: reported.append(process.state))

    process.stop()

    assert (process.state, reported) == ("stopped", [])
    until(lambda: not serving(process.spec))


def test_stopping_ends_the_whole_group(start: Start, spec: Spec) -> None:
    process, reports = start(spec())
    group = group_of(process.spec)

    process.stop()
    process.stop()

    assert process.state == "stopped"
    assert members(group) == []
    assert reports.states == ["healthy"]
    with pytest.raises(httpx.ConnectError):
        ask(process, {})


def test_a_server_that_ends_by_itself_is_started_again(start: Start, spec: Spec) -> None:
    at_once = Probe(initial_delay=timedelta())
    process, reports = start(spec(liveness=at_once, readiness=at_once))
    group = group_of(process.spec)

    for member in members(group):
        os.kill(member, signal.SIGKILL)
    until(lambda: process.told != "" and process.ready)

    assert process.told == "1 restart, the container has ended: exit code -9"
    assert "started again" in process.log()
    assert group_of(process.spec) != group
    assert ask(process, {"data": [[1, 2, 3]]})
    assert reports.states == ["healthy"]


def test_nothing_outlives_a_killed_owner(spec: Spec, scoring_python: Path, tmp_path: Path) -> None:
    owner_script = """
import sys, threading
from pathlib import Path
from local.clock import Clock
from local.cloud.serving import Containers, ServingSpec, launch
code, model, root, python, cache = map(Path, sys.argv[1:6])
spec = ServingSpec("e", "d", *sys.argv[6:], code, "score.py", model, "m", "1", root)
ready = threading.Event()
containers = Containers(cache, python, images=cache / "none", variables={})
process = launch(spec, Clock(), containers, lambda process: ready.set())
ready.wait(60)
print(process.state, flush=True)
threading.Event().wait()
"""
    wanted = spec()
    folders = [wanted.code_dir, wanted.model_dir, wanted.root, scoring_python, tmp_path / "cache"]
    arguments = [*folders, wanted.image, wanted.conda_file]
    command = [sys.executable, "-c", owner_script, *map(str, arguments)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline().strip() == "healthy"
        group = group_of(wanted)
        assert len(members(group)) >= 2
        owner.kill()

    assert until(lambda: not members(group))


def test_time_stands_still_until_the_process_has_been_reported(spec: Spec, containers: Containers) -> None:
    clock = Clock(stepped=True)
    seen: list[str] = []
    passed = threading.Event()

    def reported(process: ServingProcess) -> None:
        seen.append(process.state)

    def later() -> None:
        seen.append("seven minutes later")
        passed.set()

    process = launch(spec(), clock, containers, reported)
    clock.alarm(clock.now() + timedelta(minutes=7), later)
    assert passed.wait(PATIENCE)
    process.stop()
    clock.close()

    assert seen == ["healthy", "seven minutes later"]


def test_more_workers_on_request(start: Start, spec: Spec) -> None:
    process, _ = start(spec(environment_variables={"WORKER_COUNT": "2"}))

    # The supervisor, gunicorn's master and two workers. The first may answer before the second is there.
    group = group_of(process.spec)
    until(lambda: len(members(group)) == 4)


@pytest.mark.parametrize("variables", [{"A": "x\0y"}, {"A=B": "x"}])
def test_what_no_process_can_be_started_with_is_a_failure(start: Start, spec: Spec, variables: dict[str, str]) -> None:
    process, reports = start(spec(environment_variables=variables))

    assert (process.state, reports.states) == ("failed", ["failed"])
    assert process.failure is not None
    assert process.failure.code == "InternalServerError"
    assert "could not start the scoring process" in process.failure.message
