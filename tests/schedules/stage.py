"""Schedules that are written down: deployments with chosen faults and endings instead of drawn ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from contracts.failure import Failure
from contracts.status import Progress
from tests import samples
from tests.schedules.documents import asset
from tests.schedules.hub import Hub
from tests.schedules.instances import Instance
from tests.schedules.orders import COUNTING, LOG_ANALYTICS, MODEL, PATHS, asked_for, registration
from tests.schedules.outsiders import Outsiders
from tests.schedules.play import Schedule
from tests.schedules.records import STORAGE_ID
from tests.schedules.verdict import Broken, broken
from tests.schedules.weather import HIDEABLE, Ending, Kind, Weather
from tests.schedules.wire import Line
from triggers.requests import judged

FINE = Ending(60)
WRONG = Ending(60, answers="wrong")
FAILS = Ending(60, "OutOfQuota: Not enough quota.")
Chosen = Callable[[str, str], bool]


class Fair(Weather):
    """Weather in which nothing happens but what is asked for."""

    def __init__(self) -> None:
        super().__init__(0, rate=0)
        self.endings: list[Ending] = []
        """Of the deployments to come; fine ones afterwards."""
        self.endpoint_errors: list[str | None] = []
        self.failures: list[int] = []
        """Of a hundred live requests, each time that they are counted; none afterwards."""
        self.met: list[tuple[str, str]] = []
        """The faults that hit: method and key."""
        self._kind: Kind | None = None
        self._chosen: Chosen = lambda _, __: False

    def strike(self, kind: Kind, chosen: Chosen) -> None:
        """Have a fault hit the next request that is chosen by its method and key."""
        self._kind, self._chosen = kind, chosen

    def fault(self, method: str, key: str, now: datetime) -> Kind | None:
        """The fault that was asked for, once."""
        kind = self._kind
        if kind is None or not can_hit(kind, method, key) or not self._chosen(method, key):
            return None
        self._kind = None
        self.met.append((method, key))
        if kind == "hidden":
            self.hide(key, now)
        return kind

    def span(self, seconds: float) -> timedelta:
        """Exactly so long."""
        return timedelta(seconds=seconds)

    def endpoint_error(self) -> str | None:
        """The next one asked for."""
        return self.endpoint_errors.pop(0) if self.endpoint_errors else None

    def deployment(self) -> Ending:
        """The next one asked for."""
        return self.endings.pop(0) if self.endings else FINE

    def failing(self) -> int:
        """The next number asked for."""
        return self.failures.pop(0) if self.failures else 0

    def status(self) -> int:
        """Of an Azure that is down."""
        return 503


def can_hit(kind: Kind, method: str, key: str) -> bool:
    """Whether such a fault means anything to such a request."""
    if kind == "hidden":
        return method == "GET" and HIDEABLE.search(key) is not None
    return kind not in ("conflict", "refused", "rejected") or (method != "GET" and key != "/score")


class Stage:
    """An Azure, a hub and fair weather."""

    def __init__(self, line: Line) -> None:
        self.weather = Fair()
        self._schedule = Schedule(0, line)
        self.azure = self._schedule.azure
        self.azure.weather = self.weather
        self.hub: Hub = self._schedule.hub
        self.hub.replays, self.hub.in_line = 0.0, True
        self.outsiders = Outsiders(self.azure, self.hub, Random(0), self.played.trace.append)

    def strikes(self, kind: Kind, activity: str = "", number: int = 1) -> None:
        """Have a fault hit the request of that number, of those it can hit in that activity; in any without a name."""
        seen = count(1)
        self.weather.strike(kind, lambda _, __: (not activity or self.hub.doing == activity) and next(seen) == number)

    @property
    def played(self) -> Any:
        """What has happened so far."""
        return self._schedule.played

    def starts(self, deployment: str = "blue", *, shares: bool | None = None, **parts: Any) -> Instance:
        """A deployment that everything is to be made for, under an id that is made of its number.

        `shares` is what a policy says of its endpoint; None when a person asks.
        """
        return self.begins(body(deployment) | parts, shares)

    def begins(self, asked: dict[str, Any], shares: bool | None = None) -> Instance:
        """The deployment of a whole request."""
        number = len(self.hub.instances)
        order = {"request": judged(asked), "digest": "d", "shares_endpoint": shares}
        self.hub.start("deploy", f"dep-{number:032x}", order)
        return self.hub.instances[f"dep-{number:032x}"]

    def registers(self, version: str) -> Instance:
        """A registered version that a policy is for, and what reacts to it."""
        path = f"models/{MODEL}/versions/{version}"
        self.azure.assets[path] = asset(path, {"properties": {"tags": COUNTING}}, self.hub.now)
        instance_id, order = registration(version, COUNTING)
        self.hub.start("react_to_registration", instance_id, order)
        return self.hub.instances[instance_id]

    def once(self, happened: Callable[[], bool], then: Callable[[], None] = lambda: None) -> None:
        """In the first turn in which something has happened, do something, if that has not done it."""
        done: list[bool] = []

        def turned(_: Instance) -> None:
            if not done and happened():
                done.append(True)
                then()

        self.hub.turned = turned

    def rests(self) -> list[Broken]:
        """Let everything happen; the promises that were broken."""
        self.hub.run()
        self.azure.now = self.hub.now
        self.azure.settle()
        return broken(self.played)

    def deploys(self, deployment: str = "blue", **parts: Any) -> Instance:
        """A deployment from its beginning to its end."""
        instance = self.starts(deployment, **parts)
        self.rests()
        return instance

    def operates(self, name: str, asked: dict[str, Any], **path: str) -> Instance:
        """An operation on the endpoint that `starts` deploys to, accepted at this moment."""
        number = len(self.hub.instances)
        instance_id, order = asked_for(name, {"endpoint": "north", **path}, asked, f"key-{number}")
        self.hub.start(name, instance_id, {**order, "accepted": self.hub.now.isoformat()})
        return self.hub.instances[instance_id]

    def asked_for(self, asked: dict[str, Any]) -> Instance:
        """The deployment of a whole request from its beginning to its end."""
        instance = self.begins(asked)
        self.rests()
        return instance


def body(deployment: str) -> dict[str, Any]:
    """A request for an endpoint of its own identity with a role, an inline model and environment, and diagnostics."""
    access = {
        "additional": [{"role": "Cognitive Services OpenAI User", "scope": STORAGE_ID}],
        "propagation": {"wait": "PT5M", "give_up_after": "PT30M"},
    }
    asked = samples.request(
        endpoint="north",
        deployment=deployment,
        model={"name": "inline", "version": "7", "path": f"{PATHS}/models/7"},
        environment={"image": samples.IMAGE, "conda_file": samples.CONDA},
        identity=None,
        access=access,
    )
    return asked | {"diagnostics": {"workspace_id": LOG_ANALYTICS}}


def error_of(instance: Instance) -> Failure | None:
    """What a run says of its failure."""
    return Progress.from_wire(instance.shown).error if instance.shown else None


def fates_of(instance: Instance) -> dict[str, str]:
    """What became of what a failed run had made, by kind."""
    ledger = Progress.from_wire(instance.shown).ledger
    return {entry.kind: entry.fate for entry in ledger if entry.how != "found"}
