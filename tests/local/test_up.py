"""`make up`: its data folder is its own, and Ctrl-C ends it whatever it is doing."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from local.stack import ROOT

# Real seconds for everything to start on a busy machine.
PATIENCE = 60


def up(data: Path) -> subprocess.Popen[str]:
    """Started as a terminal starts it: Ctrl-C reaches its whole process group."""
    command = [sys.executable, "-m", "local.up", "--data", str(data), "--speed", "600"]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def refused(data: Path) -> str:
    """What it says when it does not start, as one line."""
    with up(data) as process:
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    return " ".join(said.split())


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
    with up(tmp_path) as process:
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
