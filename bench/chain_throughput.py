"""A thousand chains of three activities at once, on the local host and on durabletask's in-memory backend."""

from __future__ import annotations

import json
import subprocess
import sys
import time

from bench.harness.bare_host import PATIENCE, bare_host, start
from bench.harness.figure import Figure, report
from local.checkout import ROOT

CHAINS, LETTERS, ROUNDS = 1_000, "abc", 3
# So that the host makes 2.2 chains while the backend makes one.
BOUND = 0.455
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
OTHER = ROOT / "bench" / "harness" / "chain_on_durabletask.py"
HOW = "best of so many rounds by turns; the host keeps everything on disk, the backend in memory, and is asked by gRPC"


def measure() -> Figure:
    """The host's time per the backend's."""
    ours, theirs = zip(*((on_the_host(), on_durabletask()) for _ in range(ROUNDS)), strict=True)
    here, there = min(ours), min(theirs)
    return Figure(
        "chain_throughput",
        here[0] / there[0],
        "x durabletask",
        BOUND,
        detail={
            "chains": CHAINS,
            "per_second": round(CHAINS / here[0]),
            "per_second_on_durabletask": round(CHAINS / there[0]),
            "cpu_s": round(here[1], 2),
            "cpu_s_on_durabletask": round(there[1], 2),
            "rounds": ROUNDS,
            "how": HOW,
        },
        when_missed="other work on the machine slows the host more, which does everything in one process",
    )


def on_the_host() -> tuple[float, float]:
    """Seconds from the first start to the last end, and CPU seconds."""
    with bare_host() as host:
        began, cpu = time.perf_counter(), time.process_time()
        for chain in start(host, "chain", LETTERS, CHAINS):
            ended = host.wait_for(chain, timeout=PATIENCE)
            assert ended["output"] == LETTERS
        return time.perf_counter() - began, time.process_time() - cpu


def on_durabletask() -> tuple[float, float]:
    """The same there, in a process of its own."""
    if not PYTHON.exists():
        sys.exit("durabletask is not installed: `make bench` does that")
    command = [str(PYTHON), str(OTHER), str(CHAINS), LETTERS]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    took = json.loads(done.stdout)
    return took["seconds"], took["cpu_seconds"]


if __name__ == "__main__":
    report(measure)
