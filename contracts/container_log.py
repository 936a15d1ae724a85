"""What a container's log tells of a failure: the user's own exception, whatever the server writes around it.

And what of a log is kept, when the deployment is gone.

The inference server wraps what `init()` or `run()` raised in an exception of its own, lists the model's folder after it
and logs every request: the last lines of a log are boilerplate.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from contracts.redaction import redact

# A deployment's containers, as `az ml online-deployment get-logs --container` names them.
Container = Literal["inference-server", "storage-initializer"]
CONTAINERS: tuple[Container, ...] = get_args(Container)

# Of a log that is kept or shown, in bytes of UTF-8: its end, where the cause is.
LOG_LIMIT_BYTES = 1024 * 1024
# So much more is looked through for secrets, which the cut would tear.
_MARGIN = 64 * 1024
_LEFT_OUT = "[What was written before this is left out: a log's last MiB is shown.]\n"

_TRACEBACK = "Traceback (most recent call last):"
_FRAME = re.compile(r'^\s+File "(?P<path>[^"]+)", line \d+')
# A line of a logger: azureml-inference-server-http writes `<time> <level> [<pid>] <logger> - …`.
_LOGGED = re.compile(r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")
# What the server and its worker say of themselves; what the script prints goes through `azmlinfsrv.print`.
_OF_THE_SERVER = re.compile(
    r" I \[\d+\] (?:azmlinfsrv(?!\.print)|gunicorn)|^The above exception was the direct cause of"
)
_FOREIGN = re.compile(r"/site-packages/|/dist-packages/|/lib/python3")


def telling(log: str) -> str:
    """`log` without the server's own lines, and with the last exception of the user's code, cut to it, at the end.

    A log without such an exception is told as it is.
    """
    lines = log.splitlines()
    rest: list[str] = []
    exception: list[str] = []
    inside = 0
    for index, line in enumerate(lines):
        block = _block(lines[index + 1 :]) if line.rstrip().endswith(_TRACEBACK) else []
        if any(_is_of_the_user(one) for one in block):
            exception = [_TRACEBACK, *_own_frames(block)]
        inside = max(inside - 1, len(block) + 1 if block else 0)
        if not inside and not _OF_THE_SERVER.search(line):
            rest.append(line)
    return "\n".join([*rest, *exception]) if exception else log


def _block(lines: list[str]) -> list[str]:
    """The frames and the exception that follow the head of a traceback."""
    block: list[str] = []
    for line in lines:
        if not line.strip() or _LOGGED.match(line) or line.rstrip().endswith(_TRACEBACK):
            break
        block.append(line)
    return block


def _is_of_the_user(line: str) -> bool:
    frame = _FRAME.match(line)
    return frame is not None and not _FOREIGN.search(frame["path"])


def _own_frames(block: list[str]) -> list[str]:
    """A block without the frames of libraries; a frame is its own line and the indented source below it."""
    kept, inside = [], False
    for line in block:
        if _FRAME.match(line):
            inside = _is_of_the_user(line)
        elif not line.startswith(" "):
            inside = True
        if inside:
            kept.append(line)
    return kept


def kept(log: str) -> str:
    """The end of `log`, in whole lines and without secrets: at most `LOG_LIMIT_BYTES`; what is left out is told."""
    end = log[-(LOG_LIMIT_BYTES + _MARGIN) :]
    text = redact(end)
    written = text.encode(errors="replace")
    if len(end) == len(log) and len(written) <= LOG_LIMIT_BYTES:
        return written.decode()
    # Where it was cut first may be the middle of a secret: what is left of that line goes.
    last = written[-(LOG_LIMIT_BYTES - len(_LEFT_OUT)) :]
    return _LEFT_OUT + last[last.find(b"\n") + 1 :].decode(errors="ignore")
