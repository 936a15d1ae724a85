"""`make up`: its data folder is its own, Ctrl-C ends it whatever it is doing, and a shell gets what it takes back."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from local.shell_file import write_shell_file
from local.stack import ROOT
from local.waiting import PATIENCE

ANY = ("--port", "0", "--cloud-port", "0", "--proxy-port", "0")


def up(data: Path, *options: str) -> subprocess.Popen[str]:
    """Started as a terminal starts it: Ctrl-C reaches its whole process group."""
    command = [sys.executable, "-m", "local.up", "--data", str(data), "--speed", "600", *ANY, *options]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def refused(data: Path, *options: str) -> str:
    """What it says when it does not start, as one line."""
    with up(data, *options) as process:
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    return " ".join(said.split())


def test_a_port_that_is_taken_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(tmp_path, "--proxy-port", str(port))
    assert f"Port {port} of 127.0.0.1 is taken" in said
    assert f'make up ARGS="--proxy-port {port + 100}"' in said


SHELL = """
env | sort > before
source ./env
source ./env
[ "$SLIPWAY_URL" = http://here ] && [ "$HTTPS_PROXY" = http://proxy ] && [ -z "${AZURE_TENANT_ID+x}" ] || exit 3
grep -c BEGIN "$SSL_CERT_FILE"
slipway_off
env | sort > after
diff before after && ! type slipway slipway_off 2> /dev/null
"""


def test_a_shell_is_as_it_was_after_slipway_off(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("BEGIN\n")
    environment = {
        "SLIPWAY_URL": "http://here",
        "HTTPS_PROXY": "http://proxy",
        "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
    }
    write_shell_file(tmp_path / "env", environment)
    before = {"PATH": os.environ["PATH"], "AZURE_TENANT_ID": "my own; $HOME", "HTTPS_PROXY": "http://mine"}

    done = subprocess.run(["bash", "-c", SHELL], cwd=tmp_path, env=before, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    # Beside the local Azure's authority there are those that this machine trusts.
    assert int(done.stdout.split()[0]) > 10


def test_files_of_somebody_else_are_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")

    assert "holds files of somebody else" in refused(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_the_folder_of_another_that_runs_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text("in use")
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        assert "is in use: end the other" in refused(tmp_path)

    assert (tmp_path / "clock.json").read_text() == "in use"


@pytest.mark.parametrize("reached", ["cloud.log", "credit-risk", "request.json"])
def test_ctrl_c_ends_it_whatever_it_is_doing(tmp_path: Path, reached: str) -> None:
    (tmp_path / "lock").touch()
    (tmp_path / "left-by-the-last-one").touch()
    with up(tmp_path, "--fresh") as process:
        pause, deadline = threading.Event(), time.monotonic() + PATIENCE
        while not (tmp_path / reached).exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            pause.wait(0.02)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert not (tmp_path / "left-by-the-last-one").exists()
