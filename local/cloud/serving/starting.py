"""A container between its start and its first good answers, measured against its probes.

Its work is real, so it is measured in real time, whatever the clock's speed: `init()` has here exactly the seconds that
the probes leave it in Azure. Asking is not tied to the probes' periods, which would only make the desk wait: when Azure
would have noticed is computed from when the server first answered.
"""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

from local.cloud.serving import server_process
from local.cloud.serving.probing import answers, is_good
from local.cloud.serving.spec import ServingSpec

_OFTEN, _SELDOM = 0.05, 0.5
# Real seconds after which a start is a long one, and is asked about less often.
_LONG = 10.0
# What a server that does not answer looks like from outside the image: its proxy's answer (recorded).
_NO_ANSWER = 502


class Starting:
    """One start, begun at `began` on the monotonic clock."""

    def __init__(self, spec: ServingSpec, began: float) -> None:
        self._probes = spec.probes
        self._began = began
        self._up_after = timedelta()
        self._statuses = dict.fromkeys(self._probes, _NO_ANSWER)

    @property
    def passed(self) -> timedelta:
        """When the last of the probes has succeeded, after the container's start."""
        return max(probe.passed(self._up_after) for probe in self._probes.values())

    @property
    def gives_up_after(self) -> timedelta:
        """When the first of the probes is given up."""
        return min(probe.gives_up_after for probe in self._probes.values())

    @property
    def given_up(self) -> bool:
        """Whether that has happened."""
        return self._taken() > self.gives_up_after

    @property
    def pause(self) -> float:
        """Real seconds before it is worth asking again."""
        return _SELDOM if self.is_long else _OFTEN

    @property
    def is_long(self) -> bool:
        """Whether this start takes longer than starting a process does."""
        return self._taken().total_seconds() > _LONG

    @property
    def told(self) -> str:
        """Which probe failed and how, in Azure's words, and what it allowed."""
        name = min(self._probes, key=lambda one: self._probes[one].gives_up_after)
        allowed = self._probes[name].gives_up_after.total_seconds()
        status = self._statuses[name]
        return f"{name} probe failed: HTTP probe failed with statuscode: {status} ({allowed:g} s were allowed)"

    def answered(self, port: int) -> bool:
        """Ask once; whether both probes had the answer they want."""
        found = answers(self._probes, partial(server_process.answer, port))
        self._statuses = {name: status or _NO_ANSWER for name, status in found.items()}
        good = all(map(is_good, found.values()))
        if good:
            self._up_after = self._taken()
        return good

    def _taken(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._began)
