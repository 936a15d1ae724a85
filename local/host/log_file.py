"""A file of lines that nothing depends on: it is bounded, and a disk that is full costs lines, not orchestrations."""

from __future__ import annotations

import logging
from pathlib import Path

_log = logging.getLogger("local.host")


class LogFile:
    """One growing file, and the one that it was before. Not for use by two threads at once."""

    def __init__(self, path: Path, limit: int) -> None:
        """`limit`: bytes after which the file becomes `<name>.old<suffix>`, and another is begun."""
        self._path = path
        self._limit = limit
        self._file = path.open("ab", buffering=0)
        self._size = self._file.tell()
        self._failing = False

    def write(self, text: str) -> None:
        """Append; told once when it cannot be, until it can again."""
        data = text.encode(errors="replace")
        try:
            if self._size and self._size + len(data) > self._limit:
                self._begin_anew()
            self._size += self._file.write(data)
        except (OSError, ValueError) as error:
            told, self._failing = self._failing, True
            if not told:
                # Which may come back here: what a function's thread logs belongs in the function's log.
                _log.error("%s cannot be written, and goes without: %s", self._path, error)
        else:
            self._failing = False

    def close(self) -> None:
        """Write nothing more."""
        self._file.close()

    def _begin_anew(self) -> None:
        self._file.close()
        self._path.replace(self._path.with_suffix(f".old{self._path.suffix}"))
        self._file = self._path.open("ab", buffering=0)
        self._size = 0
