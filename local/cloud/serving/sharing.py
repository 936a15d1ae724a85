"""One scoring process for all deployments of the same content: for rehearsals of very many deployments at once.

Not Azure's way, so a deployment that shares says so in its container's log and in its properties. What its process does
in the name of an identity, it does in that of the first deployment's endpoint.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from local.clock import Clock
from local.cloud.images.containers import Containers
from local.cloud.serving.process import ServingProcess
from local.cloud.serving.spec import ServingSpec
from local.cloud.world import Durations

Report = Callable[[ServingProcess], None]
# Of a specification, what says whose it is or where it lies; folders count by what is in them.
_OWN = {"endpoint", "deployment", "root", "process_environment"}


class Guest(ServingProcess):
    """A deployment that is served by the process of a house."""

    def __init__(
        self,
        spec: ServingSpec,
        clock: Clock,
        containers: Containers,
        report: Report,
        durations: Durations,
        house: House,
    ) -> None:
        super().__init__(spec, clock, containers, report, durations)
        self._house = house

    @property
    def notes(self) -> tuple[str, ...]:
        """What of it is not as in Azure."""
        first = self._house.process.spec
        return (*super().notes, f"served by the process of deployment {first.deployment} of endpoint {first.endpoint}")

    @property
    def port(self) -> int:
        """Where the shared process listens."""
        return self._house.process.port

    @property
    def ready(self) -> bool:
        """Whether requests may come to it."""
        return self._house.process.ready

    @property
    def told(self) -> str:
        """What has happened to the shared process since it was first ready."""
        return self._house.process.told

    def suspect(self) -> None:
        """Have the shared process asked whether it is well."""
        self._house.process.suspect()

    def log(self, lines: int | None = None, container: str | None = None) -> str:
        """As of the process that it shares."""
        return self._house.process.log(lines, container)

    def stop(self) -> None:
        """Leave; the last one to leave ends the process."""
        self._stopping.set()
        self._house.leave(self)
        self.state = "stopped"

    def follow(self) -> None:
        """Be as the shared process is, and report it."""
        process = self._house.process
        self.state, self.failure = process.state, process.failure
        self.plan, self.built_for, self.takes = process.plan, process.built_for, process.takes
        self._report_state()

    def _live(self) -> None:
        try:
            self._house.known.wait()
            self.follow()
        finally:
            self._held.release()


class House:
    """One process and its guests; `known` once it is known whether it serves. `lock` is that of all houses."""

    def __init__(self, lock: threading.RLock, closed: Callable[[House], None]) -> None:
        self.process: ServingProcess
        self.known = threading.Event()
        self.guests: list[Guest] = []
        self._lock = lock
        self._closed = closed

    def leave(self, guest: Guest) -> None:
        """Take a guest out; without any the process is ended."""
        with self._lock:
            self.guests = [one for one in self.guests if one is not guest]
            empty = not self.guests
            if empty:
                self._closed(self)
        if empty:
            self.process.stop()
            self.known.set()

    def report(self, process: ServingProcess) -> None:
        """The process is up, or has failed."""
        if process.failure:
            with self._lock:
                self._closed(self)
        self.known.set()


class Sharing:
    """The shared processes, by what they serve."""

    def __init__(self) -> None:
        self._houses: dict[str, House] = {}
        self._lock = threading.RLock()

    def launch(
        self, spec: ServingSpec, clock: Clock, containers: Containers, report: Report, durations: Durations
    ) -> ServingProcess:
        """As `launch`, but that a process which serves the same content is shared."""
        content = content_of(spec)
        with self._lock:
            house = self._houses.get(content)
            opened = house is None
            if house is None:
                house = self._houses[content] = House(self._lock, self._close)
                house.process = ServingProcess(spec, clock, containers, house.report, durations)
            guest = Guest(spec, clock, containers, report, durations, house)
            house.guests.append(guest)
        guest.begin()
        if opened:
            house.process.begin()
        return guest

    def _close(self, house: House) -> None:
        with self._lock:
            self._houses = {content: one for content, one in self._houses.items() if one is not house}


def content_of(spec: ServingSpec) -> str:
    """A digest of all that decides what a deployment's process does, but its identity."""
    parts = []
    for field in fields(spec):
        value = getattr(spec, field.name)
        if field.name not in _OWN:
            parts.append((field.name, _tree(value) if isinstance(value, Path) else value))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _tree(folder: Path) -> list[tuple[str, str]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
