"""One process at a time in a data folder: the operating system lets go of the lock however its holder ends."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

# The file that is locked; it stays behind.
LOCK = "lock"


def lock_folder(folder: Path) -> IO[str]:
    """Hold `folder` until the answer is closed. BlockingIOError when another process does."""
    held = (folder / LOCK).open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise
    return held
