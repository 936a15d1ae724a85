"""Times and foreign text in the words of the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from contracts.base import Json
from contracts.plan import PlannedUsage

# Escape sequences in a model's log would be obeyed by the terminal that shows it.
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ANSWER_SHOWN = 200


def span(duration: timedelta) -> str:
    """A duration as people say it, in at most two units: `45 s`, `3 min 20 s`, `12 min`, `1 h 5 min`."""
    seconds = max(0, round(duration.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def clock_time(moment: datetime) -> str:
    """Time of day in UTC, as in Azure's own logs: `14:05 UTC`."""
    return f"{moment.astimezone(UTC):%H:%M} UTC"


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def quota(usage: PlannedUsage) -> str:
    """A quota before and after: `standardDSv2Family: 8 in use, 16 of 24 afterwards`."""
    of = f" of {usage.limit}" if usage.limit >= 0 else ""
    return f"{usage.name}: {usage.used} in use, {usage.used + usage.takes}{of} afterwards"


def sized(number: int) -> str:
    """A size as people say it: `312 bytes`, `1.4 MB`."""
    if number < 1000:
        return counted(number, "byte")
    for unit, size in (("kB", 10**3), ("MB", 10**6), ("GB", 10**9)):
        if number < 1000 * size or unit == "GB":
            return f"{number / size:.1f} {unit}"
    raise AssertionError("the last unit holds everything")


def plain(text: str) -> str:
    """`text` without what a terminal would take for a command."""
    return _CONTROL.sub("", text)


def shortened(value: Json) -> str:
    """A JSON value on one line, its end left out when it is long."""
    text = plain(str(value))
    return text if len(text) <= _ANSWER_SHOWN else f"{text[:_ANSWER_SHOWN]}…"
