"""What the local Azure knows, kept in its data folder from one run to the next.

One file, written as a whole, beside the contents of blobs, which lie in the folder anyway. Its form is Python's own
(pickle): it is read by the version that wrote it or not at all. Processes are not kept: deployments are started again.
"""

from __future__ import annotations

import io
import pickle
import shutil
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from local.cloud.machinelearning.provisioning import Provisioning
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.schedule import Schedule
from local.cloud.serving import ServingProcess
from local.cloud.shared import World

# Of each part, what is kept; a part is known by the name of its class.
_KEPT: Mapping[str, tuple[str, ...]] = {
    "WorkspaceState": (
        "quota",
        "containers",
        "connections",
        "endpoints",
        "computes",
        "operations",
        "uses",
        "group_tags",
    ),
    "Authorization": ("_assignments", "_removed", "_principals"),
    "Accounts": ("_held",),
    "BlobStore": ("_containers", "_number"),
    "Directory": ("_held", "_uses"),
    "EventGrid": ("_subscriptions", "_log"),
    "Vaults": ("_held",),
    "Tokens": ("_key",),
    "IdentityEndpoint": ("_attached",),
    "Containers": ("_in_registry",),
    "Operations": ("_signature",),
    "WorkspaceResource": ("_created",),
    "Datastores": ("_created",),
    "Autoscale": ("_held",),
    "MetricAlerts": ("_held",),
}
_PROCESS = "a process"
# The file's name in the data folder of the local Azure.
KEPT = "kept"


class KeptDamaged(RuntimeError):
    """The file cannot be read by this version; the message says what to do."""


class Keeping:
    """Writes and reads the file of one local Azure in its folder `data`.

    `parts` are the resource providers' that hold something, or have work scheduled; the world's own are added here.
    """

    def __init__(self, data: Path, world: World, state: WorkspaceState, parts: Iterable[object]) -> None:
        self._file = data / KEPT
        self._world = world
        self._state = state
        own = (
            world.authorization,
            world.blobs,
            world.blobs.accounts,
            world.directory,
            world.vaults,
            world.events,
            world.tokens,
            world.identities,
        )
        self._parts = {type(part).__name__: part for part in (state, *own, world.containers, *parts)}
        self._schedules: dict[str, Schedule] = {"world": world.schedule, "events": world.events.schedule}

    def write(self, headers: Mapping[str, str]) -> None:
        """Write everything down as it is now, with the header secrets handed out to processes of this machine."""
        text = io.BytesIO()
        world = self._world
        with ExitStack() as still:
            # In the order in which requests take them.
            for lock in (self._state.lock, world.authorization.lock, world.blobs.lock, world.vaults.lock):
                still.enter_context(lock)
            held = {name: {one: vars(self._parts[name])[one] for one in kept} for name, kept in _KEPT.items()}
            due = {name: _to_be_done(schedule) for name, schedule in self._schedules.items()}
            _Writer(text, self._parts).dump({"parts": held, "due": due, "headers": dict(headers)})
        unfinished = self._file.with_suffix(".part")
        unfinished.touch(mode=0o600)  # keys and secrets are in it
        unfinished.write_bytes(text.getvalue())
        unfinished.replace(self._file)

    def read(self) -> dict[str, str] | None:
        """Take up what was kept; the header secrets that were handed out, or None when nothing was kept.

        Raises KeptDamaged.
        """
        if not self._file.exists():
            return None
        try:
            document = _Reader(io.BytesIO(self._file.read_bytes()), self._parts).load()
            for name, kept in document["parts"].items():
                vars(self._parts[name]).update(kept)
        except Exception as reason:
            message = f"{self._file} cannot be read ({reason!r}): remove the data folder, or begin with --fresh"
            raise KeptDamaged(message) from reason
        # What was unpacked for processes is unpacked again.
        shutil.rmtree(self._world.folder, ignore_errors=True)
        for name, due in document["due"].items():
            for moment, work in due:
                self._schedules[name].at(moment, work)
        headers: dict[str, str] = document["headers"]
        return headers


def _to_be_done(schedule: Schedule) -> list[tuple[Any, Any]]:
    """All but what concerns processes, which `Provisioning.resume` plans anew."""
    return [
        (moment, work)
        for moment, work in schedule.waiting()
        if not isinstance(_owner(work), ServingProcess | Provisioning)
    ]


def _owner(work: Any) -> object:
    return getattr(getattr(work, "func", work), "__self__", None)


class _Writer(pickle.Pickler):
    """Writes parts as their names: they are there already when the rest is read."""

    def __init__(self, file: io.BytesIO, parts: Mapping[str, object]) -> None:
        super().__init__(file)
        self._names = {id(part): name for name, part in parts.items()}

    def persistent_id(self, obj: object) -> str | None:
        """How the object is told apart from plain data, which has None."""
        return _PROCESS if isinstance(obj, ServingProcess) else self._names.get(id(obj))


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, parts: Mapping[str, object]) -> None:
        super().__init__(file)
        self._known = parts

    def persistent_load(self, pid: str) -> object:
        """The part of that name; no process is there any more."""
        return None if pid == _PROCESS else self._known[pid]
