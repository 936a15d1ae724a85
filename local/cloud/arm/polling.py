"""How often a client asks how a long operation goes.

Azure says nothing, and the SDKs wait 5 or 30 s of real time; on a clock that runs faster that would be hours.
The header here is the emulator's own: at speed 1 it asks for 5 s.
"""

from __future__ import annotations

from datetime import timedelta

from local.clock import Clock

_POLL = timedelta(seconds=5)
_AT_LEAST_MILLISECONDS = 20


def poll_headers(clock: Clock) -> dict[str, str]:
    """When to ask again, by the clock's speed; azure-core reads it with every answer, the first one too."""
    wait = 0 if clock.stepped else int(_POLL.total_seconds() * 1000 / clock.speed)
    return {"x-ms-retry-after-ms": str(max(_AT_LEAST_MILLISECONDS, wait))}
