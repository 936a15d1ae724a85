"""Children answer whatever goes wrong in them: what ends one in foreign words would stand in its parent's status."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrations.runbooks import CHILDREN
from orchestrations.stage import Stage


@pytest.mark.parametrize("child", CHILDREN, ids=lambda child: child.__name__)
def test_an_order_that_cannot_be_read_is_answered_in_our_own_words(child: Any) -> None:
    taking = child(Stage({"endpoint": ["Token=abcdefghijklmnop1234"]}, datetime(2026, 1, 1, tzinfo=UTC), "dep-0:1"))

    with pytest.raises(StopIteration) as ended:
        taking.send(None)

    error = ended.value.value["error"]
    assert error["code"] == "OrchestrationCrashed"
    assert "Token" not in error["message"]
