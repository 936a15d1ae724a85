"""Every request the local Azure was asked, in order; without secrets: no bodies, no headers, no queries."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from dataclasses import asdict, dataclass
from datetime import datetime

from local.cloud.exchange import Exchange

# A demonstration may run for days; the oldest requests are forgotten first.
_KEPT = 200_000


@dataclass(frozen=True)
class Entry:
    """One request. `at` is virtual, `milliseconds` real; `status` is None when the connection was dropped."""

    n: int
    at: datetime
    caller: str | None
    method: str
    host: str
    path: str
    operation: str
    api_version: str | None
    status: int | None
    milliseconds: float

    @property
    def write(self) -> bool:
        """Whether Azure counts it as a write: everything but GET and HEAD (a POST counts, as recorded headers show)."""
        return self.method not in ("GET", "HEAD")

    def document(self) -> dict[str, object]:
        """This entry as JSON."""
        return {**asdict(self), "at": self.at.isoformat(), "write": self.write}


class Journal:
    """The latest entries of one run, kept in memory."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, exchange: Exchange, at: datetime, status: int | None, milliseconds: float) -> None:
        """Note that `exchange`, begun at `at`, was answered."""
        with self._lock:
            self._entries.append(
                Entry(
                    n=next(self._numbers),
                    at=at,
                    caller=exchange.caller,
                    method=exchange.method,
                    host=exchange.host,
                    path=exchange.path,
                    operation=exchange.operation,
                    api_version=exchange.api_version,
                    status=status,
                    milliseconds=round(milliseconds, 3),
                )
            )

    def entries(self, *, operation: str | None = None, caller: str | None = None) -> list[Entry]:
        """The entries so far, oldest first; with `operation` or `caller` only those (case does not matter)."""
        with self._lock:
            found = list(self._entries)
        if operation:
            found = [entry for entry in found if entry.operation.lower() == operation.lower()]
        if caller:
            found = [entry for entry in found if entry.caller == caller]
        return found

    def clear(self) -> None:
        """Forget all entries; numbering goes on."""
        with self._lock:
            self._entries.clear()
