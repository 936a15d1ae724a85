"""An instance that has not ended, as the engine holds it in memory.

Everything here is also in the store; this copy saves reading and parsing the history again at every turn. It
belongs to the writer thread, except while `busy`: then one turn is computed from it elsewhere, and only `inbox`
and `timers` may change.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import NamedTuple

from local.clock import Alarm
from local.host.events import Event, Kind
from local.host.ledger import Ledger
from local.host.store import Message, Row


class Waiting(NamedTuple):
    """A message that has arrived and not yet entered the history."""

    message: Message
    kind: Kind

    @property
    def opens(self) -> bool:
        """Whether it begins an execution."""
        return self.kind in {Kind.EXECUTION_STARTED, Kind.CONTINUE_AS_NEW}

    @classmethod
    def of(cls, message: Message) -> Waiting:
        """The message with its event's kind."""
        return cls(message, Kind(json.loads(message.event)["EventType"]))


@dataclass
class Live:
    """One execution of one instance."""

    id: str
    execution_id: str
    name: str
    version: str
    input: str | None
    """Raw input: JSON text."""
    status: str
    parent_id: str | None = None
    parent_execution_id: str | None = None
    parent_number: int | None = None
    history: list[str] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    inbox: list[Waiting] = field(default_factory=list)
    timers: dict[int, Alarm] = field(default_factory=dict)
    """Alarms of timers that are not due, by message id."""
    busy: bool = False
    unopened: bool = False
    """Whether what begins this execution is still to come: a host that died may have left it hidden."""
    reason: str | None = None
    """Why it is suspended."""

    @classmethod
    def of(cls, row: Row, history: list[str] | None = None) -> Live:
        """The instance as stored, with its history so far."""
        live = cls(
            row.id, row.execution_id, row.name, row.version, row.input, row.status,
            row.parent_id, row.parent_execution_id, row.parent_number,
        )  # fmt: skip
        live.extend(history or [], learn=True)
        live.reason = json.loads(row.output or "null") if live.suspended else None
        return live

    @property
    def suspended(self) -> bool:
        """Whether what the orchestrator asks for waits for a resume."""
        return self.status == "Suspended"

    def extend(self, texts: list[str], *, learn: bool) -> None:
        """Append stored events; `learn` also takes them into the ledger (a turn has done that already)."""
        self.history.extend(texts)
        if learn:
            events: list[Event] = [json.loads(text) for text in texts]
            self.ledger.learn(events)

    def arrive(self, message: Message) -> None:
        """Put a message where it belongs: an execution's start comes before everything else."""
        waiting = Waiting.of(message)
        if waiting.opens:
            self.unopened = False
            self.inbox.insert(0, waiting)
        else:
            self.inbox.append(waiting)

    def consumed(self, messages: list[Message]) -> None:
        """Remove messages that have entered the history."""
        ids = {message.id for message in messages}
        self.inbox = [waiting for waiting in self.inbox if waiting.message.id not in ids]

    def batch(self) -> list[Message]:
        """The messages the next turn sees: all, except that a new generation's first turn is its own."""
        if self.inbox and self.inbox[0].kind is Kind.CONTINUE_AS_NEW:
            return [self.inbox[0].message]
        return [waiting.message for waiting in self.inbox]

    def cancel_timers(self) -> None:
        """Withdraw all alarms."""
        for alarm in self.timers.values():
            alarm.cancel()
        self.timers.clear()
