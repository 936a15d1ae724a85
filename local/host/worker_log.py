"""Where the lines go that functions log: `host.log` in the data folder, and stderr when the host has its own process.

Each line carries the function and the invocation it came from. One handler on the root logger serves all hosts of
a process; the current invocation, a context variable, says whose log a record belongs to. What an app logs outside of
an invocation, while it is imported or in threads of its own, is dropped, as by the true host (recorded).
"""

from __future__ import annotations

import logging
import sys
import threading
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from local.clock import Clock
from local.host.events import stamp
from local.host.log_file import LogFile
from local.host.log_levels import LogLevels

# Bytes after which the log is put aside and another begun.
FILE_LIMIT = 32 * 1024 * 1024


class WorkerLog:
    """The log file of one data folder."""

    def __init__(self, folder: Path, clock: Clock, levels: LogLevels, *, echo: bool) -> None:
        self._clock = clock
        self.levels = levels
        self._echo = echo
        self._lock = threading.RLock()
        self._closed = False
        self._file = LogFile(folder / "host.log", FILE_LIMIT)
        _handler.attach(self, takes_the_rest=echo)

    def write(self, level: str, source: str, message: str) -> None:
        """Append one line (more if the message has line breaks), with the virtual time."""
        line = f"{stamp(self._clock.now())} [{level}] {source}: {message}\n"
        with self._lock:
            if not self._closed:
                self._file.write(line)
        if self._echo:
            sys.stderr.write(line)

    def close(self) -> None:
        """Take no more lines."""
        _handler.detach(self)
        with self._lock:
            self._closed = True
            self._file.close()


@dataclass(frozen=True)
class Caller:
    """The invocation in whose context code is running."""

    function: str
    invocation_id: str
    log: WorkerLog


current: ContextVar[Caller | None] = ContextVar("current invocation", default=None)


class _Router(logging.Handler):
    """Sends each record to the log of the host whose function is running."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._logs: list[WorkerLog] = []
        self._default: WorkerLog | None = None
        self._level_before = logging.WARNING

    def attach(self, log: WorkerLog, *, takes_the_rest: bool) -> None:
        """Serve `log`; with `takes_the_rest` also what the host itself has to say."""
        root = logging.getLogger()
        if not self._logs:
            # The Functions worker lets INFO through; Python's own default would drop it.
            self._level_before = root.level
            root.setLevel(min(root.level, logging.INFO))
            root.addHandler(self)
        self._logs.append(log)
        if takes_the_rest:
            self._default = log

    def detach(self, log: WorkerLog) -> None:
        """Serve `log` no longer."""
        if log not in self._logs:
            return
        self._logs.remove(log)
        self._default = None if self._default is log else self._default
        if not self._logs:
            root = logging.getLogger()
            root.setLevel(self._level_before)
            root.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, with its traceback, where it belongs."""
        caller = current.get()
        if caller is not None:
            if record.levelno < caller.log.levels.of(caller.function):
                return
            caller.log.write(record.levelname, f"{caller.function} {caller.invocation_id}", self.format(record))
        elif self._default is not None and record.name.partition(".")[0] == "local":
            self._default.write(record.levelname, record.name, self.format(record))


_handler = _Router()
