"""Processes of the local host that are forked from one that has imported what they need.

Importing takes most of what a host's process costs: a test that kills several of them would do little else.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from local.host.__main__ import main

# The app, and what its activities import when they are first called; what pytest's process is, its children ask for.
_IMPORTED = ["function_app", "azure.ai.ml.entities", __name__, "pytest"]


def start(arguments: Sequence[str], variables: Mapping[str, str], log: Path) -> BaseProcess:
    """`python -m local.host` with these arguments in an environment of these variables; its output goes to `log`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    process = context.Process(target=_serve, args=(list(arguments), dict(variables), log))
    process.start()
    return process


def _serve(arguments: list[str], variables: dict[str, str], log: Path) -> None:
    os.environ.clear()
    os.environ.update(variables)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    code = main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
