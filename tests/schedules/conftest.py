"""The network of a schedule: every request of the Azure SDKs ends in an Azure in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.schedules.stage import Stage
from tests.schedules.wire import Line, connected


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with connected() as line:
        yield line


@pytest.fixture
def stage(line: Line) -> Stage:
    return Stage(line)
