"""Runs one scoring server and sees to it that nothing of it outlives the local Azure.

Started by `process.py` with the scoring environment's interpreter, as the leader of a process group of its own; uses
the standard library only. Its standard input is a pipe that the local Azure holds open: when that ends, however the
local Azure died, the whole group is ended. Works without Linux's parent-death signal, which belongs to a thread.

    python -I -S supervise.py LISTENING_FD|- PROGRAM [ARGUMENT ...]
"""

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


def main(listening: str, command: "list[str]") -> int:
    """Run `command` until it ends; its exit code."""
    # The child gets the group's SIGTERM too, and this waits for it. Not SIG_IGN: that would be inherited.
    signal.signal(signal.SIGTERM, lambda *_: None)
    handed = [] if listening == "-" else [int(listening)]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=handed)
    for one in handed:
        os.close(one)
    return supervise(child.wait)


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
    sys.exit(main(sys.argv[1], sys.argv[2:]))
