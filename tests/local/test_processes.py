"""The local Azure and the host as `make up` starts them: there while their parent is, gone when it has gone."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from local import loopback
from local.processes import DidNotStart, LocalProcesses
from local.stack import ROOT
from local.waiting import until

PARENT = """
import json, sys
from pathlib import Path
from local.processes import LocalProcesses
from local.waiting import PATIENCE
with LocalProcesses(Path(sys.argv[1]), speed=600) as local:
    print(json.dumps([local.url + "/api/health", local.control_url + "/local/health"]), flush=True)
    sys.stdin.read()
"""


def answers(url: str) -> bool:
    try:
        return loopback.ask("GET", url).is_success
    except httpx.TransportError:
        return False


def test_both_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        urls = json.loads(parent.stdout.readline())
        assert all(map(answers, urls))
        parent.kill()
    assert until(lambda: not any(map(answers, urls)))
    # A host that drained has left its data folder to the next one.
    assert until(lambda: not _is_locked(tmp_path / "host" / "lock"))


def test_both_end_with_the_block_and_a_process_that_ended_by_itself_is_told(tmp_path: Path) -> None:
    with LocalProcesses(tmp_path, speed=600) as local:
        assert local.failed() is None
        os.kill(json.loads((tmp_path / "host.ready.json").read_text())["pid"], signal.SIGKILL)
        assert until(lambda: local.failed() is not None)
        assert str(local.failed()).startswith("the local host ended with code -9")
        control = f"{local.control_url}/local/health"
        assert answers(control)
    assert not answers(control)


def test_a_port_that_is_taken_is_told_with_the_log(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        local = LocalProcesses(tmp_path, speed=600, cloud_port=taken.getsockname()[1])
        with pytest.raises(DidNotStart, match=r"the local cloud did not start:\n.*in use"):
            local.__enter__()


def _is_locked(path: Path) -> bool:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
