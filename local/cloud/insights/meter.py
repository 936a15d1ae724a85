"""What was seen of the traffic, minute by minute of the virtual clock, and what tests tell of the rest.

Requests and their status are those of the scoring front door; a latency is the real time that the model took, since a
stepped clock stands still meanwhile. Processor, memory and the like are never made up: they are there only if told
(`POST /local/metrics`). Two days are kept. Whether Azure says 0 or nothing for a minute without a request was never
compared; here requests per minute are 0 then, and latencies are missing.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from statistics import fmean
from typing import TypeAlias

from local.clock import Clock
from local.cloud.insights.catalogue import GRAIN, Emitter, Metric
from local.cloud.serving.answered import Answered

KEPT = timedelta(days=2)


Chosen: TypeAlias = Callable[[Answered], bool]


def every(_request: Answered) -> bool:
    """All requests."""
    return True


def has(request: Answered, name: str, values: Iterable[str]) -> bool:
    """Whether a request is one of these by a dimension of the requests per minute."""
    dimensions = {
        "deployment": request.deployment,
        "statuscode": str(request.status),
        "statuscodeclass": f"{request.status // 100}xx",
        "modelstatuscode": str(request.model_status or ""),
        "envoy_response_code": str(request.status),
    }
    return dimensions.get(name.lower(), "").lower() in {value.lower() for value in values}


class Meter:
    """Counts requests as they are answered. All methods may be called from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._requests: dict[str, dict[datetime, list[Answered]]] = defaultdict(dict)
        self._told: dict[tuple[str, str], dict[datetime, list[float]]] = defaultdict(dict)

    def forget(self) -> None:
        """Nothing was seen."""
        with self._lock:
            self._requests.clear()
            self._told.clear()

    def seen(self, endpoint: str, request: Answered) -> None:
        """A request was answered now."""
        with self._lock:
            self._now(self._requests[endpoint.lower()]).append(request)

    def tell(self, emitter: Emitter, metric: Metric, value: float) -> None:
        """A metric that is not seen has this value now."""
        with self._lock:
            self._now(self._told[emitter.key, metric.name]).append(value)

    def _now(self, minutes: dict[datetime, list]) -> list:  # type: ignore[type-arg]  # of requests, or of values
        minute = minute_of(self._clock.now())
        if minute not in minutes:
            for old in [one for one in minutes if one < minute - KEPT]:
                del minutes[old]
            minutes[minute] = []
        return minutes[minute]

    def samples(
        self, emitter: Emitter, metric: Metric, start: datetime, end: datetime, chosen: Chosen = every
    ) -> list[float | None]:
        """The metric's value in each whole minute from `start` up to `end`; None where it has none."""
        minutes = [start + GRAIN * index for index in range(max(0, round((end - start) / GRAIN)))]
        with self._lock:
            if not metric.seen:
                told = self._told.get((emitter.key, metric.name), {})
                return [fmean(told[minute]) if minute in told else None for minute in minutes]
            requests = self._requests.get(emitter.endpoint.lower(), {})
            return [_value(metric, self._of(emitter, requests.get(minute, ()), chosen)) for minute in minutes]

    def latest(
        self, emitter: Emitter, metric: Metric, now: datetime, window: timedelta, chosen: Chosen = every
    ) -> list[float | None]:
        """The same of the whole minutes of a window that ends now."""
        return self.samples(emitter, metric, now - round(window / GRAIN) * GRAIN, now, chosen)

    def _of(self, emitter: Emitter, requests: Sequence[Answered], chosen: Chosen) -> list[Answered]:
        name = (emitter.deployment or "").lower()
        return [one for one in requests if (not name or one.deployment.lower() == name) and chosen(one)]


def minute_of(moment: datetime) -> datetime:
    """The beginning of its minute."""
    return moment.replace(second=0, microsecond=0)


def _value(metric: Metric, requests: Sequence[Answered]) -> float | None:
    if metric.name == "RequestsPerMinute":
        return float(len(requests))
    if not requests:
        return None
    took = sorted(one.milliseconds for one in requests)
    if metric.percentile is None:
        return fmean(took)
    return took[math.ceil(metric.percentile / 100 * len(took)) - 1]
