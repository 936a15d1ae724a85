"""The stack that end-to-end and integration tests stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import LocalStack
from tests import samples


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    """A fresh local Azure with the sample assets registered, and a fresh host, on a stepped clock."""
    with LocalStack(tmp_path) as started:
        samples.register_all(started)
        yield started
