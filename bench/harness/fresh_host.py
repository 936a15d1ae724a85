"""A local host in a process of its own, next to a stack's local Azure, as it is right after it starts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.harness.figure import KIB
from bench.harness.measured import WATCHING
from local import loopback
from local.stack import ROOT, TERMINAL, LocalStack


class FreshHost:
    """Starts a host on a stack's cloud and (running) clock; a context manager."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._folder = stack.data / "fresh-host"

    def __enter__(self) -> Self:
        """Start it and wait until it serves. Raises RuntimeError with its log when it does not."""
        clock, ready, log = (self._folder / name for name in ("clock.json", "ready.json", "log"))
        self._folder.mkdir()
        self._stack.clock.save(clock)
        command = [sys.executable, "-m", "local.host", "--app", str(ROOT), "--data", str(self._folder / "data")]
        with log.open("w") as output:
            # The stack has put the cloud's variables into this process's environment.
            self._process = subprocess.Popen(
                [*command, "--clock", str(clock), "--ready-file", str(ready)],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._stack.until(lambda: ready.exists() or self._process.poll() is not None, seconds=60)
        if not ready.exists():
            raise RuntimeError(f"the host did not start: {log.read_text()[-2000:]}")
        self.http = loopback.client(json.loads(ready.read_text())["url"], timeout=60)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        if hasattr(self, "http"):
            self.http.close()
        self._process.terminate()
        self._process.wait(60)

    def deploy(self, body: Mapping[str, Any]) -> None:
        """Deploy and wait. Raises RuntimeError when it does not succeed."""
        location = self.http.post("/api/deployments", json=body).raise_for_status().headers["Location"]

        def ended() -> dict[str, Any] | None:
            status: dict[str, Any] = self.http.get(location).raise_for_status().json()
            return status if status["status"] in TERMINAL else None

        status = self._stack.until(ended, seconds=120)
        if status["status"] != "Succeeded":
            raise RuntimeError(f"the deployment ended {status['status']}: {status.get('error')}")

    def memory_mib(self) -> float:
        """The most memory the host's process has had; where the system does not tell that, what it has."""
        told = Path(f"/proc/{self._process.pid}/status")
        if told.exists():
            [peak] = [line for line in told.read_text().splitlines() if line.startswith("VmHWM:")]
            return int(peak.split()[1]) / KIB
        has = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self._process.pid)], capture_output=True, text=True, check=True
        )
        return int(has.stdout) / KIB

    def invocations(self) -> list[dict[str, Any]]:
        """Every invocation of the app's functions so far, but those of somebody watching."""
        listed: list[dict[str, Any]] = self.http.get("/admin/local/invocations").raise_for_status().json()
        return [one for one in listed if one["function"] != WATCHING]
