"""A Python that has imported what every scoring server imports, and is forked for each server.

Started by `forking.py` with a scoring environment's interpreter; uses the standard library only. Its standard input is
a socket on which the local Azure asks for servers, and on whose end it ends. What it forks is what `supervise.py` and
`python -m PROGRAM` would have been: a supervisor that leads a session of its own, and the server, with folder,
variables and files of their own and nothing of another deployment, because nothing of a deployment is ever known here.

Being forked must make no difference. The server is started anew, in the fork, when it might: when its variables differ
in what was looked up while importing or is looked up by the interpreter and C libraries themselves, or when its folder
would have had its own module in the place of one imported. Nothing is forked at all when importing left a thread or an
open file behind. What all forks share is the seed of `hash`.

    python template.py PROGRAM MODULE ...
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import sysconfig
from contextlib import suppress
from typing import Any, NoReturn

# A sibling, found because this is run as a program; of no package there.
supervise = importlib.import_module("supervise").supervise

# Looked up where it cannot be seen: by the interpreter, the C library, OpenSSL and Rust.
_UNSEEN = ("PYTHON", "LD_", "LC_", "LANG", "TZ", "MALLOC_", "GLIBC_", "OPENSSL_", "RUST_")
_ALL = "*"


class _Watched(os._Environ):  # type: ignore[type-arg]  # Python 3.8 takes no type here
    """The environment, remembering what it is asked for."""

    asked: set[str] = set()  # noqa: RUF012 - one environment, one set

    def __getitem__(self, name: Any) -> str:
        self.asked.add(os.fsdecode(name))
        value: str = super().__getitem__(name)
        return value

    def __iter__(self) -> Any:
        self.asked.add(_ALL)
        return super().__iter__()


def _warm(modules: list[str]) -> set[str]:
    """Import; the names of the variables that were looked up."""
    sysconfig.get_config_vars()  # asks for the home folder, and is loaded again in the fork
    usual, before = type(os.environ), _held()
    os.environ.__class__ = _Watched
    for module in modules:
        importlib.import_module(module)
    os.environ.__class__ = usual
    if _held() != before:
        sys.exit("importing left a thread or an open file")
    gc.collect()
    gc.freeze()
    return _Watched.asked


def _held() -> tuple[int, int]:
    """How many threads and open files there are."""
    return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))


def _wanted(control: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """The next server that is asked for, with its files; None when nobody asks any more."""
    size, handed, *_ = socket.recv_fds(control, 8, 3)
    if len(size) < 8:
        return None
    return json.loads(control.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)), handed


def _is_as_new(variables: dict[str, str], asked: set[str]) -> bool:
    """Whether a server with these variables, in this folder, would have imported just what was imported."""
    here = dict(os.environ)
    seen = asked | {name for name in (*here, *variables) if name.startswith(_UNSEEN)}
    own = {name.split(".")[0] for name in os.listdir()}
    imported = {name.split(".")[0] for name in sys.modules}
    return _ALL not in asked and all(here.get(name) == variables.get(name) for name in seen) and not own & imported


def _supervise(server: int, owner: socket.socket) -> NoReturn:
    """Stay with the server until it has ended, and tell the owner how."""
    # The server gets the group's SIGTERM too, and this waits for it.
    signal.signal(signal.SIGTERM, lambda *_: None)

    def ended() -> int:
        _, status = os.waitpid(server, 0)
        return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)

    with suppress(OSError):  # an owner that has gone is noticed next
        owner.send(str(os.getpid()).encode())
    code = supervise(ended) & 0xFF
    with suppress(OSError):
        owner.send(str(code).encode())
    os._exit(code)


def _become_server(wanted: dict[str, Any], handed: list[int], asked: set[str]) -> bool:
    """Become a supervisor, and return in a fork of it, the server: whether that need not be started anew.

    The owner hears of the supervisor only once nothing can fail any more that would fail for a new process as well.
    """
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(wanted["folder"])
    as_new = _is_as_new(wanted["variables"], asked)
    os.environ.clear()
    os.environ.update(wanted["variables"])
    owner, log, listening = handed
    for file, place in ((listening, wanted["listening"]), (log, 1), (log, 2), (owner, 0)):
        os.dup2(file, place)
    os.closerange(wanted["listening"] + 1, max(handed) + 1)
    server = os.fork()
    if server:
        os.close(wanted["listening"])
        _supervise(server, socket.socket(fileno=0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return as_new


def _serve(program: str, arguments: list[str], *, as_new: bool) -> None:
    """Be `python -m PROGRAM ARGUMENT ...`, to its end."""
    sys.orig_argv = [sys.executable, "-m", program, *arguments]
    if not as_new:
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - arguments of ours
    sys.argv = [program, *arguments]
    sys.path.insert(0, os.getcwd())
    sys.modules.pop("supervise", None)
    importlib.reload(sysconfig)
    runpy.run_module(program, run_name="__main__", alter_sys=True)


def main(program: str, modules: list[str]) -> None:
    """Fork a server for each request, until nobody can ask any more."""
    del sys.path[0]  # the folder of this file
    asked = _warm(modules)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors tell their owner themselves
    control = socket.socket(fileno=os.dup(0))
    while request := _wanted(control):
        wanted, handed = request
        if os.fork() == 0:
            control.detach()  # its place is taken
            as_new = _become_server(wanted, handed, asked)
            _serve(program, wanted["arguments"], as_new=as_new)
            return
        for file in handed:
            os.close(file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
