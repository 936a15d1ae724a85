"""The process groups of scoring servers, as this machine knows them."""

from __future__ import annotations

import os
from pathlib import Path

from local.cloud.serving import ServingSpec


def members(group: int) -> list[int]:
    """The living processes of a process group."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, _, its_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(entry.name))
    return found


def serving(spec: ServingSpec) -> list[int]:
    """The groups of the processes that serve it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            root = os.fsencode(spec.root)
            if b"gunicorn" in command and os.fsencode(os.readlink(entry / "cwd")).startswith(root):
                found.append(os.getpgid(int(entry.name)))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def group_of(spec: ServingSpec) -> int:
    """The group of the process that serves it."""
    return serving(spec)[0]
