"""The tests whose hosts die, over and over: `python -m tests.chaos --passes 200 --processes 4`.

One line for each pass, as soon as it is over. A pass that fails leaves its output in the folder that is told at the
end; in that of one that does not end is where each of its threads stands.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from pathlib import Path

from tests.chaos.passes import Passed, one_pass

FILES = ("test_host_dies.py", "test_host_dies_undoing.py", "test_host_dies_reacting.py", "test_sigkill.py")
# Passes of one process, on average, before others take their place: whatever a pass leaves behind stays bounded.
PASSES_OF_ONE = 25


def main() -> int:
    """1 when a pass failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--passes", type=int, default=200)
    parser.add_argument("--processes", type=int, default=4, help="how many passes at once")
    parser.add_argument("--first", type=int, default=1, help="number of the first pass")
    parser.add_argument("--until", type=datetime.fromisoformat, help="begin no pass after this time of day")
    parser.add_argument("--files", nargs="+", default=FILES, help="of tests/chaos")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    done: list[Passed] = []
    numbers = range(asked.first, asked.first + asked.passes)
    many = asked.processes * PASSES_OF_ONE
    try:
        for begin in range(0, len(numbers), many):
            done += beside_each_other(numbers[begin : begin + many], folder, asked)
    except BrokenProcessPool:
        say(f"a pass did not end: its output is in {folder}")
        return 1
    failed = [passed.number for passed in done if passed.code]
    say(f"{len(done)} passes, {len(failed)} failed: {failed}; see {folder}")
    return 1 if failed else 0


def beside_each_other(numbers: Sequence[int], folder: Path, asked: argparse.Namespace) -> Iterator[Passed]:
    """Passes in processes of their own, which end with the last of these; those that it is too late for are left out.

    Raises BrokenProcessPool when one does not end.
    """
    with ProcessPoolExecutor(asked.processes, multiprocessing.get_context("spawn")) as processes:
        passes = [processes.submit(one_pass, number, folder, asked.files, asked.until) for number in numbers]
        for future in as_completed(passes):
            passed = future.result()
            if passed:
                say(f"{datetime.now().astimezone():%H:%M:%S} {passed}")
                yield passed


def say(text: str) -> None:
    """To whoever started it, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
