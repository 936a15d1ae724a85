"""Operations that are canceled, or meet a defect, at each of their points: they end typed, and undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import count

import pytest

from orchestrations.run import RunFailed
from tests.replay.operations import ASKED, operating, world
from tests.replay.running import fates
from tests.replay.scripted import Boom, run


@pytest.mark.parametrize("which", ASKED)
def test_an_operation_canceled_anywhere_ends_canceled_and_leaves_the_queue(which: str) -> None:
    canceled = 0
    for nth in points(which):
        playing = world(which, cancel_at=nth)
        context = operating(which, playing)
        with suppress(RunFailed):
            run(ASKED[which][0], context)
        if playing.asked < nth:
            break
        assert playing.queued.askers == [], nth
        error = context.progress.error
        if error is None:
            continue  # it was about to end
        canceled += 1
        assert error.code == "Canceled", nth
        assert not _left_over(which, fates(context)), nth
    assert canceled > 15


@pytest.mark.parametrize("which", ASKED)
def test_a_defect_anywhere_in_an_operation_ends_typed_and_undone(which: str) -> None:
    for nth in points(which):
        playing = world(which, defect_at=nth)
        context = operating(which, playing)
        error: Exception | None = None
        try:
            run(ASKED[which][0], context)
        except Exception as raised:
            error = raised
        if playing.asked < nth:
            break
        assert not isinstance(error, Boom), nth
        assert error is None or "secret" not in str(error)
        if error is not None:
            assert not _left_over(which, fates(context)), nth
    assert nth > 30


def points(which: str) -> Iterator[int]:
    """Where something goes wrong: at each thing asked for; at some, where the rest is a deployment's own."""
    return count(1, 5 if which == "rollback by deploying" else 1)


def _left_over(which: str, fates: dict[str, str]) -> list[str]:
    """What was changed and is neither undone nor said to stay; what was removed for good is not undone."""
    gone = (
        {"deployment", "endpoint", "application", "role_assignment", "autoscale"}
        if which.startswith(("delete", "retire", "expire", "remove"))
        else set()
    )
    return [kind for kind, fate in fates.items() if kind not in gone and fate in ("in_use", "undo_failed")]
