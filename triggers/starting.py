"""Starting instances so that a repeated request or event never starts a second one."""

from __future__ import annotations

from typing import Any

from triggers.statuses import input_digest


class KeyReused(Exception):
    """An idempotency key came back with another body."""


async def start_once(client: Any, orchestration: str, instance_id: str, order: dict[str, Any]) -> bool:
    """Start `instance_id`, or find that it was started before, also after it ended; True when it is new.

    Raises KeyReused when the instance was started with another `digest`. Two starts at the same moment both find
    nothing; the task hub lets one through, and the other finds it then.
    """
    if await _exists(client, instance_id, order["digest"]):
        return False
    try:
        await client.start_new(orchestration, instance_id, order)
    except Exception:
        # The SDK raises bare Exception; only losing the race is expected here.
        if await _exists(client, instance_id, order["digest"]):
            return False
        raise
    return True


async def find(client: Any, instance_id: str, *, show_input: bool = True) -> Any:
    """The instance's status, or None when there is none."""
    instance = await client.get_status(instance_id, show_input=show_input)
    return instance if instance and instance.instance_id else None


async def _exists(client: Any, instance_id: str, wanted: str) -> bool:
    instance = await find(client, instance_id)
    if instance is None:
        return False
    if input_digest(instance) != wanted:
        raise KeyReused(instance_id)
    return True
