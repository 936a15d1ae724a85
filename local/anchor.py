"""A moment in virtual and in real time, from which a clock counts, and how it is written down for other processes.

How much real time has passed is asked of a clock that nobody sets: the machine's time of day may be put an hour back or
forth, and nothing stalls or goes off early.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple


def _boot() -> str:
    """Which start of the machine this is; the same for all where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


_BOOT = _boot()


class Anchor(NamedTuple):
    """A moment in both times, and the virtual one at which time stands still; replaced as one, read without a lock."""

    virtual: datetime
    real: float
    """Of `time.monotonic`, which all processes of a machine share until it starts anew."""
    limit: datetime | None

    @classmethod
    def here(cls, virtual: datetime, limit: datetime | None = None) -> Anchor:
        """From now on."""
        return cls(virtual, time.monotonic(), limit)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Anchor:
        """As written down; since then the time of day counts if the machine has started anew."""
        now, written = time.monotonic(), document.get("monotonic", 0.0)
        if document.get("boot") != _BOOT or written > now:
            written = now - max(0.0, time.time() - document["real"])
        limit = datetime.fromisoformat(document["limit"]) if document.get("limit") else None
        return cls(datetime.fromisoformat(document["virtual"]), written, limit)

    def document(self) -> dict[str, Any]:
        """To be written down."""
        return {
            "virtual": self.virtual.isoformat(),
            "limit": self.limit.isoformat() if self.limit else None,
            "real": time.time() - (time.monotonic() - self.real),
            "monotonic": self.real,
            "boot": _BOOT,
        }

    def now(self, speed: float) -> datetime:
        """The virtual time that it is at this speed."""
        moved = self.virtual + timedelta(seconds=(time.monotonic() - self.real) * speed)
        return min(moved, self.limit) if self.limit else moved
