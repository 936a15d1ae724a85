"""Play random schedules: `python -m tests.schedules --count 2000`, or one of them with its trace: `--seed 17`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.schedules.play import DISTURBANCES, Played, Schedule
from tests.schedules.verdict import broken
from tests.schedules.wire import connected


def main() -> int:
    """1 when a schedule broke a promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.schedules", description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="how many schedules")
    parser.add_argument("--first", type=int, default=0, help="seed of the first one")
    parser.add_argument("--seed", type=int, help="only this one, with its trace")
    parser.add_argument("--without", action="append", default=[], choices=DISTURBANCES, help="leave this out")
    asked = parser.parse_args()
    one = asked.seed is not None
    seeds = [asked.seed] if one else range(asked.first, asked.first + asked.count)
    began = time.monotonic()
    ends: Counter[str] = Counter()
    promises: Counter[str] = Counter()
    with connected() as line:
        for seed in seeds:
            played = Schedule(seed, line, frozenset(asked.without)).play()
            ends.update(f"{run.name} {run.status}" for run in played.hub.instances.values() if run.name != "watch")
            promises.update(told(played, whole=one))
    say(f"{len(seeds)} schedules in {time.monotonic() - began:.1f} s; {dict(ends)}")
    say(f"promises broken: {dict(promises)}")
    return 1 if promises else 0


def told(played: Played, *, whole: bool) -> set[str]:
    """Tell what a schedule broke, with its trace when it is asked for; the promises."""
    found = broken(played)
    for line in played.trace if whole else []:
        say(line)
    for one in found:
        say(f"seed {played.seed}: {one.promise}: {one.text}")
    return {one.promise for one in found}


def say(text: str) -> None:
    """To whoever started it."""
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
