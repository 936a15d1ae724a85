"""Servers forked from a template: importing what they need takes most of a second of a processor, a fork a hundredth.

One template for each environment, kept for as long as this process lives. Linux only: elsewhere a fork of a process
that has loaded the system's frameworks is not safe.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from local.cloud.serving import layout

# The file that a forked server's listening socket becomes: the first beside input, output and errors.
LISTENING = 3
_TEMPLATE = Path(__file__).parent / "template.py"
_PROGRAM = "gunicorn"
# What version 1 of the inference server imports of others. An environment without them has no template.
_MODULES = (
    "azure.monitor.opentelemetry.exporter",
    "opentelemetry.sdk.trace.export",
    "opentelemetry.sdk._logs.export",
    "flask_cors",
    "pydantic_settings",
    "inference_schema.schema_util",
)
# Seconds; importing on a crowded machine takes a few.
_PATIENCE = 60.0
# Environments that have a template at once: each is some 60 MB.
_KEPT = 4


class Forked:
    """A forked server, in as much of the manner of `Popen` as is needed."""

    def __init__(self, pid: int, life: socket.socket) -> None:
        self.pid = pid
        self._life = life
        self._code: int | None = None
        self._lock = threading.Lock()
        self._process: int | None = None
        with suppress(ProcessLookupError):  # ended by now
            self._process = os.pidfd_open(pid)

    @property
    def stdin(self) -> Self:
        """What keeps it alive while it is open."""
        return self

    def close(self) -> None:
        """Let it go."""
        with self._lock:
            self._life.close()
            if self._process is not None:
                os.close(self._process)
                self._process = None

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        with self._lock:
            if self._code is None and (self._process is None or _ended(self._process, 0)):
                # Without a last word it was killed: nothing else ends a supervisor.
                self._code = int(_said(self._life) or -signal.SIGKILL)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code once it has ended; `subprocess.TimeoutExpired` when it has not by then."""
        with self._lock:
            process = None if self._process is None else os.dup(self._process)
        if process is not None:
            try:
                _ended(process, timeout)
            finally:
                os.close(process)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(_PROGRAM, timeout or 0)
        return code


def _ended(process: int, timeout: float | None) -> bool:
    """Whether a process has ended, or ends within so many seconds."""
    ends = select.poll()
    ends.register(process, select.POLLIN)
    return bool(ends.poll(None if timeout is None else timeout * 1000))


class _Template:
    def __init__(self, python: Path, variables: Mapping[str, str]) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [str(python), str(_TEMPLATE), _PROGRAM, *_MODULES],
                env=dict(variables),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._lock = threading.Lock()

    def ask(self, wanted: Mapping[str, object], log: int, listening: int) -> Forked | None:
        life, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        message = json.dumps(wanted).encode()
        with theirs, suppress(OSError), self._lock:
            socket.send_fds(self._control, [len(message).to_bytes(8, "big")], [theirs.fileno(), log, listening])
            self._control.sendall(message)
        life.settimeout(_PATIENCE)
        with suppress(TimeoutError):
            pid = _said(life)
            if pid:
                life.settimeout(None)
                return Forked(int(pid), life)
        life.close()
        return None

    def close(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()


def _said(life: socket.socket) -> bytes:
    """The supervisor's next word; none when it has ended."""
    try:
        return life.recv(16)
    except ConnectionError:
        return b""


_templates: dict[Path, _Template] = {}
_templates_lock = threading.Lock()


def _template(python: Path) -> _Template:
    """The template of an environment; the least lately made one makes room for a new one."""
    with _templates_lock:
        if python not in _templates:
            while len(_templates) >= _KEPT:
                _templates.pop(next(iter(_templates))).close()
            # With other values of these a server is started anew.
            _templates[python] = _Template(python, layout.with_programs_of(python, layout.usual_variables()))
        return _templates[python]


@atexit.register
def _close() -> None:
    while _templates:
        _templates.popitem()[1].close()


def fork(
    python: Path, arguments: Sequence[str], *, variables: Mapping[str, str], folder: Path, log: int, listening: int
) -> Forked | None:
    """`python -m gunicorn` with these arguments under a supervisor; None where only starting it anew will do.

    `listening` becomes its file `LISTENING`, `log` its output.
    """
    if sys.platform != "linux":
        return None
    wanted = {
        "variables": dict(variables),
        "folder": str(folder),
        "arguments": list(arguments),
        "listening": LISTENING,
    }
    return _template(python).ask(wanted, log, listening)
