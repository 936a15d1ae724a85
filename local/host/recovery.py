"""Going on with what the store holds."""

from __future__ import annotations

from local.host.hub import Hub
from local.host.store import Store
from local.host.visibility import Hidden


def hide(store: Store, hidden: Hidden) -> None:
    """Have what the host before had in hand be due when it is not hidden any more, before anything else is written.

    Raises StoreDamaged.
    """
    store.begin()
    for message in store.messages():
        with store.readable(f"a message to {message.instance_id}"):
            until = hidden.message(message)
        if until:
            store.postpone_message(message, until)
    unfinished = store.activities()
    for activity, until in zip(unfinished, hidden.activities(unfinished), strict=True):
        if until:
            store.postpone_activity(activity, until)
    store.commit()


def recover(store: Store, hub: Hub) -> None:
    """Take up instances, messages, timers and unfinished activities, inside an operation of the writer.

    Raises StoreDamaged.
    """
    for row in store.unfinished():
        with store.readable(f"the instance {row.id}"):
            hub.take_up(row)
    for message in store.messages():
        with store.readable(f"a message to {message.instance_id}"):
            hub.expect(message)
    hub.settle()
    for activity in store.activities():
        hub.announce(activity)
