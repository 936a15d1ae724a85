"""A record of every function invocation: what a bill, a benchmark or a bug report needs.

Kept in memory for `GET /admin/local/invocations` and appended to `invocations.jsonl` in the data folder, which a
later host of the same folder reads back. The file is a log, not state: nothing depends on its last line, nor on its
being written. When it has grown enough it becomes `invocations.old.jsonl`, and the one before is forgotten.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.host.log_file import LogFile
from local.waiting import PATIENCE

# Enough for a thousand deployments.
KEPT = 200_000
# Bytes of one file: about as much as is kept in memory.
FILE_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True)
class Invocation:
    """One finished call of one function."""

    invocation_id: str
    function: str
    instance_id: str | None
    trigger: str
    started: str
    """Virtual time, as in histories."""
    ended: str
    duration_ms: float
    """Real time on the wall, waiting for a thread not included."""
    cpu_ms: float
    """CPU of the thread while in the function's own frames; for async functions, of its coroutine's steps."""
    outcome: str
    """`succeeded` or `failed`."""
    error: str | None
    result_bytes: int
    custom_status_bytes: int


class InvocationLog:
    """The invocations of one data folder, oldest first."""

    def __init__(self, folder: Path, *, limit: int = FILE_LIMIT) -> None:
        """`limit`: bytes after which a file is closed and another begun."""
        path = folder / "invocations.jsonl"
        self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT)
        if path.is_file():
            self._kept.extend(_whole_lines(path))
        self._added = threading.Condition()
        self._closed = False
        self._file = LogFile(path, limit)

    def add(self, invocation: Invocation) -> None:
        """Record one; ignored after `close`."""
        line = dict(vars(invocation))
        with self._added:
            if self._closed:
                return
            self._kept.append(line)
            self._file.write(json.dumps(line) + "\n")
            self._added.notify_all()

    def forget(self, instance_ids: Collection[str]) -> None:
        """Give back the memory of what was recorded for instances that were purged."""
        with self._added:
            left = [line for line in self._kept if line["instance_id"] not in instance_ids]
            self._kept.clear()
            self._kept.extend(left)

    def select(self, *, function: str | None = None, instance_id: str | None = None) -> list[dict[str, Any]]:
        """The invocations, optionally of one function or instance."""
        with self._added:
            kept = list(self._kept)
        return [
            line for line in kept if function in {None, line["function"]} and instance_id in {None, line["instance_id"]}
        ]

    def wait_for(self, function: str, times: int, *, timeout: float = PATIENCE) -> bool:
        """Wait until the function has been called so many times; False after `timeout` real seconds."""

        def enough() -> bool:
            return [line["function"] for line in self._kept].count(function) >= times

        with self._added:
            return self._added.wait_for(enough, timeout)

    def close(self) -> None:
        """Write out and record nothing more."""
        with self._added:
            self._closed = True
            self._file.close()


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of the file; the last may have been cut short when the host was killed."""
    lines = []
    for text in path.read_bytes().splitlines():
        with suppress(ValueError):
            line = json.loads(text)
            if isinstance(line, dict) and "function" in line and "instance_id" in line:
                lines.append(line)
    return lines
