"""A run that is canceled, at each point at which it asks for something."""

from __future__ import annotations

from contextlib import suppress
from itertools import count

from orchestrations.run import RunFailed
from tests.replay import azure_script as azure
from tests.replay.running import fates
from tests.replay.scripted import Context, World, run


def test_a_run_canceled_anywhere_ends_canceled_and_undone_and_leaves_the_queue() -> None:
    canceled = 0
    for nth in count(1):
        context = Context(World(azure.answers(), cancel_at=nth), azure.order())
        with suppress(RunFailed):
            run("deploy", context)
        if context.world.asked < nth:
            break
        error = context.progress.error
        assert context.world.queued.askers == [], nth
        if error is None:
            continue  # it had read back what it made, and was about to end
        canceled += 1
        assert error.code == "Canceled", nth
        assert not [fate for fate in fates(context).values() if fate in ("in_use", "undo_failed")], nth
    assert canceled > 60
