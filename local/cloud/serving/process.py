"""One scoring process: started, watched until it answers, logged, stopped."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from local.clock import Clock
from local.cloud.serving import images, layout, server_process
from local.cloud.serving.spec import ServingSpec, StartupProblem
from local.loopback import ADDRESS, port_of

State = Literal["starting", "healthy", "failed", "stopped"]

# The service gives a container 10 s + 30 probes 10 s apart (recorded defaults). Starting is real work on this
# machine, so it is real time, and shorter: a server that has not answered by then hangs.
START_LIMIT = 90.0
PROBE_INTERVAL = 0.05
# More servers starting at once than processors makes each slower, not all of them faster.
_STARTING = threading.BoundedSemaphore(os.cpu_count() or 2)
_EXCEPTION_LINE = re.compile(r"^(?:[\w.]+(?:Error|Exception|Exit|Interrupt))\b.*", re.MULTILINE)
_GUIDE = "Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#error-resourcenotready"


class ServingProcess:
    """A deployment's server. `state`, `failure` (set when failed) and `port` may be read from any thread.

    Made by `launch`. One process serves, whatever `instance_count`; `WORKER_COUNT` among the deployment's variables
    gives it more workers, as in Azure. No isolation: it is a process of the user who runs the local Azure.
    """

    def __init__(self, spec: ServingSpec, clock: Clock, python: Path, report: Callable[[ServingProcess], None]) -> None:
        self.spec = spec
        self.state: State = "starting"
        self.failure: StartupProblem | None = None
        self.port = 0
        self._clock = clock
        self._python = python
        self._report = report
        self._stopping = threading.Event()
        self._server: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(
            target=self._live, name=f"serving-{spec.endpoint}-{spec.deployment}", daemon=True
        )

    def begin(self) -> None:
        """Start in the background; the clock is held until the process is healthy or failed and reported."""
        self._clock.hold()
        self._thread.start()

    def log(self, lines: int | None = None, container: str | None = None) -> str:
        """The last `lines` of a container's output (all by default).

        `container` is `InferenceServer` (default) or `StorageInitializer`, in any spelling with or without a dash;
        `ValueError` for another. Empty while there is none.
        """
        names = {"inferenceserver": layout.INFERENCE_LOG, "storageinitializer": layout.STORAGE_LOG}
        name = names.get((container or "InferenceServer").replace("-", "").lower())
        if name is None:
            raise ValueError(f"container {container!r}: use InferenceServer or StorageInitializer")
        try:
            text = (self.spec.root / name).read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return text if lines is None else "".join(text.splitlines(keepends=True)[-lines:] if lines > 0 else [])

    def stop(self) -> None:
        """End the process and everything it started; harmless when it has ended. Returns when it is gone."""
        self._stopping.set()
        with self._lock:
            server = self._server
        if server is not None:
            server_process.end(server)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _live(self) -> None:
        try:
            with _STARTING:
                self._start()
        except Exception as error:
            # Whatever it is: a process that was not started must never be reported without a failure.
            self._fail(
                StartupProblem("InternalServerError", f"The local Azure could not start the scoring process: {error}")
            )
        finally:
            self._report_state()
            self._clock.release()
        if self.state == "healthy" and self._server is not None:
            code = self._server.wait()
            server_process.end(self._server)
            if not self._stopping.is_set():
                with self._clock.busy():
                    self._fail(self._crash(code))
                    self._report_state()
        if self._stopping.is_set():
            self.state = "stopped"

    def _start(self) -> None:
        if self._stopping.is_set():
            return
        failure = images.problem(self.spec, self._python) or layout.prepare(self.spec, self._clock.now())
        if failure is not None:
            self._fail(failure)
            return
        with socket.socket() as listening:
            # Bound here and handed over, so that no other process can take the port in between. Not yet listening:
            # a probe has to be refused until the server is there.
            listening.bind((ADDRESS, 0))
            self.port = port_of(listening)
            server = self._spawn(listening.fileno())
        deadline = time.monotonic() + START_LIMIT
        while server.poll() is None and not self._stopping.is_set():
            if server_process.answers(self.port):
                self.state = "healthy"
                return
            if time.monotonic() > deadline:
                break
            self._stopping.wait(PROBE_INTERVAL)
        code = server.poll()
        server_process.end(server)
        if not self._stopping.is_set():
            self._fail(self._crash(code))

    def _spawn(self, listening: int) -> subprocess.Popen[bytes]:
        with self._lock:
            self._server = server_process.spawn(self.spec, self._python, listening)
        return self._server

    def _crash(self, code: int | None) -> StartupProblem:
        ended = f"exit code {code}" if code is not None else f"no answer within {START_LIMIT:.0f} s"
        # The server wraps what the script raised in an exception of its own, which says less.
        lines = _EXCEPTION_LINE.findall(self.log())
        causes = [line for line in lines if not line.startswith("azureml_inference_server_http")] or lines
        cause = f"{causes[-1].strip()} ({ended})" if causes else ended
        return StartupProblem("ResourceNotReady", f"User container has crashed or terminated: {cause}. {_GUIDE}")

    def _fail(self, failure: StartupProblem) -> None:
        self.failure = failure
        self.state = "failed"

    def _report_state(self) -> None:
        if not self._stopping.is_set():
            self._report(self)


def launch(
    spec: ServingSpec, clock: Clock, python: Path, on_exit_or_ready: Callable[[ServingProcess], None]
) -> ServingProcess:
    """Start serving `spec` with the scoring environment's interpreter `python`; returns at once.

    `on_exit_or_ready` is called from the process's own thread when it becomes healthy or failed, and again should a
    healthy one end by itself; never after `stop`. A stepped clock stands still until the first call has returned.
    """
    process = ServingProcess(spec, clock, python, on_exit_or_ready)
    process.begin()
    return process
