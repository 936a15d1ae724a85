"""What a host had in hand when it ended, and when the next one sees it again.

As on Azure Storage: its queues hide what a host has taken for the visibility time-outs of host.json, and a host that
lives renews that. One that was killed renews nothing; one that ends on SIGTERM keeps what it has taken, unless
`useGracefulShutdown` has it handed back. So it was recorded on the true host, with time-outs by default and shorter.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from local.host.events import moment_of, stamp
from local.host.settings import HostSettings
from local.host.store import Activity, Message

# Of the Durable Task Framework's dispatchers, whatever the time-out (read in Azure/durabletask).
_RENEWED_EVERY = timedelta(seconds=30)
_HELD, _HANDED_BACK = "held", "back"


class SignOfLife:
    """When a host of this folder was last seen at work, kept beside the task hub.

    Not forced to the disk, nor needed: where it cannot be written, what was in hand is seen again sooner.
    """

    def __init__(self, folder: Path) -> None:
        self._lock, self._closed = threading.Lock(), False
        self._file = os.open(folder / "taskhub.alive", os.O_RDWR | os.O_CREAT, 0o644)
        moment, _, state = os.pread(self._file, 64, 0).decode(errors="replace").partition(" ")
        self.last = _moment(moment)
        """None: there was no host, or what it wrote cannot be read."""
        self.handed_back = state == _HANDED_BACK
        """Whether that host has kept nothing of what it had taken."""

    def give(self, now: datetime, *, handed_back: bool = False) -> None:
        """Write down that the host is at work, or that it is not any more and has handed back what it had."""
        text = f"{stamp(now)} {_HANDED_BACK if handed_back else _HELD}"
        with self._lock, suppress(OSError):
            if not self._closed:
                os.pwrite(self._file, text.encode(), 0)

    def close(self) -> None:
        """Write nothing more."""
        with self._lock:
            self._closed = True
            os.close(self._file)


def _moment(text: str) -> datetime | None:
    try:
        return moment_of(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Hidden:
    """What the host before had in hand, and until when it stays hidden. Answers are stamps; None: it is there now."""

    now: datetime
    last: datetime | None
    """When that host was last seen at work; None: it had nothing."""
    control: timedelta
    work_item: timedelta
    max_activities: int

    @classmethod
    def after(cls, sign: SignOfLife, now: datetime, settings: HostSettings) -> Hidden:
        """What the host that gave `sign` last has left hidden."""
        last = None if sign.handed_back else sign.last
        return cls(now, last, settings.control_visibility, settings.work_item_visibility, settings.max_activities)

    def message(self, message: Message) -> str | None:
        """Until when a message is hidden: a host takes it as soon as it is there, or due."""
        taken = message.due or json.loads(message.event)["Timestamp"]
        return self._until(moment_of(taken), self.control)

    def activities(self, unfinished: Iterable[Activity]) -> Iterator[str | None]:
        """The same of each activity: of those that were there, the first had a place."""
        places = self.max_activities
        for activity in unfinished:
            due = moment_of(activity.due) if activity.due and places else None
            until = self._until(due, self.work_item) if due else None
            places -= until is not None
            yield until

    def _until(self, taken: datetime, timeout: timedelta) -> str | None:
        if self.last is None or taken > self.last:
            return None
        renewed = (self.last - taken) // _RENEWED_EVERY * _RENEWED_EVERY
        until = taken + renewed + timeout
        return stamp(until) if until > self.now else None
