"""Who relies on something that another run is about to take: asked of the task hub, as its instances show it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from contracts.activities import EntryInput
from contracts.ledger import LedgerEntry
from tests.unit.scripted_hub import ScriptedHub
from triggers.claims import find_claim

ROLE, RUN = LedgerEntry(kind="role_assignment", id="/role"), "run-0000000000000000000000000000000a"


@pytest.fixture
def hub() -> Iterator[ScriptedHub]:
    with ScriptedHub() as running:
        yield running


def shows(hub: ScriptedHub, status: str, **entry: Any) -> None:
    """One run about a runtime that has the role in its ledger."""
    shown = {"ledger": [{**ROLE.to_wire(), **entry}]}
    hub.instances[RUN] = {
        "instanceId": RUN,
        "name": "make_runtime",
        "runtimeStatus": status,
        "createdTime": "2126-11-20T14:00:00Z",
        "lastUpdatedTime": "2126-11-20T14:00:00Z",
        "customStatus": shown,
        "output": shown if status == "Completed" else None,
    }


def claimed(hub: ScriptedHub, *, for_good: bool | None) -> str | None:
    order = EntryInput(mark="runtime-deletion-1", entry=ROLE, for_good=for_good)

    async def ask() -> dict[str, Any]:
        return await find_claim(order.to_wire(), hub.client())

    found: str | None = asyncio.run(ask())["ok"].get("claimed_by")
    return found


@pytest.mark.parametrize(
    ("status", "entry", "undone", "deleted"),
    [
        ("Running", {"how": "found"}, RUN, RUN),
        ("Running", {"how": "made", "sure": False}, RUN, RUN),
        # An undo takes what it has made itself; what is deleted may have been made by anybody who still needs it.
        ("Running", {"how": "made"}, None, RUN),
        ("Running", {"how": "removed"}, None, None),
        ("Running", {"how": "found", "fate": "undone"}, None, None),
        ("Completed", {"how": "found"}, RUN, None),
    ],
)
def test_what_a_run_relies_on(
    hub: ScriptedHub, status: str, entry: dict[str, Any], undone: str | None, deleted: str | None
) -> None:
    shows(hub, status, **entry)

    assert (claimed(hub, for_good=None), claimed(hub, for_good=True)) == (undone, deleted)
