"""How a worker process can fail its functions, and faults of that kind that can be asked for.

In Azure functions run in a worker process beside the host. When it dies (memory, `sys.exit`, another call over
`functionTimeout`), everything that it was running ends with it. Here functions run in the host's own process, so the
death is acted: what is in flight is answered as the true host answers it (recorded on azure-functions-host 4.1037 with
the Durable Task extension 3.19), and whatever the calls still do or answer is nobody's.

Not acted: the app's modules are not imported anew, so what they keep in memory outlives the worker; the next call does
not wait for the new worker (0.4 s, or 10 s after a second death); the host does not stop at the third death within 30
minutes.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

# Of a process that was killed: 128 + SIGKILL.
KILLED = 137
# The same of SIGINT.
INTERRUPTED = 130
KINDS = ("activity", "orchestrator", "entity", "http", "eventgrid", "timer")
_HOW_TO_ASK = (
    'a fault is an object with "moment" (before, after or timeout) and, if you like, "nth" (from 1), "function", '
    f'"kind" (one of {", ".join(KINDS)}) and "instance_id"'
)


class WorkerExited(Exception):
    """The worker that ran the call ended."""

    def __init__(self, code: int = KILLED) -> None:
        super().__init__(f"python exited with code {code} (0x{code:X})")


class FunctionTimedOut(Exception):
    """The call took longer than `functionTimeout`; `limit` and `function` as the true host writes them."""

    def __init__(self, limit: str, function: str) -> None:
        super().__init__(f"Timeout value of {limit} was exceeded by function: Functions.{function}")
        self.limit = limit


class FaultError(ValueError):
    """A fault that was asked for makes no sense; the message says what to write."""


class Moment(StrEnum):
    """When in a call its worker fails."""

    BEFORE = "before"
    """The worker is killed before the function's body runs: none of its effects have happened."""
    AFTER = "after"
    """The worker is killed when the body has run and its answer is not yet recorded: its effects have happened."""
    TIMEOUT = "timeout"
    """The body has run, but is taken to have needed longer than `functionTimeout`."""


@dataclass
class WorkerFault:
    """The `nth` call (from 1, counted from when the fault is added) that fits is not survived by its worker."""

    moment: Moment
    nth: int = 1
    function: str | None = None
    """Name of the function; None: any."""
    kind: str | None = None
    """`activity`, `orchestrator` (a call is one turn), `entity`, `http`, `eventgrid` or `timer`; None: any."""
    instance_id: str | None = None
    """The instance that the call is for; None: any."""
    seen: int = 0
    """How many calls have fitted so far."""

    @classmethod
    def of(cls, body: bytes) -> WorkerFault:
        """The fault that a JSON text asks for. Raises FaultError."""
        try:
            asked = json.loads(body)
            fault = cls(**{**asked, "moment": Moment(asked["moment"]), "seen": 0})
        except (ValueError, TypeError, KeyError):
            fault = None
        names = (fault.function, fault.kind, fault.instance_id) if fault else ()
        if fault is None or type(fault.nth) is not int or fault.nth < 1 or fault.kind not in {None, *KINDS}:
            raise FaultError(_HOW_TO_ASK)
        if not all(name is None or isinstance(name, str) for name in names):
            raise FaultError(_HOW_TO_ASK)
        return fault

    def hits(self, function: str, kind: str, instance_id: str | None) -> bool:
        """Count a call that fits; whether it is the one."""
        wanted = ((self.function, function), (self.kind, kind), (self.instance_id, instance_id))
        if any(mine not in {None, theirs} for mine, theirs in wanted):
            return False
        self.seen += 1
        return self.seen == self.nth


class WorkerFaults:
    """The faults of one host, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._faults: list[WorkerFault] = []
        self._lock = threading.Lock()

    def add(self, fault: WorkerFault) -> WorkerFault:
        """Ask for a fault; its `seen` tells later whether its call came."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._faults.clear()

    def documents(self) -> list[dict[str, Any]]:
        """The faults as JSON shows them, those that have hit included."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def of(self, function: str, kind: str, instance_id: str | None) -> Moment | None:
        """The fault of a call that is about to begin."""
        with self._lock:
            hit = [fault.moment for fault in self._faults if fault.hits(function, kind, instance_id)]
        return hit[0] if hit else None
