"""`python -m local.with_parent MODULE ARGUMENT ...`: run a module that ends with the process that started it.

Also when that one was killed and could not say goodbye: it holds the writing end of this process's standard input and
writes nothing, and however it ends, the operating system closes that end. Then this process gets a SIGTERM, as if
somebody had stopped it. Unlike Linux's parent-death signal this works on every system and does not depend on which
thread of the parent did the starting.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading

STDIN = 0


def command(module: str, *arguments: str) -> list[str]:
    """How to start `module` with this process as its parent; needs `stdin=subprocess.PIPE`."""
    return [sys.executable, "-m", "local.with_parent", module, *arguments]


def main() -> None:
    """Run the module that the arguments name, under the parent's eye."""
    threading.Thread(target=_watch, name="parent", daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _watch() -> None:
    while os.read(STDIN, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
