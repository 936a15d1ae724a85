"""The numbers that calls of an orchestrator get, in the order in which the Python SDK gives them.

Activities, sub-orchestrations, timers, and calls and signals of entities take one number each, in list order (children
of a compound in their order); waiting for an external event takes none. A call with retries takes further ones whenever
an attempt has failed (for a timer) and that timer has fired (for the next attempt), between whatever else was asked for
by then, so the list is played against what the history says has ended, in its order. After the last attempt there is
one more timer, due at once, before the error surfaces (all recorded).

A compound lists only tasks that no earlier entry has listed, so whether it is over cannot always be told. What comes
after it then gets its numbers last: other than the SDK does only if a retry takes one at the same turn.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from local.host.events import Kind, stamp
from local.host.ledger import Arrival

Action = dict[str, Any]

CALL_ACTIVITY, CALL_ACTIVITY_WITH_RETRY, CALL_SUB_ORCHESTRATOR, CALL_SUB_ORCHESTRATOR_WITH_RETRY = 0, 1, 2, 3
CONTINUE_AS_NEW, CREATE_TIMER, WAIT_FOR_EVENT, CALL_ENTITY, CALL_HTTP, SIGNAL_ENTITY = 4, 5, 6, 7, 8, 9
WHEN_ANY, WHEN_ALL = 11, 12

_ATTEMPTS = {
    CALL_ACTIVITY_WITH_RETRY: CALL_ACTIVITY,
    CALL_SUB_ORCHESTRATOR_WITH_RETRY: CALL_SUB_ORCHESTRATOR,
}
_FAILED = frozenset({Kind.TASK_FAILED, Kind.SUB_ORCHESTRATION_FAILED})


class Numbered(NamedTuple):
    """What an orchestrator has asked for."""

    calls: list[tuple[int, Action]]
    """With their numbers; a call with retries as its attempts and the timers between them."""
    next_input: str | None
    """Raw input (JSON text) of the next execution, if the orchestrator continued as new."""
    events_after: int
    """How many external events came after that."""


def numbered(actions: list[Action], arrivals: Iterable[Arrival], now: datetime) -> Numbered:
    """Number the calls."""
    play = _Play(now)
    play.run(actions, arrivals if _matters(actions) else ())
    return Numbered(play.calls, play.next_input, play.events_after)


class _Task:
    """A call, or a compound of them."""

    def __init__(self, action: Action, children: list[_Task] | None = None) -> None:
        self.action = action
        self._children = children
        self._ended = False
        self._failed = False
        self.attempts = 0
        self.waits = False
        """Between two attempts."""

    def end(self, *, failed: bool = False) -> None:
        """It is over."""
        self._ended, self._failed = True, failed

    @property
    def failed(self) -> bool:
        """Whether the orchestrator gets an error from it."""
        return self._failed or (self.action["actionType"] == WHEN_ALL and any(c.failed for c in self._children or ()))

    @property
    def ended(self) -> bool:
        """Whether the orchestrator goes on that has yielded it."""
        if self._children is None:
            return self._ended
        if self.action["actionType"] == WHEN_ANY:
            return any(child.ended for child in self._children)
        # The SDK does not wait for the rest once one has failed.
        return self.failed or all(child.ended for child in self._children)


class _Play:
    """The list of actions, played against the history."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.calls: list[tuple[int, Action]] = []
        self.next_input: str | None = None
        self.events_after = 0
        self._open: dict[int, _Task] = {}
        self._waiting: dict[str, list[_Task]] = {}
        self._early: set[str] = set()
        """Events that came before their wait; the SDK has each of them end every later wait of the name."""

    def run(self, actions: list[Action], arrivals: Iterable[Arrival]) -> None:
        """Number everything."""
        entries = deque(actions)
        current: _Task | None = None
        for arrival in (None, *arrivals):
            if arrival is not None:
                self._arrive(arrival)
            while entries and (current is None or current.ended):
                current = self._begin(entries.popleft())
        for entry in entries:
            self._begin(entry)

    def _begin(self, action: Action) -> _Task:
        kind = action["actionType"]
        if kind in {WHEN_ANY, WHEN_ALL}:
            return _Task(action, [self._begin(child) for child in action["compoundActions"]])
        task = _Task(action)
        if kind == CONTINUE_AS_NEW:
            # Nothing follows it.
            self.next_input = json.dumps(action.get("input"))
            return task
        if kind == WAIT_FOR_EVENT:
            name = action["externalEventName"]
            if name in self._early:
                task.end()
            self._waiting.setdefault(name, []).append(task)
            return task
        attempt = _ATTEMPTS.get(kind)
        task.attempts = 1 if attempt is not None else 0
        self._open[self._number(action if attempt is None else {**action, "actionType": attempt})] = task
        if kind == SIGNAL_ENTITY:
            task.end()
        return task

    def _number(self, action: Action) -> int:
        self.calls.append((len(self.calls), action))
        return len(self.calls) - 1

    def _arrive(self, arrival: Arrival) -> None:
        if isinstance(arrival.of, str):
            self.events_after += self.next_input is not None
            waiting = self._waiting.get(arrival.of)
            if waiting:
                waiting.pop().end()
            else:
                self._early.add(arrival.of)
            return
        task = self._open.pop(arrival.of, None)
        if task is not None:
            failed = arrival.kind in _FAILED
            if task.attempts and (failed or task.waits):
                self._try_again(task)
            else:
                task.end(failed=failed)

    def _try_again(self, task: _Task) -> None:
        options = task.action["retryOptions"]
        last = task.attempts >= options["maxNumberOfAttempts"]
        if not task.waits:
            pause = timedelta() if last else timedelta(milliseconds=options["firstRetryIntervalInMilliseconds"])
            timer = {"actionType": CREATE_TIMER, "fireAt": stamp(self._now + pause)}
            self._open[self._number(timer)] = task
            task.waits = True
        elif last:
            task.end(failed=True)
        else:
            task.waits = False
            task.attempts += 1
            kind = _ATTEMPTS[task.action["actionType"]]
            self._open[self._number({**task.action, "actionType": kind})] = task


def _matters(actions: Iterable[Action]) -> bool:
    """Whether it matters in which order things have ended."""
    return any(
        action["actionType"] in {*_ATTEMPTS, CONTINUE_AS_NEW} or _matters(action.get("compoundActions", ()))
        for action in actions
    )
