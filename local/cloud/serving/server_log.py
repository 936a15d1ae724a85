"""The log of a server, in the time of the local Azure.

A server stamps its lines with the time of this machine; everything else that is read beside them is in virtual time.
So each line is written down with the virtual moment at which it came, wherever it begins with the real one.
"""

from __future__ import annotations

import os
import re
import select
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from local.clock import Clock

# How far a line's stamp may be from this machine's time; another moment is not the line's own, and stays.
_NEAR = timedelta(minutes=2)
# How much is read at once, and kept back of a line until its end comes.
_CHUNK = 65536
# Real seconds that a log gets for its last lines.
_LAST_LINES = 2.0
# As logging and the inference server begin a line, or gunicorn's error log; and within one, as it logs a request.
_FORMS = (
    (re.compile(rb"^\[?(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)"), "%Y-%m-%d %H:%M:%S"),
    (re.compile(rb" \S+ \S+ \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d)"), "%d/%b/%Y:%H:%M:%S"),
)


class ServerLog:
    """Copies what comes from `output` to the end of `file`, until it ends; from a thread of its own."""

    def __init__(self, output: IO[bytes], file: Path, clock: Clock) -> None:
        self._output = output
        self._clock = clock
        self._file = file.open("ab", buffering=0)
        self._begun = b""
        self._lock = threading.Lock()
        os.set_blocking(output.fileno(), False)
        self._thread = threading.Thread(target=self._copy, name=f"log {file}", daemon=True)
        self._thread.start()

    def catch_up(self) -> None:
        """Return when all that was written so far is in the file, a line that has not ended too."""
        with self._lock:
            if not self._output.closed:
                self._drain()
                self._write(self._begun)
                self._begun = b""

    def finish(self) -> None:
        """Wait until all that the ended server wrote is in the file, unless a child of it keeps the output open."""
        self._thread.join(_LAST_LINES)

    def _copy(self) -> None:
        # Not select(), which takes no descriptor beyond the first thousand.
        waiting, going = select.poll(), True
        waiting.register(self._output, select.POLLIN)
        while going:
            waiting.poll()
            with self._lock:
                going = self._drain()
        with self._lock, self._output, self._file:
            self._write(self._begun)

    def _drain(self) -> bool:
        """Copy what is there; False when nothing more can come."""
        while chunk := self._output.read(_CHUNK):
            *lines, self._begun = (self._begun + chunk).splitlines(keepends=True)
            if self._begun.endswith(b"\n") or len(self._begun) > _CHUNK:
                lines, self._begun = [*lines, self._begun], b""
            self._write(*lines)
        return chunk is None

    def _write(self, *lines: bytes) -> None:
        now, real = self._clock.now(), datetime.now(UTC)
        self._file.write(b"".join(restamped(line, now, real) for line in lines))


def restamped(line: bytes, now: datetime, real: datetime) -> bytes:
    """The line with the moment `now` where it is stamped with `real`, in UTC or in this machine's zone."""
    local = real.astimezone().replace(tzinfo=UTC)
    for pattern, form in _FORMS:
        found = pattern.search(line)
        stamp = _moment(found[1], form) if found else None
        if found and stamp and min(abs(stamp - real), abs(stamp - local)) <= _NEAR:
            line = line[: found.start(1)] + now.strftime(form).encode() + line[found.end(1) :]
    return line


def _moment(text: bytes, form: str) -> datetime | None:
    try:
        return datetime.strptime(text.decode().replace("T", " "), form).replace(tzinfo=UTC)
    except ValueError:
        return None  # looks like one, and is none
