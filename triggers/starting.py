"""Starting instances so that a repeated request or event never starts a second one."""

from __future__ import annotations

import logging
from typing import Any

from triggers.hub import Hub, HubUnavailable, Instance
from triggers.statuses import RUNNING, is_same_order, state_of

log = logging.getLogger("slipway.starting")


class KeyReused(Exception):
    """An idempotency key came back with another body."""


class KeyNotComparable(Exception):
    """An instance of that key is there, and nothing that can be read of it tells what it was asked for.

    Attributes:
        passing: whether its next turn will tell.
    """

    def __init__(self, instance: Instance | None) -> None:
        super().__init__(instance.id if instance else "")
        self.passing = instance is None or state_of(instance) in RUNNING


async def start_once(client: Any, orchestration: str, instance_id: str, order: dict[str, Any]) -> bool:
    """Start `instance_id`, or find that it was started before, also after it ended; True when it is new.

    Raises KeyReused when the instance was started with another `digest`, KeyNotComparable when that cannot be known,
    and HubUnavailable. Two starts at the same moment both find nothing; the task hub lets one through, and the other
    finds it then.
    """
    if _is_there(await find(client, instance_id), order["digest"]):
        return False
    try:
        await client.start_new(orchestration, instance_id, order)
    except Exception as error:
        # The SDK raises bare Exception; only losing the race is expected here.
        if _is_there(await find(client, instance_id), order["digest"]):
            return False
        if "already exists" in str(error):
            raise KeyNotComparable(None) from None
        log.error("%s could not be started: %s", instance_id, type(error).__name__)  # noqa: TRY400 - its text may hold the hub's address
        raise HubUnavailable("the task hub did not take the order") from None
    return True


async def find(client: Any, instance_id: str) -> Instance | None:
    """The instance with its input, or None when there is none. Raises HubUnavailable."""
    async with Hub(client) as hub:
        return await hub.instance(instance_id)


def _is_there(instance: Instance | None, wanted: str) -> bool:
    if instance is None:
        return False
    # An instance that is named after its digest was started with nothing else.
    same = True if instance.id.endswith(wanted) else is_same_order(instance, wanted)
    if same is None:
        raise KeyNotComparable(instance)
    if not same:
        raise KeyReused(instance.id)
    return True
