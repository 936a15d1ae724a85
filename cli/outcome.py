"""How a command ends: exit codes that scripts can rely on, and failures that say what to do.

CommandStopped
├── NotAccepted        the request, the file or the caller is not accepted as it is
├── Unreachable    no usable answer from the service or from Azure
└── Interrupted    Ctrl-C while following; the deployment goes on
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from contracts.problems import Problem
from contracts.status import DeploymentState


class ExitCode(IntEnum):
    """What the shell sees. `SUCCEEDED` also means: accepted, and not followed to its end."""

    SUCCEEDED = 0
    FAILED = 1
    REFUSED = 2
    CANCELED = 3
    UNREACHABLE = 4
    INTERRUPTED = 130  # 128 + SIGINT, as shells have it


_ENDED: dict[DeploymentState, ExitCode] = {
    "Succeeded": ExitCode.SUCCEEDED,
    "Failed": ExitCode.FAILED,
    "Canceled": ExitCode.CANCELED,
}


def has_ended(state: DeploymentState) -> bool:
    """Whether a deployment in this state stays in it."""
    return state in _ENDED


def exit_code(state: DeploymentState) -> ExitCode:
    """The exit code of a deployment that was last seen in this state."""
    return _ENDED.get(state, ExitCode.SUCCEEDED)


class CommandStopped(Exception):
    """Base: the command cannot go on; the text says why and what to do."""

    exit_code: ClassVar[ExitCode]


class NotAccepted(CommandStopped):
    """Something must be changed first; `problems` lists everything that is known to be wrong."""

    exit_code = ExitCode.REFUSED

    def __init__(self, message: str, problems: list[Problem] | None = None) -> None:
        super().__init__(message)
        self.problems = problems or []


class Unreachable(CommandStopped):
    """No usable answer; trying again later may help."""

    exit_code = ExitCode.UNREACHABLE


class Interrupted(CommandStopped):
    """The person at the keyboard stopped waiting."""

    exit_code = ExitCode.INTERRUPTED
