"""Faults on demand: what Azure and the network do on a bad day, told to the local Azure in advance."""

from __future__ import annotations

import fnmatch
import itertools
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, Literal

from local.cloud.exchange import Exchange


@dataclass(frozen=True)
class Fault:
    """What to do to matching requests.

    A request matches when all given of `method`, `host` and `operation` (patterns with `*`, for example
    `*/onlineEndpoints/write`) and `path` (a regular expression, searched for) do. The first `skip` matches are
    served normally, then `times` are hit (None: all).

    Effects: a wait of `delay` (virtual time) and `real_delay`; then either the answer `status` with `headers` and
    `body`, or a lost connection: `drop="before"` the operation was applied, or `"after"` it, so that it took
    effect and its answer was lost. With none of these the request is served after the delays.
    """

    method: str | None = None
    host: str | None = None
    path: str | None = None
    operation: str | None = None
    skip: int = 0
    times: int | None = 1
    delay: timedelta = timedelta()
    real_delay: timedelta = timedelta()
    status: int | None = None
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: Literal["before", "after"] | None = None

    def __post_init__(self) -> None:
        if self.drop not in (None, "before", "after"):
            raise ValueError("drop must be 'before' or 'after' (the operation was applied)")
        if self.drop and self.status is not None:
            raise ValueError("a dropped connection has no status; give drop or status")
        if self.path is not None:
            try:
                re.compile(self.path)
            except re.error as reason:
                raise ValueError(f"path is not a regular expression: {reason}") from None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Fault:
        """A fault from JSON; `delay` and `real_delay` are seconds. ValueError or TypeError when it is none."""
        values = dict(document)
        for name in ("delay", "real_delay"):
            if name in values:
                values[name] = timedelta(seconds=float(values[name]))
        return cls(**values)

    def matches(self, exchange: Exchange) -> bool:
        """Whether this fault is about such a request."""
        pairs = ((self.method, exchange.method), (self.host, exchange.host), (self.operation, exchange.operation))
        if not all(wanted is None or fnmatch.fnmatch(found.lower(), wanted.lower()) for wanted, found in pairs):
            return False
        return self.path is None or re.search(self.path, exchange.path, re.IGNORECASE) is not None


@dataclass
class _Armed:
    number: int
    fault: Fault
    seen: int = 0
    hits: int = 0

    @property
    def spent(self) -> bool:
        return self.fault.times is not None and self.hits >= self.fault.times


class Faults:
    """The faults in force. `dead` refuses every request to Azure, as if the network were gone."""

    def __init__(self) -> None:
        self.dead = False
        self._armed: list[_Armed] = []
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> int:
        """Put a fault in force; its number is for `remove`."""
        with self._lock:
            armed = _Armed(next(self._numbers), fault)
            self._armed.append(armed)
            return armed.number

    def remove(self, number: int) -> None:
        """Withdraw one fault; harmless when it is gone."""
        with self._lock:
            self._armed = [armed for armed in self._armed if armed.number != number]

    def clear(self) -> None:
        """Withdraw all faults and come back from the dead."""
        with self._lock:
            self._armed.clear()
            self.dead = False

    def take(self, exchange: Exchange) -> Fault | None:
        """The fault that hits this request, oldest first; counts it."""
        with self._lock:
            for armed in self._armed:
                if armed.spent or not armed.fault.matches(exchange):
                    continue
                armed.seen += 1
                if armed.seen > armed.fault.skip:
                    armed.hits += 1
                    return armed.fault
        return None

    @property
    def hits(self) -> int:
        """How many requests the faults in force have hit."""
        with self._lock:
            return sum(armed.hits for armed in self._armed)

    def documents(self) -> list[dict[str, object]]:
        """The faults in force and how often each has hit, as JSON."""
        with self._lock:
            return [
                {
                    **asdict(armed.fault),
                    "delay": armed.fault.delay.total_seconds(),
                    "real_delay": armed.fault.real_delay.total_seconds(),
                    "number": armed.number,
                    "hits": armed.hits,
                }
                for armed in self._armed
            ]
