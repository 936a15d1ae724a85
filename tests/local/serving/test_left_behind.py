"""What the command of an own container leaves elsewhere is ended by its `stop`, however the command has ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.cloud.serving import supervise
from local.waiting import until

# A container's own process: of another session than the command that started it and waits for it.
COMMAND = 'setsid sleep 600 & echo $! > "$0.new"; mv "$0.new" "$0"; wait'
STOP = 'kill "$(cat "$0")"'


def killed(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)


def left_by_its_owner(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    process.stdin.close()


def told_to_end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)


@pytest.mark.parametrize("ending", [killed, left_by_its_owner, told_to_end])
def test_what_is_left_elsewhere_is_ended(tmp_path: Path, ending: Callable[[subprocess.Popen[bytes]], None]) -> None:
    container = tmp_path / "container"
    command = ["sh", "-c", COMMAND, str(container)]
    words = [sys.executable, "-I", "-S", supervise.__file__, "-", json.dumps(["sh", "-c", STOP, str(container)])]
    with subprocess.Popen([*words, *command], stdin=subprocess.PIPE, start_new_session=True) as supervisor:
        until(container.exists)
        running = int(container.read_text())
        assert lives(running)

        ending(supervisor)

        until(lambda: not lives(running))


def lives(process: int) -> bool:
    """Whether it runs; one that nobody has asked for its end does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
