"""Random schedules: several deployments, faults at every turn, and at rest every promise is kept.

`python -m tests.schedules --seed 17` tells one of them whole.
"""

from __future__ import annotations

import pytest

from tests.schedules.play import Schedule
from tests.schedules.verdict import broken
from tests.schedules.wire import Line

SCHEDULES, AT_ONCE = 300, 25


@pytest.mark.parametrize("first", range(0, SCHEDULES, AT_ONCE))
def test_every_promise_is_kept(line: Line, first: int) -> None:
    found = {seed: broken(Schedule(seed, line).play()) for seed in range(first, first + AT_ONCE)}

    assert {seed: promises for seed, promises in found.items() if promises} == {}
