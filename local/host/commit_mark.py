"""How many changes the task hub has made durable, beside the task hub itself.

SQLite takes a write-ahead log that has lost its end for one that was never longer. This number, written after each
commit, is how such a loss is noticed. It is not forced to the disk: after a power failure it may be behind, but not
ahead.
"""

from __future__ import annotations

import os
from pathlib import Path

_DIGITS = 20


class CommitMark:
    """The number, in a file of its own."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        text = os.pread(self._file, _DIGITS, 0)
        self.count = int(text) if text.isdigit() else 0
        """The number when the file was opened; 0 for a new one, or one that cannot be read."""

    def put(self, count: int) -> None:
        """Write the number."""
        os.pwrite(self._file, str(count).zfill(_DIGITS).encode(), 0)

    def close(self) -> None:
        """Write nothing more."""
        os.close(self._file)
