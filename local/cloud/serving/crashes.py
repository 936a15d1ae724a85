"""What a server's log says of its end."""

from __future__ import annotations

import re

from local.cloud.images.problems import StartupProblem
from local.cloud.serving.server_process import NO_SERVER

_EXCEPTION_LINE = re.compile(r"^(?:[\w.]+(?:Error|Exception|Exit|Interrupt))\b.*", re.MULTILINE)
_CRASHED = "User container has crashed or terminated"
_GUIDE = "Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#error-resourcenotready"


def crash(reason: str) -> StartupProblem:
    """A container that did not come up, in Azure's words."""
    return StartupProblem("ResourceNotReady", f"{_CRASHED}: {reason}. {_GUIDE}")


def cause(log: str, code: int) -> str:
    """Why a server ended, by the end of its log, with its exit code."""
    # The server wraps what the script raised in an exception of its own, which says less.
    lines = _EXCEPTION_LINE.findall(log)
    causes = [line for line in lines if not line.startswith("azureml_inference_server_http")] or lines
    if NO_SERVER in log and not causes:
        causes = [NO_SERVER]
    return f"{causes[-1].strip()} (exit code {code})" if causes else f"exit code {code}"
