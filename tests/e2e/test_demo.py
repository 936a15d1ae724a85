"""The first thing a newcomer runs: it ends by itself, with what it promises, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from local.stack import ROOT
from local.waiting import until


def running() -> Iterator[str]:
    """The command lines of all processes, where the system tells them."""
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            yield process.read_text(errors="replace")


def test_the_demo_shows_two_versions_a_rollback_and_leaves_nothing_running(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "NO_COLOR": "1"}

    shown = subprocess.run(
        [sys.executable, "-m", "local.demo"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert shown.returncode == 0, shown.stdout[-3000:] + shown.stderr[-3000:]
    assert "prediction 388.02, expected 388.02" in shown.stdout
    assert "prediction 223.03" in shown.stdout
    # The first model answers again, by one change of traffic; the newest of the releases says so.
    assert re.search(r"prediction 388.02 again, [0-9]+ .*after it was asked for, by 1 write to Azure", shown.stdout)
    assert re.search(r"^3 .*live .*credit-risk:1 .*rollback to 1 ", shown.stdout, re.MULTILINE)
    assert len(re.findall(r"s billed; [0-9]+ ARM reads and writes; [0-9]+ roles granted", shown.stdout)) == 2
    assert list(tmp_path.glob("slipway-demo-*")) == []
    # Whoever loses its parent ends by itself.
    assert until(lambda: not [line for line in running() if str(tmp_path) in line])


def test_an_impossible_speed_is_refused_in_one_sentence() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "local.demo", "--speed", "nan"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert shown.returncode == 2
    assert "argument --speed: invalid speed value: 'nan'" in shown.stderr
