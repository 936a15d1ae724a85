"""A local Azure Functions host with Durable Functions, for one app and one data folder.

It runs an unmodified `function_app.py` on the real azure-functions and azure-functions-durable 1.7 libraries. What
it does around them was built from reading those libraries and the sources of the .NET host and extensions, and
from Microsoft's published end-to-end expectations, and measured against Microsoft's host and extension, built from
their sources. It was never compared with Azure itself.

It is for development and tests: one process, one disk. What it does not support it refuses by name.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import azure.functions as func

from local.clock import Clock
from local.folder_lock import lock_folder
from local.host.assembly import Assembly, Surroundings, assemble, site
from local.host.client_binding import ClientUrls
from local.host.durable_api import status_document
from local.host.events import TERMINAL
from local.host.holds import Holds
from local.host.index import FunctionIndex, index_app, load_app
from local.host.invocations import InvocationLog
from local.host.keys import Keys
from local.host.recovery import hide
from local.host.settings import HostSettings
from local.host.store import StoreClosed, StoreDamaged
from local.host.visibility import Hidden
from local.host.web import WebServer
from local.host.worker_faults import WorkerFaults
from local.host.writer import HostDied, Writer
from local.loopback import bind, url_of
from local.waiting import PATIENCE

# Real seconds a graceful stop waits for functions in flight; what is still running then runs again next time.
DRAIN = 30.0

_log = logging.getLogger("local.host")


class DataFolderInUse(RuntimeError):
    """Another host has this data folder open."""


class LocalHost:
    """One host. `start` it, talk to `url`, then `stop` (or `crash`) it; it cannot be started twice."""

    def __init__(
        self,
        app: Path | func.FunctionRegister | FunctionIndex,
        *,
        data: Path,
        clock: Clock,
        port: int = 0,
        on_durable_write: Callable[[int, str], None] | None = None,
        settings: HostSettings | None = None,
        module_name: str | None = None,
        echo_log: bool = False,
    ) -> None:
        """Nothing is opened yet. `settings` default to the app folder's host.json, if `app` is a folder.

        An `index` that another host has made of an app is taken as it is, and nothing is imported.

        `on_durable_write(k, what)` is called right after the k-th commit of this host and before anybody is told
        of it; raising HostDied there makes the host die at that point.
        """
        self._app, self._data, self._clock, self._port = app, data, clock, port
        self._on_durable_write = on_durable_write
        self._settings = settings
        self._module_name = module_name
        self._echo_log = echo_log
        self._holds = Holds(clock)
        self._undo: list[Callable[[], object]] = []
        self._ending, self._closed = threading.Lock(), threading.Event()
        self._ended = False
        self._writer: Writer | None = None
        self._parts: Assembly
        self.url = ""
        """Where the host serves, such as `http://127.0.0.1:7071`; set by `start`."""
        self.index: FunctionIndex
        """The app's functions; set by `start`."""
        self.keys: Keys
        """The host's access keys; set by `start`."""
        self.crashed = threading.Event()
        """Set once the host has died, by `crash`, by HostDied, or by a fault of its own."""
        self.crash_cause: BaseException | None = None

    def start(self) -> None:
        """Load the app, recover what the data folder holds, and serve.

        Raises DataFolderInUse, StoreDamaged, UnsupportedApp, HostJsonError, OSError (port taken), or what importing the
        app raises.
        """
        try:
            self._start()
        except BaseException:
            self._end(graceful=False)
            raise

    def stop(self) -> None:
        """Stop gracefully: nothing new begins, functions in flight finish, their results are kept."""
        self._end(graceful=True)

    def crash(self) -> None:
        """Die at once: nothing more is written, results of running functions are dropped, the port is closed."""
        self._end(graceful=False)
        self.crashed.set()

    @property
    def invocations(self) -> InvocationLog:
        """Every invocation so far, with its cost."""
        return self._parts.invoker.invocations

    @property
    def worker_faults(self) -> WorkerFaults:
        """Faults of the worker that runs the functions: add one to have a turn or an activity die with it."""
        return self._parts.invoker.faults

    def kill_worker(self) -> int:
        """Kill the worker now, and all that it is running; how many calls those were. A new one takes its place."""
        return self._parts.invoker.kill_worker()

    def wait_for(self, instance_id: str, *states: str, timeout: float = PATIENCE) -> dict[str, Any]:
        """The status document of an instance once it is in one of `states` (default: has ended).

        `timeout` is in real seconds. Raises TimeoutError with the status so far, or HostDied.
        """
        wanted = states or tuple(TERMINAL)
        deadline = time.monotonic() + timeout
        assert self._writer is not None, "the host was not started"
        with suppress(StoreClosed), self._writer.committed:
            while not self._ended:
                row = self._parts.store.row(instance_id)
                if row is not None and row.status in wanted:
                    return status_document(row)
                if not self._writer.committed.wait(deadline - time.monotonic()):
                    seen = json.dumps(status_document(row)) if row else "no such instance"
                    holders = self._clock.held_by() or "nobody"
                    raise TimeoutError(
                        f"{instance_id} is not {' or '.join(wanted)} after {timeout} s: {seen}; "
                        f"time is held by {holders}"
                    )
        self._closed.wait()
        raise HostDied(f"the host ended while {instance_id} was awaited")

    def wait_idle(self, timeout: float = PATIENCE) -> bool:
        """Wait until nothing is in hand: no request, no invocation, no message other than timers to come.

        False if that takes longer than `timeout` real seconds.
        """
        return self._holds.wait_idle(timeout)

    def _start(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        self._undo.append(_claimed(self._data).close)
        settings = self._settings or self._settings_of_app()
        index = self.index = self._app if isinstance(self._app, FunctionIndex) else index_app(self._load(self._app))
        self.keys = Keys.of(self._data)
        listener = bind(self._port)
        self._undo.append(listener.close)
        self.url = url_of(listener)
        rpc_path = f"/durabletask/{secrets.token_urlsafe(16)}"
        urls = ClientUrls(self.url, settings.hub_name, self.keys.durabletask_extension, rpc_path)
        around = Surroundings(self._data, self._clock, self._holds, self._on_durable_write, self._echo_log)
        parts = self._parts = assemble(around, index, settings, urls, self._undo)
        self._writer = parts.writer
        if parts.sign.last:
            # The time of day may have been put back since.
            self._clock.not_before(parts.sign.last)
        hide(parts.store, Hidden.after(parts.sign, self._clock.now(), settings))
        parts.writer.on_death = self._died
        parts.writer.start()
        self._undo.append(parts.writer.die)
        self._web = WebServer(listener, self._clock, self._holds, always_open=rpc_path)
        self._undo.append(self._web.abort)
        self._web.start(site(parts, index, settings, urls, self.keys))
        self._recover(parts)
        # By itself a stepped clock would race from one scheduled run to the next.
        if not self._clock.stepped if settings.timer_triggers is None else settings.timer_triggers:
            parts.timers.start()

    def _recover(self, parts: Assembly) -> None:
        try:
            parts.engine.recover().result()
        except HostDied:
            if isinstance(self.crash_cause, StoreDamaged):
                raise self.crash_cause from None
            raise

    def _settings_of_app(self) -> HostSettings:
        return HostSettings.from_app(self._app) if isinstance(self._app, Path) else HostSettings()

    def _load(self, app: Path | func.FunctionRegister) -> func.FunctionRegister:
        if not isinstance(app, Path):
            return app
        folder = str(app.resolve())
        if folder not in sys.path:
            # The worker puts the app's folder first; it stays while the host lives, for imports made by functions.
            sys.path.insert(0, folder)
            self._undo.append(lambda: _remove(folder))
        return load_app(app, self._module_name)

    def _died(self, cause: BaseException) -> None:
        self.crash_cause = cause
        self.crash()

    def _end(self, *, graceful: bool) -> None:
        with self._ending:
            already, self._ended = self._ended, True
        if already:
            # The thread that ends the host may be waiting for the writer's; that one must not wait for it.
            if self._writer is None or not self._writer.is_current_thread():
                self._closed.wait()
            return
        if self._writer is not None:
            if graceful:
                self._drain(self._writer)
            else:
                # Before anything else: from here on nothing changes on disk.
                self._writer.die()
        # What was opened last is closed first, the lock on the folder at the very end.
        while self._undo:
            step = self._undo.pop()
            try:
                step()
            except Exception:
                # Whatever it was (a full disk, as a rule): the lock on the folder must not outlive the host.
                _log.exception("the local host could not end a part of itself")
        self._closed.set()

    def _drain(self, writer: Writer) -> None:
        self._parts.timers.close()
        self._parts.engine.stop()
        # Last: who is refused knows by that that nothing more begins.
        self._web.drain()
        if not self._holds.wait_idle(DRAIN):
            _log.warning("the local host stops with work in hand; its activities will run again")
        writer.finish()
        self._parts.sign.give(self._clock.now(), handed_back=self._parts.settings.graceful_shutdown)
        self._web.stop()


def _claimed(folder: Path) -> IO[str]:
    """Keep the folder to this host until the answer is closed. Raises DataFolderInUse."""
    try:
        return lock_folder(folder)
    except BlockingIOError:
        raise DataFolderInUse(
            f"{folder} is in use by another local host; stop it, or give this one a data folder of its own"
        ) from None


def _remove(folder: str) -> None:
    with suppress(ValueError):
        sys.path.remove(folder)
