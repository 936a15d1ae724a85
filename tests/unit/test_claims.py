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
from triggers.hub import HubUnavailable
from triggers.readings import shared

ROLE, RUN = LedgerEntry(kind="role_assignment", id="/role"), "run-0000000000000000000000000000000a"


@pytest.fixture
def hub() -> Iterator[ScriptedHub]:
    with ScriptedHub() as running:
        yield running


def shows(hub: ScriptedHub, status: str, run: str = RUN, **entry: Any) -> None:
    """One run, about a runtime, that has the role in its ledger."""
    shown = {"ledger": [{**ROLE.to_wire(), **entry}]}
    hub.instances[run] = {
        "instanceId": run,
        "name": "make_runtime",
        "runtimeStatus": status,
        "createdTime": "2126-11-20T14:00:00Z",
        "lastUpdatedTime": "2126-11-20T14:00:00Z",
        "customStatus": shown,
        "output": shown if status == "Completed" else None,
    }


def claimed(hub: ScriptedHub, *, for_good: bool | None) -> str | None:
    told: str | None = asked_at_once(hub, EntryInput(mark="runtime-deletion-1", entry=ROLE, for_good=for_good))[0]
    return told


def asked_at_once(hub: ScriptedHub, *orders: EntryInput) -> list[Any]:
    """Whose claim each order is told of, or the error."""

    async def ask() -> list[dict[str, Any]]:
        return await asyncio.gather(*(find_claim(order.to_wire(), hub.client()) for order in orders))

    told = asyncio.run(ask())
    return [one["ok"].get("claimed_by") if "ok" in one else one["error"]["code"] for one in told]


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


@pytest.mark.parametrize(("status", "relied_on"), [("Running", RUN), ("Suspended", RUN), ("Completed", None)])
def test_who_is_alive_relies_on_it_however_long_ago_it_began(
    hub: ScriptedHub, status: str, relied_on: str | None
) -> None:
    """A rollout may take days; what has ended days ago relies on it no more than on anything else."""
    shows(hub, status, how="found")
    hub.instances[RUN]["createdTime"] = "2026-01-01T00:00:00Z"

    assert claimed(hub, for_good=None) == relied_on


class GrowingHub(ScriptedHub):
    """A run shows a claim on the role when the first list has been told."""

    def answer(self, method: str, target: str, token: str) -> tuple[int, bytes, dict[str, str]]:
        told = super().answer(method, target, token)
        shows(self, "Running", run=DEPLOYMENT, how="found")
        return told


DEPLOYMENT = "dep-0000000000000000000000000000000b"


def test_who_asks_while_others_do_shares_one_reading_that_began_later() -> None:
    orders = [EntryInput(mark=f"run-{number}", entry=ROLE) for number in range(20)]
    mine = EntryInput(mark=DEPLOYMENT, entry=ROLE)
    with GrowingHub() as hub:
        told = asked_at_once(hub, *orders, mine)
        at_once = len(hub.asked)
        alone = asked_at_once(hub, orders[0])

    # The first one began to read before the claim was there; everybody else asked meanwhile.
    assert (told, alone) == ([None, *[DEPLOYMENT] * 19, None], [DEPLOYMENT])
    assert at_once == 2 * (len(hub.asked) - at_once)


def test_what_is_to_go_for_good_and_what_is_no_role_are_asked_for_on_their_own(hub: ScriptedHub) -> None:
    shows(hub, "Completed", how="found")
    model = ROLE.model_copy(update={"kind": "model"})
    orders = [EntryInput(mark="run-1", entry=entry, for_good=kind) for entry in (ROLE, model) for kind in (None, True)]

    assert asked_at_once(hub, *orders, *orders) == [RUN, None, None, None] * 2


def test_a_reading_that_fails_fails_nobody_else(hub: ScriptedHub) -> None:
    for _ in range(2):
        hub.answers("GET", "instances", status=503)
    hub.answers("GET", "instances", body=[])

    told = asked_at_once(hub, *[EntryInput(mark="run-1", entry=ROLE)] * 4)

    assert sorted(map(str, told)) == ["CloudUnavailable", "CloudUnavailable", "None", "None"]


def test_who_has_waited_for_a_reading_that_failed_waits_for_no_further_one() -> None:
    async def ask() -> tuple[int, list[Any]]:
        begun, all_have_asked, answered = 0, asyncio.Event(), asyncio.Event()

        async def read() -> str:
            nonlocal begun
            begun += 1
            if begun == 1:
                await all_have_asked.wait()
                raise HubUnavailable("it does not answer")
            await answered.wait()
            return "told"

        asking = [asyncio.ensure_future(shared("claims", read)) for _ in range(5)]
        asyncio.get_running_loop().call_soon(all_have_asked.set)
        await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        for _ in range(20):  # turns of the loop, in which whoever waits for nothing else goes on
            await asyncio.sleep(0)
        at_once = begun
        answered.set()
        return at_once, await asyncio.gather(*asking, return_exceptions=True)

    at_once, told = asyncio.run(ask())

    assert at_once == 5
    assert isinstance(told[0], HubUnavailable)
    assert told[1:] == ["told"] * 4
