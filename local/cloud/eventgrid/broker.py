"""The local Event Grid: takes events in, and sees every subscriber's copy to its end."""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from local.clock import Clock
from local.cloud.eventgrid.delivery import DeliveryRecord, judge
from local.cloud.eventgrid.events import Event, model_registered, read_event
from local.cloud.eventgrid.filters import EventFilter
from local.cloud.eventgrid.requests import check_destination
from local.cloud.eventgrid.subscriptions import Schema, Subscription
from local.cloud.eventgrid.webhooks import Webhooks
from local.cloud.schedule import Schedule

# Event Grid tries the handshake again after 5 s; how often is not documented: once more, here.
HANDSHAKE_ATTEMPTS = 2
HANDSHAKE_PAUSE = timedelta(seconds=5)
# What `shuffle` spreads deliveries over: Event Grid gives no order at all.
SHUFFLE_SPREAD = timedelta(seconds=60)
_LOG_LENGTH = 10_000


class HandshakeFailed(Exception):
    """The endpoint did not prove that it wants events."""


class EventGrid:
    """Subscriptions and deliveries. Every method may be called from any thread.

    `deliver_times` sends each event that often and `shuffle` (a seed) spreads deliveries in a repeatable disorder:
    both are allowed by at-least-once delivery without order, and may be changed at any time.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        deliver_times: int = 1,
        shuffle: int | None = None,
    ) -> None:
        self.clock = clock
        self.deliver_times = deliver_times
        self._order = _disorder(shuffle)
        self.webhooks = Webhooks()
        self.schedule = Schedule(clock)
        self._subscriptions: dict[str, Subscription] = {}
        self._log: deque[DeliveryRecord] = deque(maxlen=_LOG_LENGTH)
        self._lock = threading.RLock()

    def shuffle(self, seed: int | None) -> None:
        """Spread the deliveries to come by a seeded disorder; None delivers at once again."""
        with self._lock:
            self._order = _disorder(seed)

    def publish(self, topic: str, event: Mapping[str, Any]) -> None:
        """Take in one event in Event Grid's schema; `ValueError` when it is not one."""
        self._accept(read_event(topic, event, self.clock.now()))

    def model_registered(
        self,
        workspace_id: str,
        name: str,
        version: str | int,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        """Tell subscribers that a model version was registered in the workspace."""
        self._accept(model_registered(workspace_id, name, version, tags or {}, properties or {}, self.clock.now()))

    def subscribe(
        self,
        name: str,
        endpoint_url: str,
        filters: EventFilter | None = None,
        *,
        topic: str | None = None,
        schema: Schema = "EventGridSchema",
    ) -> Subscription:
        """Subscribe from inside the process: every topic by default, handshake included.

        `HandshakeFailed` when the endpoint does not answer it, `ArmError` for a destination outside this machine.
        """
        check_destination(endpoint_url)
        subscription = Subscription(name, topic, endpoint_url, filters or EventFilter(), schema)
        with self.clock.busy(f"the handshake of {name}"):
            problem = self.webhooks.validate(subscription, self.clock.now())
        if problem is not None:
            raise HandshakeFailed(f"{subscription.base_url}: {problem}")
        subscription.provisioning_state = "Succeeded"
        with self._lock:
            self._subscriptions[subscription.key] = subscription
        return subscription

    def create(self, subscription: Subscription) -> None:
        """Store a subscription and begin its handshake; it gets events once that has succeeded."""
        with self._lock:
            self._subscriptions[subscription.key] = subscription
        self.schedule.at(self.clock.now(), partial(self._validate, subscription, 1))

    def remove(self, key: str) -> Subscription | None:
        """Delete a subscription; what is still to be delivered to it is dropped."""
        with self._lock:
            return self._subscriptions.pop(key, None)

    def subscriptions(self) -> list[Subscription]:
        """Every subscription, oldest first."""
        with self._lock:
            return list(self._subscriptions.values())

    def deliveries(self) -> list[DeliveryRecord]:
        """Every delivery attempt made (the newest ten thousand), oldest first."""
        with self._lock:
            return list(self._log)

    def reset(self) -> None:
        """Forget subscriptions, pending deliveries and the log."""
        self.schedule.cancel_all()
        with self._lock:
            self._subscriptions.clear()
            self._log.clear()

    def close(self) -> None:
        """Stop delivering; waits for the attempts under way."""
        self.schedule.close()
        self.webhooks.close()

    def _accept(self, event: Event) -> None:
        with self._lock:
            interested = [one for one in self._subscriptions.values() if _is_wanted_by(one, event)]
        for subscription in interested:
            for _ in range(self.deliver_times):
                self._plan(subscription, event, 1, self.clock.now() + self._spread())

    def _spread(self) -> timedelta:
        with self._lock:
            return SHUFFLE_SPREAD * self._order.random() if self._order else timedelta()

    def _plan(self, subscription: Subscription, event: Event, attempt: int, moment: datetime) -> None:
        self.schedule.at(moment, partial(self._attempt, subscription, event, attempt))

    def _attempt(self, subscription: Subscription, event: Event, attempt: int) -> None:
        with self._lock:
            if self._subscriptions.get(subscription.key) is not subscription:
                return
        at = self.clock.now()
        status = self.webhooks.deliver(subscription, event, attempt - 1)
        outcome, reason, delay = judge(status, attempt, at - event.time, subscription.retry)
        record = DeliveryRecord(at, subscription.name, event.id, event.subject, attempt, status, outcome, reason)
        with self._lock:
            self._log.append(record)
        if outcome == "retrying":
            self._plan(subscription, event, attempt + 1, self.clock.now() + delay)

    def _validate(self, subscription: Subscription, attempt: int) -> None:
        problem = self.webhooks.validate(subscription, self.clock.now())
        if problem is not None and attempt < HANDSHAKE_ATTEMPTS:
            later = self.clock.now() + HANDSHAKE_PAUSE
            self.schedule.at(later, partial(self._validate, subscription, attempt + 1))
            return
        subscription.error = problem
        subscription.provisioning_state = "Failed" if problem else "Succeeded"


def _disorder(seed: int | None) -> random.Random | None:
    return random.Random(seed) if seed is not None else None  # noqa: S311 - repeatable, no secret


def _is_wanted_by(subscription: Subscription, event: Event) -> bool:
    ready = subscription.provisioning_state == "Succeeded"
    return ready and subscription.wants(event.topic) and subscription.filter.matches(event)
