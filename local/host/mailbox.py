"""Messages on their way into the histories of instances: stored, waiting for their moment, arrived."""

from __future__ import annotations

from collections.abc import Callable

from local.clock import Alarm, Clock
from local.host.events import Event, encode, moment_of
from local.host.live import Live
from local.host.store import Message, Store
from local.host.writer import Writer


class Mailbox:
    """Delivers. Every method is called from an operation of the writer."""

    def __init__(self, store: Store, writer: Writer, clock: Clock, current: Callable[[Live], bool]) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock
        self._current = current
        self._closed = False
        self._alarms: list[Alarm] = []
        self.on_ready: Callable[[Live], None] = lambda _live: None
        """Told after the commit that an instance may have something for a turn to see."""

    def close(self) -> None:
        """Set no more alarms, and withdraw those that are for nobody's execution."""
        self._closed = True
        for alarm in self._alarms:
            alarm.cancel()

    def deliver(self, live: Live, item: Event, *, due: str | None = None, any_execution: bool = False) -> None:
        """Send an event to an instance, to arrive now or when it is `due`; to its current execution only, or to any."""
        execution = None if any_execution else live.execution_id
        self.expect(live, self._store.add_message(live.id, execution, due, encode(item)))
        self.settle(live)

    def expect(self, live: Live, message: Message) -> None:
        """Let a stored message arrive: now, or when it is due."""
        if message.due is None:
            live.arrive(message)
            return
        due = moment_of(message.due)

        def ring() -> None:
            self._writer.submit(f"timer {live.id}", lambda: self._timer_due(live, message))

        def arm() -> None:
            if self._current(live) and not self._closed:
                live.timers[message.id] = self._clock.alarm(due, ring)

        self._writer.after_commit(arm)

    def later(self, due: str | None, step: Callable[[], object]) -> None:
        """Do `step` in an operation: in this one, unless it is `due` later."""
        if due is None or moment_of(due) <= self._clock.now():
            step()
            return
        moment = moment_of(due)

        def ring() -> None:
            self._writer.submit(f"what was hidden until {due}", step)

        def arm() -> None:
            if not self._closed:
                self._alarms.append(self._clock.alarm(moment, ring))

        self._writer.after_commit(arm)

    def settle(self, live: Live) -> None:
        """Have a turn taken if there is something to see."""
        if not live.busy:
            self._writer.after_commit(lambda: self.on_ready(live))

    def _timer_due(self, live: Live, message: Message) -> None:
        if live.timers.pop(message.id, None) is not None and self._current(live):
            live.arrive(message)
            self.settle(live)
