"""One schedule from its seed to its rest: what is asked for, what goes wrong, and a trace of all that happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import tests.schedules.assignments
import tests.schedules.monitoring  # noqa: F401 - its routes
from activities.planning import plan_deployment
from activities.registry import all_activities
from activities.retiring import plan_retirement
from activities.teardown import plan_teardown
from contracts.digests import digest
from contracts.orders import CANCEL
from orchestrations.runbooks import RUNBOOKS
from tests.schedules import orders
from tests.schedules.azure import Azure
from tests.schedules.clients import asking, guard_looks
from tests.schedules.documents import asset
from tests.schedules.hub import Hub
from tests.schedules.instances import Instance
from tests.schedules.outsiders import Outsiders
from tests.schedules.weather import KINDS, Weather
from tests.schedules.wire import Line, Wire
from triggers.canceling import REASON

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ACTIVITIES = {one.__name__: one for one in all_activities(plan_deployment, plan_teardown, plan_retirement)}

WRITERS = {runbook.name for runbook in RUNBOOKS if runbook.writes}

# What a schedule may hold; a name that is left out does not happen.
DISTURBANCES = (
    "restarts",
    "workers killed in activities",
    "workers killed in turns",
    "workers killed at an end",
    "terminations",
    "defects",
    "outsiders delete",
    "outsiders write",
    "lost sight",
    "registrations",
    "operations",
    "cancels",
)
# How often the guard looks for instances that the platform has ended.
GUARD_INTERVAL = timedelta(minutes=5)
REGISTERED = ("models/credit-risk/versions/1", "environments/serving/versions/1", "codes/dot-product/versions/1")


@dataclass
class Played:
    """A schedule that has come to rest."""

    seed: int
    hub: Hub
    azure: Azure
    trace: list[str] = field(default_factory=list)

    @property
    def writers(self) -> list[Instance]:
        """The instances that write to an endpoint."""
        return [one for one in self.hub.instances.values() if one.name in WRITERS]


class Schedule:
    """Draws a schedule from its seed, and plays it."""

    def __init__(self, seed: int, line: Line, without: frozenset[str] = frozenset()) -> None:
        self._random = random = Random(digest(["schedule", str(seed)]))
        self._with = [name for name in DISTURBANCES if name not in without]
        kinds = tuple(kind for kind in KINDS if kind != "hidden" or "lost sight" in self._with)
        rate, trouble = random.choice((0.0, 0.01, 0.03, 0.08)), random.choice((0.0, 0.2, 0.5))
        self.azure = Azure(BEGIN, Weather(seed, rate=rate, kinds=kinds, trouble=trouble))
        activities = dict(ACTIVITIES)
        self.hub = Hub(random, activities, BEGIN, self._tell)
        activities |= asking(self.hub)
        # What each run looks at before it writes is the net under the queue: a third of the schedules goes without one.
        self.hub.in_line = seed % 3 != 0
        self.hub.caller = self._calls
        self.played = Played(seed, self.hub, self.azure)
        self._outsiders = Outsiders(self.azure, self.hub, random, self._tell)
        line.wire = Wire(self.azure, self._tell, self._meanwhile)
        for path in REGISTERED:
            self.azure.assets[path] = asset(path, {"properties": {}}, BEGIN)

    def play(self) -> Played:
        """Draw everything, and let it happen."""
        self._draw_orders()
        self._draw_disturbances()
        self.hub.after(GUARD_INTERVAL.total_seconds(), self._guard)
        self.hub.run()
        self.azure.now = self.hub.now + timedelta(days=1)
        self.azure.settle()
        return self.played

    def _draw_orders(self) -> None:
        # Without a queue nothing keeps a deletion from what others make at that moment.
        operated = "operations" in self._with and self.hub.in_line and self._random.random() < 0.6
        if operated:
            # Nobody goes back, or shares traffic out, where nothing has ever come up.
            self.azure.weather.trouble *= self._random.choice((0.0, 0.0, 1.0))
        meet: dict[str, Any] | None = None
        for number in range(self._random.choice((1, 2, 2) if operated else (1, 2, 2, 3))):
            instance_id, order = f"dep-{digest([self.played.seed, number])}", orders.deployment(self._random, meet)
            meet = order["request"]["endpoint"] if operated else None
            defect = (
                self._random.randrange(1, 150) if "defects" in self._with and self._random.random() < 0.15 else None
            )
            at = self._random.choice((0, self._random.uniform(0, 120), self._random.uniform(0, 2400)))
            for _ in range(self._random.choice((1, 1, 2, 4))):
                self._later(at, lambda i=instance_id, o=order, d=defect: self.hub.start("deploy", i, o, d))  # type: ignore[misc]
                at += self._random.choice((0, self._random.uniform(0, 3000)))
        if "registrations" in self._with and self._random.random() < 0.25:
            self._draw_registrations()
        if operated:
            for number in range(self._random.choice((1, 2, 3))):
                at = self._random.choice((0, 1800, 1800)) + self._random.uniform(0, 5400)
                self._later(at, partial(self._operate, f"{self.played.seed}-{number}"))

    def _operate(self, key: str) -> None:
        self.azure.settle()
        self.hub.start(*orders.operation(self._random, [*self.azure.endpoints.values()], key))

    def _draw_registrations(self) -> None:
        """Versions of one model, far apart or in a burst; the policy is not for all of them."""
        at = self._random.uniform(0, 600)
        count, apart = self._random.choice(((1, 0), (2, 3600), (self._random.randint(2, 6), 60), (6, 600)))
        for version in map(str, range(2, 2 + count)):
            self._draw_registration(version, at)
            at += self._random.uniform(0, apart)

    def _draw_registration(self, version: str, at: float) -> None:
        """A version, and the events that tell of it: in any order among others, and more than once."""
        path, tags = f"models/{orders.MODEL}/versions/{version}", orders.COUNTING if self._random.random() < 0.7 else {}
        self._later(
            at, lambda: self.azure.assets.update({path: asset(path, {"properties": {"tags": tags}}, self.hub.now)})
        )
        instance_id, order = orders.registration(version, tags)
        for _ in range(self._random.choice((1, 2, 3))):
            delay = at + self._random.choice((1, self._random.uniform(0, 900)))
            self._later(delay, lambda: self.hub.start("react_to_registration", instance_id, order))

    def _draw_disturbances(self) -> None:
        chances: dict[str, tuple[float, list[Callable[[], None]]]] = {
            "restarts": (0.4, [self._restart]),
            "workers killed in activities": (0.4, [lambda: self.hub.kill_worker(0)]),
            "workers killed in turns": (0.3, [lambda: self.hub.kill_worker(self._random.choice((1, 1, 3)))]),
            "workers killed at an end": (0.2, [self.hub.kill_at_an_end]),
            "terminations": (0.15, [self._terminate]),
            "cancels": (0.2, [self._cancel]),
            "outsiders delete": (
                0.25,
                [self._outsiders.delete_endpoint, self._outsiders.delete_deployment, self._outsiders.revoke_role],
            ),
            "outsiders write": (0.25, [self._outsiders.give_traffic, self._outsiders.put_deployment]),
        }
        for name, (chance, deeds) in chances.items():
            while name in self._with and self._random.random() < chance:
                self._later(self._random.choice((1, 1, 3)) * self._random.uniform(0, 1500), self._random.choice(deeds))

    def _later(self, seconds: float, deed: Callable[[], None]) -> None:
        self.hub.after(seconds, deed)

    def _restart(self) -> None:
        self.hub.restart(timedelta(seconds=self._random.choice((5, 300, 3600))))

    def _terminate(self) -> None:
        running = [one for one in self.played.writers if one.status == "Running"]
        if running:
            self.hub.terminate(self._random.choice(running))

    def _cancel(self) -> None:
        running = [one for one in self.played.writers if one.status == "Running"]
        if running:
            self.hub.raise_event(self._random.choice(running).id, CANCEL, REASON)

    def _meanwhile(self) -> None:
        caller, now = self.azure.caller, self.azure.now
        self.hub.interlude()
        self.azure.caller, self.azure.now = caller, now

    def _guard(self) -> None:
        guard_looks(self.hub)
        if self.hub.busy:
            self.hub.after(GUARD_INTERVAL.total_seconds(), self._guard)

    def _calls(self, instance_id: str, moment: datetime) -> None:
        self.azure.caller, self.azure.now = instance_id.partition(":")[0], moment

    def _tell(self, text: str) -> None:
        since = self.hub.now - BEGIN if hasattr(self, "hub") else timedelta(0)
        self.played.trace.append(f"{str(since)[:-3] if since.microseconds else since}  {text}")
