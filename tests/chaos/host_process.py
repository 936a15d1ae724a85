"""The local host as a process of its own, which can be killed as only a process can."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from local import loopback
from local.cloud.environment import CONFLICTING
from local.stack import APP_SETTINGS, ROOT, TERMINAL
from local.waiting import PATIENCE
from tests.chaos import forked_host

T = TypeVar("T")


class Killed(Exception):
    """The process was killed with SIGKILL; everything else that ends it early is an error."""


class HostProcess:
    """`python -m local.host` on a data folder and a shared clock, with the environment of the local Azure."""

    patience: float = PATIENCE
    """Real seconds for a process to start, or for a deployment to end, on a machine that is busy with other tests."""

    def __init__(self, data: Path, clock: Path, azure: dict[str, str], *, dies_after: int | None = None) -> None:
        ready = data.with_name(f"{data.name}-ready.json")
        ready.unlink(missing_ok=True)
        arguments = ["--app", str(ROOT), "--data", str(data), "--clock", str(clock), "--ready-file", str(ready)]
        arguments += ["--die-after-write", str(dies_after)] if dies_after else []
        kept = {name: value for name, value in os.environ.items() if name not in CONFLICTING}
        self._log = data.with_name(f"{data.name}.log")
        self._process = forked_host.start(arguments, {**kept, **azure, **APP_SETTINGS}, self._log)
        self.url = json.loads(self.until(lambda: ready.read_text() if ready.exists() else None))["url"]

    def call(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """A request to the front door; Killed when the host dies before it answers."""
        try:
            with loopback.client(self.url, timeout=self.patience) as http:
                answer: dict[str, Any] = http.request(method, path, **body).raise_for_status().json()
        except httpx.TransportError:
            self._process.join(self.patience)
            self._raise_if_dead()
            raise
        return answer

    def ended(self, instance: str) -> dict[str, Any]:
        """The status of a deployment that has ended; Killed when the host dies before."""

        def status() -> dict[str, Any] | None:
            found = self.call("GET", f"/api/deployments/{instance}")
            return found if found["status"] in TERMINAL else None

        return self.until(status)

    def until(self, ready: Callable[[], T | None]) -> T:
        """What `ready` gives once it is true; Killed when the host dies before."""
        pause, deadline = threading.Event(), time.monotonic() + self.patience
        while time.monotonic() < deadline:
            self._raise_if_dead()
            found = ready()
            if found:
                return found
            pause.wait(0.01)
        raise TimeoutError(f"not within {self.patience} s; the host's log:\n{self._log.read_text()[-4000:]}")

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.join()

    def stop(self) -> None:
        """End it, if it still lives."""
        self._process.terminate()
        self._process.join(self.patience)
        assert self._process.exitcode is not None

    def _raise_if_dead(self) -> None:
        code = self._process.exitcode
        if code == -signal.SIGKILL:
            raise Killed
        if code is not None:
            raise RuntimeError(f"the host ended with {code}; its log:\n{self._log.read_text()[-4000:]}")
