"""The local Azure and a local host in one process, around the unmodified app: what tests and benchmarks stand on.

The app is reached and configured as in Azure: over HTTP, by events, and through its environment. The clock is stepped
unless told otherwise, so a 15-minute wait takes no time and every timestamp still says 15 minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx

from local import loopback
from local.checkout import APP_SETTINGS, EXAMPLE_POLICIES, ROOT, SCORING_PYTHON
from local.clock import Clock, Hold
from local.cloud.cloud import LocalCloud
from local.cloud.world import APP, DEVELOPER
from local.host.host import LocalHost
from local.host.index import FunctionIndex
from local.host.settings import HostSettings
from local.process_environment import applied, forget_connections
from local.subscribing import SUBSCRIPTION_NAME, webhook
from local.waiting import PATIENCE, until

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

__all__ = ["APP_SETTINGS", "ROOT", "SCORING_PYTHON", "TERMINAL", "LocalStack", "applied", "forget_connections"]

Begun = TypeVar("Begun")

TERMINAL = ("Succeeded", "Failed", "Canceled")

# Between two looks of who waits for a state that passes: shorter than anything that Azure is waited for in.
_LOOK = timedelta(seconds=15)


class LocalStack:
    """One local Azure, one host, and a developer's access to both. A context manager."""

    def __init__(
        self,
        data: Path,
        *,
        clock: Clock | None = None,
        policies: Path | None = None,
        check_keys: bool = False,
        **cloud_options: Any,
    ) -> None:
        """`check_keys`: the host wants its access keys, as in Azure."""
        self.data = data
        self._check_keys = check_keys
        self.clock = clock or Clock(stepped=True)
        self.cloud = LocalCloud(data / "cloud", self.clock, scoring_python=SCORING_PYTHON, **cloud_options)
        self._policies = policies or EXAMPLE_POLICIES
        self._applied: Any = None
        self._index: FunctionIndex | None = None
        self.host: LocalHost

    def __enter__(self) -> Self:
        """Start both."""
        self.cloud.start()
        environment = {**self.cloud.environment(APP.name), **APP_SETTINGS, "SLIPWAY_POLICIES": str(self._policies)}
        self._applied = applied(environment)
        self._applied.__enter__()
        self.start_host()
        return self

    def __exit__(self, *reason: Any) -> None:
        """Stop both and put the environment back."""
        if not self.host.crashed.is_set():
            self.host.stop()
        self.cloud.close()
        self.clock.close()
        self._applied.__exit__(*reason)

    def start_host(self, on_durable_write: Callable[[int, str], None] | None = None) -> None:
        """Start a host on the same data folder: the first one, or one that recovers what a dead one left.

        All are of the app as the first one has indexed it: another process would do that anew, to no other end.
        """
        self.host = LocalHost(
            self._index or ROOT,
            data=self.data / "host",
            clock=self.clock,
            on_durable_write=on_durable_write,
            module_name="function_app",
            settings=HostSettings.from_app(ROOT).with_options(enable_auth=self._check_keys or None),
        )
        self.host.start()
        self._index = self.host.index

    @property
    def http(self) -> httpx.Client:
        """A client of the host's front door, past any proxy."""
        return loopback.client(self.host.url)

    def post(self, body: Mapping[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """POST a deployment request; its status body. Raises httpx.HTTPStatusError when it is refused."""
        with self.http as http:
            response = http.post("/api/deployments", json=body, headers={"Idempotency-Key": key} if key else {})
        response.raise_for_status()
        accepted: dict[str, Any] = response.json()
        return accepted

    def status(self, deployment_id: str) -> dict[str, Any]:
        """The status body of a deployment."""
        with self.http as http:
            status: dict[str, Any] = http.get(f"/api/deployments/{deployment_id}").raise_for_status().json()
        return status

    def wait(self, deployment_id: str, *, seconds: float = PATIENCE) -> dict[str, Any]:
        """The status body once the deployment has ended; TimeoutError after `seconds` of real time.

        HostDied when the host dies before.
        """
        return self.ended(f"/api/deployments/{deployment_id}", seconds=seconds)

    def until(self, ready: Callable[[], Any], *, seconds: float = PATIENCE) -> Any:
        """What `ready` gives once it is true; TimeoutError after `seconds` of real time."""
        try:
            return until(ready, seconds=seconds, every=0.02)
        except TimeoutError as late:
            raise TimeoutError(f"{late}; time is held by {self.clock.held_by() or 'nobody'}") from None

    @contextmanager
    def standing(self, begin: Callable[[], Begun], ready: Callable[[Begun], Any]) -> Iterator[Begun]:
        """Virtual time stands still inside, from when what `begin` gives is `ready`; TimeoutError as for `until`.

        Whoever looks while time goes on may come too late for what lasts minutes in Azure: a stepped clock passes them
        in no time.
        """
        held = self.clock.hold("who looks")
        try:
            begun = begin()
            while not ready(begun):
                held = self._later(held)
            yield begun
        finally:
            held.release()

    def _later(self, held: Hold) -> Hold:
        """Let time go on until the next look; the hold in which it stands still again."""
        reached = SimpleQueue[Hold]()
        self.clock.alarm(self.clock.now() + _LOOK, lambda: reached.put(self.clock.hold("who looks")))
        held.release()
        again: Hold = self.until(lambda: None if reached.empty() else reached.get())
        return again

    def deploy(self, body: Mapping[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """POST a deployment request and wait for its end."""
        return self.wait(self.post(body, key=key)["id"])

    def operate(self, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        """Ask for an operation on an endpoint, whose path is below `/api/endpoints`, and wait for its end."""
        with self.http as http:
            accepted = http.request(method, f"/api/endpoints/{path}", json=body, params=query)
        accepted.raise_for_status()
        return self.ended(accepted.headers["Location"])

    def ended(self, location: str, *, seconds: float = PATIENCE) -> dict[str, Any]:
        """What that address, whose last part is the ID of an instance, tells of it once it has ended.

        TimeoutError after `seconds` of real time; HostDied when the host dies before.
        """
        # Asking again and again would have the host do little else; only what the platform ended is not the end yet.
        self.host.wait_for(location.rpartition("/")[2], timeout=seconds)
        ended: dict[str, Any] = self.until(lambda: self._ended_at(location), seconds=seconds)
        return ended

    def developer(self) -> MLClient:
        """The workspace, as the person who owns it; whoever asks is given the same client."""
        return self._developer

    @cached_property
    def _developer(self) -> MLClient:
        from azure.ai.ml import MLClient

        where = self.cloud.environment(DEVELOPER.name)
        return MLClient(
            self.cloud.credential(DEVELOPER.name),
            where["SLIPWAY_SUBSCRIPTION_ID"],
            where["SLIPWAY_RESOURCE_GROUP"],
            where["SLIPWAY_WORKSPACE"],
            show_progress=False,
            enable_telemetry=False,
        )

    def subscribe(self) -> None:
        """Have model registrations delivered to the host, as infra/ subscribes them in Azure."""
        self.cloud.events.subscribe(SUBSCRIPTION_NAME, webhook(self.host.url))

    def history(self, instance_id: str) -> Any:
        """The raw Durable history of an instance."""
        with self.http as http:
            return http.get(f"/admin/local/instances/{instance_id}/history").raise_for_status().json()

    def _ended_at(self, location: str) -> dict[str, Any] | None:
        with self.http as http:
            status: dict[str, Any] = http.get(location).raise_for_status().json()
        return status if status["status"] in TERMINAL else None
