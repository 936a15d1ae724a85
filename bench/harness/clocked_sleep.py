"""A process whose `time.sleep` waits on the local Azure's clock, so that it meets the same time as the service.

`ClockedProcess(clock).run("bench.plain_script", ...)` starts `python -m bench.harness.clocked_sleep`, which
replaces `time.sleep` and then runs the module as it is. While any of its threads is awake the clock stands still; when
all that sleep are asleep, the clock jumps. The Azure SDKs, too, wait between polls with `time.sleep`, for as long as
they do on Azure (30 s for endpoints, 5 s for deployments): recordings show no header there that says otherwise, and the
one the local Azure sends is for clients that sleep in real time.
"""

from __future__ import annotations

import runpy
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import Any

from local.checkout import ROOT
from local.clock import Clock, Hold


class ClockedProcess:
    """Runs modules in processes of their own on a stepped clock, one at a time. A context manager."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.slept: list[float] = []
        """How long each sleep was meant to last, in virtual seconds."""
        self._asleep = 0
        self._held: Hold | None = None
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="sleepers", daemon=True)
        self._thread.start()

    def __enter__(self) -> ClockedProcess:
        """Nothing to open."""
        return self

    def __exit__(self, *reason: object) -> None:
        """Wake nobody any more."""
        # A listening socket that is shut down ends the accept() that waits on it; closing alone does not.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def run(self, module: str, *arguments: str) -> None:
        """Run `module` to its end. Raises RuntimeError with the end of what it wrote when it fails."""
        port = str(self._listening.getsockname()[1])
        command = [sys.executable, "-m", "bench.harness.clocked_sleep", port, module, *arguments]
        with self._lock:
            self._held = self._clock.hold(module)
        try:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
        finally:
            with self._lock:
                self._held.release()
                self._held = None
        if done.returncode:
            raise RuntimeError(f"{module} failed: {done.stderr[-2000:]}")

    def _serve(self) -> None:
        while True:
            try:
                sleeper, _ = self._listening.accept()
            except OSError:
                return
            with sleeper.makefile() as lines:
                seconds = float(lines.readline())
            self.slept.append(seconds)
            self._sleep(sleeper, timedelta(seconds=seconds))

    def _sleep(self, sleeper: socket.socket, duration: timedelta) -> None:
        with self._lock:
            self._asleep += 1
            self._clock.alarm(self._clock.now() + duration, lambda: self._wake(sleeper))
            if self._asleep == 1 and self._held:
                self._held.release()

    def _wake(self, sleeper: socket.socket) -> None:
        with self._lock:
            self._asleep -= 1
            if self._asleep == 0 and self._held:
                self._held = self._clock.hold(self._held.who)
        sleeper.sendall(b"\n")
        sleeper.close()


def sleep_on_clock(port: int) -> None:
    """Make `time.sleep` of this process wait for the clock behind `port`."""

    def sleep(seconds: float, /) -> None:
        with socket.create_connection(("127.0.0.1", port)) as clock, clock.makefile("rw") as lines:
            lines.write(f"{seconds}\n")
            lines.flush()
            lines.readline()

    time.sleep = sleep  # type: ignore[assignment]  # the SDKs sleep in floats


def poll_as_on_azure() -> None:
    """Have the SDK keep to its own interval between two looks at a long operation."""
    from azure.core.polling import base_polling

    polling: Any = base_polling.LROBasePolling
    polling._extract_delay = lambda self: self._timeout


if __name__ == "__main__":
    sleep_on_clock(int(sys.argv[1]))
    poll_as_on_azure()
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=False)
