"""The local Azure and one host as processes of their own, on one clock: what `make up` and `make demo` start.

The host runs the unmodified app from the repository root; everything it knows of its surroundings is in its
environment.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from local import loopback
from local.checkout import APP_SETTINGS, EXAMPLE_POLICIES, ROOT
from local.cloud.environment import CONFLICTING
from local.cloud.world import APP, DEVELOPER
from local.host.keys import Keys
from local.subscribing import NotSubscribed, subscribe
from local.waiting import until
from local.with_parent import command

# Real seconds for a process to go when asked.
STOP_TIMEOUT = 20

# The time that both share, in the data folder.
CLOCK = "clock.json"


class DidNotStart(RuntimeError):
    """A process ended, or did not serve in time; the message holds the end of what it said."""


class LocalProcesses:
    """Both processes, started on entering and ended on leaving, whatever happens between."""

    def __init__(
        self,
        data: Path,
        *,
        speed: float,
        port: int = 0,
        cloud_port: int = 0,
        proxy_port: int = 0,
        desk: bool = False,
    ) -> None:
        """`desk`: what is there is kept for the next time, and the host wants its access keys, as in Azure."""
        self.data = data
        self._desk = desk
        self.speed = speed
        self._clock = data / CLOCK
        self._cloud_options = [f"--port={cloud_port}", f"--proxy-port={proxy_port}", f"--speed={speed:g}"]
        self._cloud_options += ["--keep"] if desk else []
        self._port = port
        self._started: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._cloud: dict[str, Any] = {}
        self.url = ""

    def __enter__(self) -> Self:
        """Start the local Azure, then the host that depends on it."""
        self.data.mkdir(parents=True, exist_ok=True)
        try:
            self._cloud = self._start(
                "cloud",
                ["local.cloud", "--data", str(self.data / "cloud"), "--clock", str(self._clock), *self._cloud_options],
            )
            policies = {"SLIPWAY_POLICIES": os.environ.get("SLIPWAY_POLICIES", str(EXAMPLE_POLICIES))}
            environment = {**self.environment(APP.name), **APP_SETTINGS, **policies}
            host = ["local.host", "--app", str(ROOT), "--data", str(self.data / "host"), "--clock", str(self._clock)]
            host += ["--enable-auth"] if self._desk else []
            self.url = self._start("host", [*host, f"--port={self._port}"], environment)["url"]
            self._subscribe()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_reason: object) -> None:
        """End both, the host first so that nothing is cut off in the middle."""
        while self._started:
            _, process = self._started.pop()
            with process:
                process.terminate()
                try:
                    process.wait(STOP_TIMEOUT)
                except subprocess.TimeoutExpired:
                    process.kill()

    @property
    def control_url(self) -> str:
        """The local Azure's control API."""
        return str(self._cloud["control_url"])

    @property
    def proxy_url(self) -> str:
        """The proxy through which Azure's hosts are reached."""
        return str(self._cloud["proxy_url"])

    def environment(self, identity: str) -> dict[str, str]:
        """The environment of a process that acts as `identity` on the local Azure, and talks to this Slipway."""
        clean = {name: value for name, value in os.environ.items() if name not in CONFLICTING}
        lines = Path(self._cloud["environments"][identity]).read_text().splitlines()
        exports = [shlex.split(line)[1].split("=", 1) for line in lines if line.startswith("export ")]
        key = {"SLIPWAY_KEY": self._keys().default} if self._desk and self.url else {}
        return {**clean, **dict(exports), "SLIPWAY_URL": self.url, "CONTROL_URL": self.control_url, **key}

    def _keys(self) -> Keys:
        return Keys.of(self.data / "host")

    def get(self, path: str, **query: str) -> Any:
        """JSON from the host (`/api/…`, `/admin/…`) or the local Azure's control API (`/local/…`)."""
        base = self.control_url if path.startswith("/local/") else self.url
        headers = {"x-functions-key": self._keys().master} if self._desk and base == self.url else {}
        with loopback.client(headers=headers) as http:
            return http.get(base + path, params=query).raise_for_status().json()

    def post(self, path: str, **body: Any) -> None:
        """Change the local Azure by its control API (`/local/…`)."""
        with loopback.client() as http:
            http.post(self.control_url + path, json=body).raise_for_status()

    def now(self) -> datetime:
        """The virtual time both processes share."""
        return datetime.fromisoformat(self.get("/local/health")["now"])

    def failed(self) -> str | None:
        """Which process has ended although it should not have, with the end of its log; None while both live."""
        for name, process in self._started:
            if process.poll() is not None:
                return f"the local {name} ended with code {process.returncode}:\n{self._log_end(name)}"
        return None

    def _start(self, name: str, arguments: list[str], environment: Mapping[str, str] | None = None) -> dict[str, Any]:
        ready = self.data / f"{name}.ready.json"
        ready.unlink(missing_ok=True)
        with (self.data / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command(*arguments, "--ready-file", str(ready)),
                cwd=ROOT,
                env=dict(environment or os.environ),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C at the terminal is for the parent, which ends both in order.
                start_new_session=True,
            )
        self._started.append((name, process))

        def announced() -> bool:
            return ready.exists() or process.poll() is not None

        with suppress(TimeoutError):
            until(announced)
        if not ready.exists():
            raise DidNotStart(f"the local {name} did not start:\n{self._log_end(name)}")
        answer: dict[str, Any] = json.loads(ready.read_text())
        return answer

    def _subscribe(self) -> None:
        try:
            key = self._keys().eventgrid_extension if self._desk else None
            subscribe(self.url, self.proxy_url, self.environment(DEVELOPER.name), key=key)
        except NotSubscribed as reason:
            raise DidNotStart(str(reason)) from None

    def _log_end(self, name: str) -> str:
        return "\n".join((self.data / f"{name}.log").read_text(errors="replace").splitlines()[-30:])
