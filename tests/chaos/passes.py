"""One pass through the tests whose hosts die."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from tests.chaos.host_process import HostProcess
from tests.chaos.rehearsal import Rehearsal

# Real seconds. Passes share the machine with each other and with whatever else it does: a hang is longer.
PATIENCE = 900


@dataclass(frozen=True)
class Passed:
    """How one pass ended."""

    number: int
    code: int
    wall: float
    cpu: float
    """Of the process and the children that it has waited for, in seconds."""

    def __str__(self) -> str:
        word = "passed" if self.code == 0 else f"FAILED ({self.code})"
        return f"pass {self.number}: {word}, {self.wall:.1f} s, {self.cpu:.1f} s CPU"


def one_pass(number: int, folder: Path, files: Sequence[str], until: datetime | None = None) -> Passed | None:
    """Run each of the tests once, in this process; what they print is kept only when one fails.

    None when it is too late to begin one.
    """
    if until and datetime.now(until.tzinfo) > until:
        return None
    Rehearsal.patience = HostProcess.patience = PATIENCE
    output, here = folder / f"pass-{number:03}.log", Path(__file__).parent
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", f"faulthandler_timeout={2 * PATIENCE}"]
    # Of what the pass before has imported, in the same process.
    options += ["-o", "faulthandler_exit_on_timeout=true", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    began, cpu = time.monotonic(), _cpu()
    with output.open("w") as log, redirect_stdout(log), redirect_stderr(log):
        code = pytest.main([*options, *(str(here / name) for name in files)])
    passed = Passed(number, int(code), time.monotonic() - began, _cpu() - cpu)
    if passed.code == 0:
        output.unlink()
    return passed


def _cpu() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
