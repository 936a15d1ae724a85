"""What must hold before the app serves: told by name when it starts, not by an instance that hangs for ever.

StartError
├── NotRegistered
└── RebuildsObjects
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import azure.functions as func
from azure.durable_functions.models.utils.df_serialization import df_loads

from activities.resource import Resource as Room
from contracts.base import Json
from orchestrations.runbooks import CHILDREN, Runbook
from orchestrations.steps import Resource, of_kind

# Harmless to build, and nothing that says how to be built: a library that looks for a class raises, or builds one.
OBJECT = json.dumps([{"__class__": "object", "__module__": "builtins", "__data__": None}])


class StartError(Exception):
    """The app does not start; the message says what to do."""


class NotRegistered(StartError):
    """A runbook may ask for names that are not in the index: in Azure, such an instance hangs for ever."""


class RebuildsObjects(StartError):
    """The Durable library would build Python objects because a payload names their classes."""


def check_decoding(decode: Callable[[str], Json] = df_loads) -> None:
    """Raises RebuildsObjects unless payloads are read as plain JSON; `decode` is how the library reads them."""
    try:
        plain = decode(OBJECT) == json.loads(OBJECT)
    except Exception:
        plain = False
    if not plain:
        raise RebuildsObjects(
            f"azure-functions {func.__version__} of {func.__file__} rebuilds Python objects from payloads. Set"
            " AZURE_FUNCTIONS_DURABLE_STRICT_TYPING=1. Where it is set, the library is too old to know it (before"
            " 1.26, on Python 3.13 before 2.2): have the locked one loaded, below Python 3.13 with"
            " PYTHON_ISOLATE_WORKER_DEPENDENCIES=1."
        )


def check_names(
    runbooks: Iterable[Runbook], rooms: Iterable[Room[Any]], orchestrations: Iterable[Any], activities: Iterable[Any]
) -> None:
    """Raises NotRegistered with every name that can be asked for and is not among the registered functions."""
    runbooks, known = tuple(runbooks), {one.__name__ for one in activities}
    missing = [f"activity {name}" for name in _activities(runbooks, tuple(rooms)) if name not in known]
    named = {one.__name__ for one in orchestrations}
    asked = [*(runbook.name for runbook in runbooks), *(child.__name__ for child in CHILDREN)]
    missing += [f"orchestration {name}" for name in asked if name not in named]
    if missing:
        raise NotRegistered(f"function_app.py does not register {', '.join(dict.fromkeys(missing))}")


def _activities(runbooks: Iterable[Runbook], rooms: Iterable[Room[Any]]) -> Iterator[str]:
    long = {room.kind for room in rooms if room.long}
    for runbook in runbooks:
        for taken in runbook.takes:
            yield from _of(taken, long) if isinstance(taken, Resource) else (taken.activity,)
    for room in rooms:
        # Whatever a plan or a ledger may name, asked for by a runbook of its own or not.
        yield from _of(of_kind(room.kind), long)


def _of(resource: Resource[Any], long: set[str]) -> Iterator[str]:
    yield resource.ensure.activity
    yield resource.remove.activity
    if resource.kind in long:
        yield resource.provisioned.activity
