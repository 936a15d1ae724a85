"""Following a deployment or an operation to its end, whatever the connection does meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from cli.outcome import Interrupted, Unreachable, has_ended
from cli.service import Reply, Service, Status
from orchestrations.runbooks import runbook_of

# Seconds. The service is asked at most this often, and at least once per LONGEST_PAUSE while it is away.
SHORTEST_PAUSE = 0.3
LONGEST_PAUSE = 10.0
# About ten minutes without an answer; a restart of the service takes one or two.
MISSES_ALLOWED = 60


class Screen(Protocol):
    """Where progress is shown."""

    def show(self, status: Status, now: datetime | None) -> None:
        """The run as it is; `now` is the service's time, where it told it."""

    def note(self, text: str) -> None:
        """Something about the connection, not the run."""


def follow(
    service: Service, run: str, screen: Screen, pause: Callable[[float], object], interval: float = 1.0
) -> Reply[Status]:
    """Ask every `interval` seconds (`pause` waits) until it has ended; its last status.

    A lost connection is told and waited out. Raises Unreachable after `MISSES_ALLOWED` misses in a row, Interrupted
    on Ctrl-C; the run goes on in both cases, and both say how to follow it again.
    """
    misses = 0
    runbook = runbook_of(run)
    what = runbook.noun if runbook else "deployment"
    again = f"the {what} goes on; follow it with: slipway status {run} --follow"
    try:
        while True:
            try:
                reply = service.status(run)
            except Unreachable as error:
                misses += 1
                if misses > MISSES_ALLOWED:
                    raise Unreachable(f"{error}. If it was accepted, {again}") from error
                if misses == 1:
                    screen.note(f"{error}. Trying again; {again}")
            else:
                if misses:
                    screen.note("the service answers again")
                misses = 0
                screen.show(reply.value, reply.now)
                if has_ended(reply.value.status):
                    return reply
            pause(min(max(interval, SHORTEST_PAUSE) * max(misses, 1), LONGEST_PAUSE))
    except KeyboardInterrupt:
        raise Interrupted(again) from None
