"""A requirement as pip has it, read in any thread."""

from __future__ import annotations

from packaging.requirements import Requirement

_TRIES = 20


def read_requirement(line: str) -> Requirement:
    """What a line asks for; `InvalidRequirement` when that is nothing."""
    for _ in range(_TRIES - 1):
        try:
            return Requirement(line)
        except SystemError:
            # A marker is read by way of a syntax tree, and this Python counts the depth of one for all threads at once
            # (python/cpython#106905): who is interrupted by somebody who builds one fails.
            continue
    return Requirement(line)
