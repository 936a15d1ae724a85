"""The gate in front of every emulated service: a request holds the clock once, and lets go whatever happens to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from starlette.types import Message, Receive, Scope, Send

from local.clock import Clock
from local.cloud.faults import Fault, Faults
from local.cloud.gate import Gate
from local.cloud.journal import Journal
from local.waiting import until

SCOPE: Scope = {
    "type": "http",
    "method": "GET",
    "path": "/some",
    "query_string": b"",
    "headers": [(b"host", b"management.azure.com")],
}


async def nothing_comes() -> Message:
    return await asyncio.Future()


async def nobody_listens(_message: Message) -> None:
    return


async def answers(_scope: Scope, _receive: Receive, _send: Send) -> None:
    return


async def cancelled(clock: Clock, when: Callable[[], bool]) -> None:
    """Ask for what an hour's delay meets, and cancel the request `when` that is so."""
    faults = Faults()
    faults.add(Fault(delay=timedelta(hours=1)))
    gate = Gate(answers, clock, Journal(), faults)
    request = asyncio.ensure_future(gate(SCOPE, nothing_comes, nobody_listens))
    await asyncio.sleep(0)
    # The loop is not let run meanwhile: the alarm may go off, and the request does not hear of it.
    until(when)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request


def test_a_delayed_request_that_is_cancelled_leaves_no_hold() -> None:
    """Before its alarm went off, and after, when it holds again and has not heard of it."""
    clock = Clock(stepped=True)
    began = clock.now()
    kept = clock.hold("the test")
    asyncio.run(cancelled(clock, lambda: clock.held_by() == ["the test"]))
    assert clock.held_by() == ["the test"]

    def gone_off() -> bool:
        kept.release()
        return clock.now() > began and bool(clock.held_by())

    asyncio.run(cancelled(clock, gone_off))

    assert until(lambda: not clock.held_by())
    clock.close()
