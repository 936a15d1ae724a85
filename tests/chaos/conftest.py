"""One stack per module: every run on it begins with an empty workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import LocalStack
from tests.chaos import scene
from tests.chaos.rehearsal import Rehearsal


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Runs of one deployment under hosts that die, on a stepped clock."""
    with LocalStack(tmp_path_factory.mktemp("stack"), policies=Path(__file__).parent / "policies", **scene.CLOUD) as on:
        yield Rehearsal(on)
