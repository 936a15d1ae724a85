"""One deployment's process: its environment built, the server started, watched until it answers, kept up, stopped."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from typing import Literal

from local.clock import Clock
from local.cloud.images import uv
from local.cloud.images.building import Built, Plan
from local.cloud.images.containers import Containers
from local.cloud.images.own import OwnImage
from local.cloud.images.problems import Refused, StartupProblem
from local.cloud.serving import flow_server, layout, server_process
from local.cloud.serving.crashes import cause, crash
from local.cloud.serving.server_log import ServerLog
from local.cloud.serving.spec import ServingSpec
from local.cloud.serving.starting import Starting
from local.cloud.serving.upkeep import Upkeep
from local.cloud.world import Durations
from local.loopback import ADDRESS, port_of, unclaimed_port

State = Literal["starting", "healthy", "failed", "stopped"]

# More servers starting at once than processors makes each slower, not all of them faster.
_STARTING = threading.BoundedSemaphore(os.cpu_count() or 2)


class ServingProcess:
    """A deployment's server. `state`, `failure` (set when failed) and `port` may be read from any thread.

    Made by `launch`. One process serves, whatever `instance_count`; `WORKER_COUNT` among the deployment's variables
    gives it more workers, as in Azure. No isolation: it is a process of the user who runs the local Azure. `plan` is
    how its environment was built, `built_for` how much of `takes` its image takes; `takes` is the time that all it
    did takes in Azure. Once `healthy` it is kept up: `ready` says whether requests may come.
    """

    def __init__(
        self,
        spec: ServingSpec,
        clock: Clock,
        containers: Containers,
        report: Callable[[ServingProcess], None],
        durations: Durations,
    ) -> None:
        self.spec = spec
        self.state: State = "starting"
        self.failure: StartupProblem | None = None
        self._port = 0
        self.plan: Plan | None = None
        self.built_for = self.takes = timedelta()
        self._clock = clock
        self._containers = containers
        self._report = report
        self._durations = durations
        self._stopping = threading.Event()
        self._server: server_process.Server | None = None
        self._upkeep: Upkeep | None = None
        self._written: ServerLog | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(
            target=self._live, name=f"serving-{spec.endpoint}-{spec.deployment}", daemon=True
        )

    def begin(self) -> None:
        """Start in the background; the clock is held until the process is healthy or failed and reported."""
        self._held = self._clock.hold(f"starting {self.spec.deployment} of {self.spec.endpoint}")
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
        if self._written is not None:
            self._written.catch_up()
        try:
            text = (self.spec.root / name).read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return text if lines is None else "".join(text.splitlines(keepends=True)[-lines:] if lines > 0 else [])

    @property
    def port(self) -> int:
        """Where its server listens; another one after each start."""
        return self._port

    @property
    def notes(self) -> tuple[str, ...]:
        """In what its environment differs from the one that Azure would build."""
        return self.plan.notes if self.plan else ()

    @property
    def ready(self) -> bool:
        """Whether requests may come to it."""
        return self._upkeep is not None and self._upkeep.ready

    @property
    def told(self) -> str:
        """What has happened to it since it was first ready, empty when nothing has."""
        return self._upkeep.told if self._upkeep else ""

    def suspect(self) -> None:
        """Have it asked whether it is well: a request has found otherwise."""
        if self._upkeep is not None:
            self._upkeep.suspect()

    @property
    def build_log(self) -> str:
        """The log of its image's build; empty without one."""
        return self._containers.builder.log(self.plan) if self.plan else ""

    def stop(self) -> None:
        """End the process and everything it started; harmless when it has ended. Returns when it is gone."""
        self._stopping.set()
        if self._upkeep is not None:
            self._upkeep.stop()
        with self._lock:
            server = self._server
        if server is not None:
            self._end(server)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _live(self) -> None:
        try:
            self._start()
        except Refused as refused:
            self._fail(refused.problem)
        except uv.Stopped:
            pass  # nobody hears of what nobody wants any more
        except Exception as error:
            # Whatever it is: a process that was not started must never be reported without a failure.
            self._fail(
                StartupProblem("InternalServerError", f"The local Azure could not start the scoring process: {error}")
            )
        finally:
            self._report_state()
            self._held.release()
        if self._upkeep is not None and not self._stopping.is_set():
            self._upkeep.run()
        if self._stopping.is_set():
            self.state = "stopped"

    def _start(self) -> None:
        container = self._container()
        if not self._go_on():
            return
        failure = layout.prepare(self.spec, self._clock.now())
        if failure is not None:
            self._fail(failure)
            return
        passed = self._up(container)
        if passed is not None:
            self._upkeep = Upkeep(
                self._clock,
                self.spec.probes,
                ask=lambda probe: server_process.answer(self.port, probe),
                ended=self._ended,
                start_again=partial(self._up_again, container),
                say=self._say,
            )
            self.state = "healthy"
            self.takes += passed

    def _up(self, container: Built | OwnImage) -> timedelta | None:
        """Start the server; how long it takes to be ready in Azure. None when it did not come up, with its failure."""
        with self._clock.at_most(self._durations.container_start), ExitStack() as crowd:
            crowd.enter_context(_STARTING)
            self._spawned(container)
            return self._watched(crowd)

    def _up_again(self, container: Built | OwnImage) -> timedelta | None:
        if self._server is not None:
            self._end(self._server)
        return None if self._stopping.is_set() else self._up(container)

    def _ended(self) -> str | None:
        """How the server ended by itself; None while it runs."""
        code = self._server.poll() if self._server else None
        if code is None or self._server is None:
            return None
        self._end(self._server)
        return f"the container has ended: {cause(self.log(), code)}"

    def _container(self) -> Built | OwnImage:
        """What serves; an environment is built now, while Azure would be building it or pulling it."""
        found = self._containers.plan(self.spec.asked)
        if isinstance(found, OwnImage):
            return found
        self.plan = found
        if self._containers.first_build(found):
            self.built_for = self.takes = self._durations.image_build
        with self._clock.at_most(self._durations.image_build):
            return self._containers.builder.build(found, self._go_on)

    def _go_on(self) -> bool:
        """Whether it is still wanted; tells the clock that whoever holds it is at work."""
        with self._clock.busy():
            return not self._stopping.is_set()

    def _spawned(self, container: Built | OwnImage) -> None:
        with socket.socket() as listening:
            if isinstance(container, OwnImage):
                self._port = unclaimed_port()
                self._say(f"container {self.spec.image} is run as a command of this machine, by local-images.yml")
                with self._lock, self._log_pipe() as log:
                    self._server = server_process.spawn_own(self.spec, container, self.port, log)
                return
            # Bound here and handed over, so that no other process can take the port in between. Not yet listening:
            # a probe has to be refused until the server is there.
            listening.bind((ADDRESS, 0))
            self._port = port_of(listening)
            for note in container.notes:
                self._say(note)
            spawn = server_process.spawn_server
            if flow_server.serves(self.spec, container):
                spawn = server_process.spawn_flow
            elif server_process.server_version(container.python) is None:
                self._say(server_process.NO_SERVER)
                return
            with self._lock, self._log_pipe() as log:
                self._server = spawn(self.spec, container, listening.fileno(), log)

    @contextmanager
    def _log_pipe(self) -> Iterator[int]:
        """Where the server is to write: what comes out of it is written into the container's log."""
        reading, writing = os.pipe()
        try:
            output = os.fdopen(reading, "rb", buffering=0)
            self._written = ServerLog(output, self.spec.root / layout.INFERENCE_LOG, self._clock)
            yield writing
        finally:
            os.close(writing)

    def _end(self, server: server_process.Server) -> None:
        server_process.end(server)
        if self._written is not None:
            self._written.finish()

    def _say(self, text: str) -> None:
        """Write into the container's log in the local Azure's own name."""
        with (self.spec.root / layout.INFERENCE_LOG).open("a") as log:
            log.write(f"{self._clock.now():%Y-%m-%d %H:%M:%S} I local Azure: {text}\n")

    def _watched(self, crowd: ExitStack) -> timedelta | None:
        """Ask until both probes have had their answer, or one of them is given up, or the server has ended.

        An `init()` that takes long waits for something: it leaves the `crowd` of those that need a processor.
        """
        server, starting = self._server, Starting(self.spec, time.monotonic())
        if server is None:
            self._fail(crash(cause(self.log(), 1)))
            return None
        while server.poll() is None and self._go_on():
            if starting.answered(self.port):
                return starting.passed
            if starting.given_up:
                break
            if starting.is_long:
                crowd.close()
            self._stopping.wait(starting.pause)
        code = server.poll()
        self._end(server)
        if self._stopping.is_set():
            return None
        if code is None:
            self.takes += starting.gives_up_after
            self._fail(crash(starting.told))
        else:
            self._fail(crash(cause(self.log(), code)))
        return None

    def _fail(self, failure: StartupProblem) -> None:
        """It did not come up; one that has been up before is tried again."""
        if self._upkeep is None:
            self.failure = failure
            self.state = "failed"

    def _report_state(self) -> None:
        if not self._stopping.is_set():
            self._report(self)
