"""Runs one scoring server and sees to it that nothing of it outlives the local Azure.

Started by `process.py` with the scoring environment's interpreter, as the leader of a process group of its own; uses
the standard library only. Its standard input is a pipe that the local Azure holds open: when that ends, however the
local Azure died, the whole group is ended. Works without Linux's parent-death signal, which belongs to a thread.

    python -I -S supervise.py LISTENING_FD|- STOP PROGRAM [ARGUMENT ...]

STOP, a JSON list, is a command that is run once this process is no more, however it ended: it ends what the program
has left elsewhere, such as a container. `[]`: none.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# How long a server may take to finish its requests when its owner has gone.
GRACE = 5.0


# Waits until the supervisor, who alone has the pipe's other end, is no more.
AFTERWARDS = "import os, sys; os.read(0, 1); os.execvp(sys.argv[1], sys.argv[1:])"


def main(listening: str, stop: "list[str]", command: "list[str]") -> int:
    """Run `command` until it ends; its exit code. `stop` is run afterwards."""
    # The child gets the group's SIGTERM too, and this waits for it. Not SIG_IGN: that would be inherited.
    signal.signal(signal.SIGTERM, lambda *_: None)
    handed = [] if listening == "-" else [int(listening)]
    if stop:
        run_afterwards(stop)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=handed)
    for one in handed:
        os.close(one)
    return supervise(child.wait)


def run_afterwards(command: "list[str]") -> None:
    """Run `command` once this process is no more."""
    reading, _open_while_this_lives = os.pipe()
    waiting = [sys.executable, "-I", "-S", "-c", AFTERWARDS, *command]
    # In a session of its own, because this group is ended; without the log, whose end is waited for.
    subprocess.Popen(
        waiting, stdin=reading, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    os.close(reading)


def supervise(wait: "Callable[[], int]") -> int:
    """Wait for a server of this process's group, and end it with the owner; its exit code."""
    ended = threading.Event()
    threading.Thread(target=_end_with_owner, args=(ended,), daemon=True).start()
    code = wait()
    ended.set()
    return code


def _end_with_owner(ended: threading.Event) -> None:
    with suppress(ConnectionError):  # a socket's way to say that nobody is there any more
        while os.read(0, 1024):
            pass
    os.killpg(os.getpgrp(), signal.SIGTERM)
    ended.wait(GRACE)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]))
