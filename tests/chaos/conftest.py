"""One stack per module: every run on it begins with an empty workspace and an empty task hub."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from local.stack import LocalStack
from tests.chaos import scene
from tests.chaos.rehearsal import Rehearsal


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Runs of one deployment under hosts that die, on a stepped clock."""
    policies = tmp_path_factory.mktemp("policies")
    (policies / "credit-risk.yml").write_text(json.dumps(scene.policy()))
    with LocalStack(tmp_path_factory.mktemp("stack"), policies=policies, **scene.CLOUD) as stack:
        yield Rehearsal(stack)
