"""Random schedules: several deployments, faults at every turn, and at rest every promise is kept.

`python -m tests.schedules --seed 17` tells one of them whole.
"""

from __future__ import annotations

import re

import pytest

from tests.schedules.play import Schedule
from tests.schedules.verdict import broken
from tests.schedules.wire import Line

SCHEDULES, AT_ONCE = 300, 25
# What is known to go wrong: for each of these there is a test that is expected to fail, in `test_met_before.py`.
KNOWN = re.compile(
    r"(endpoint|deployment) \S+ is stays( \(\S+ has confirmed it\))?, and gone"
    r"|is stays( \(the identity keeps its roles.*\))?, and its principal is gone"
)


@pytest.mark.parametrize("first", range(0, SCHEDULES, AT_ONCE))
def test_every_promise_is_kept(line: Line, first: int) -> None:
    found = {seed: broken(Schedule(seed, line).play()) for seed in range(first, first + AT_ONCE)}
    unknown = {seed: [one for one in promises if not KNOWN.search(one.text)] for seed, promises in found.items()}

    assert {seed: promises for seed, promises in unknown.items() if promises} == {}
