"""Metric alerts on a deployment: who is told when it is slow, fails, or no longer answers.

Values of windows and frequencies are those that Azure Monitor offers; dimensions are those of its list of metrics.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from contracts.base import Contract, Duration
from contracts.metrics import MetricName, Operator, WhichResource, resource_of
from contracts.names import ALERT, DIMENSION, ArmId
from contracts.values import AS_WORDS, IN_ANY_CASE, Flag, Fraction, Whole

_WINDOWS = {minutes: timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 360, 720, 1440)}
_FREQUENCIES = {minutes: timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60)}
MOST_OTHERS = 5
Severity = Annotated[Whole, Field(ge=0, le=4, description="0: critical, 4: verbose")]
Aggregation = Literal["average", "minimum", "maximum", "total", "count"]
Percentile = Literal["average", "p50", "p90", "p95", "p99"]


class Condition(Contract):
    """How often and over which time a condition is looked at, and how bad it is when it is met."""

    window: Duration = timedelta(minutes=5)
    every: Duration = timedelta(minutes=1)
    severity: Annotated[Severity | None, Field(description="that of all alerts, if not said")] = None

    @field_validator("window", "every")
    @classmethod
    def _offered(cls, value: timedelta, info: ValidationInfo) -> timedelta:
        offered = _WINDOWS if info.field_name == "window" else _FREQUENCIES
        if value not in offered.values():
            raise ValueError(f"must be one of {', '.join(map(str, offered))} minutes")
        return value

    @model_validator(mode="after")
    def _looked_at_whole(self) -> Condition:
        if self.every > self.window:
            raise ValueError("`every` must not be longer than `window`")
        return self


class Latency(Condition):
    """Slower than so many milliseconds."""

    above_ms: Annotated[Fraction, Field(gt=0)]
    of: Annotated[Percentile, IN_ANY_CASE] = "p95"


class Errors(Condition):
    """More answers a minute than so many that are no success, on average over the window."""

    above_per_minute: Annotated[Fraction, Field(ge=0)] = 0.0


class Availability(Condition):
    """Fewer successful answers a minute than so many, on average over the window."""

    below_per_minute: Annotated[Fraction, Field(gt=0)]


class Dimension(Contract):
    """Only these values of a dimension, or all but these."""

    name: Annotated[str, Field(pattern=DIMENSION)]
    values: Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(min_length=1, max_length=20)]
    exclude: Flag = False


class OtherAlert(Condition):
    """A condition on any metric."""

    name: Annotated[str, Field(pattern=ALERT)]
    metric: MetricName
    of: Annotated[WhichResource | None, Field(description="whose metric; the deployment's where it has one")] = None
    aggregation: Annotated[Aggregation, AS_WORDS] = "average"
    operator: Annotated[Operator, AS_WORDS]
    threshold: Fraction
    dimensions: Annotated[list[Dimension], Field(max_length=5)] = []

    @field_validator("operator")
    @classmethod
    def _known_to_alerts(cls, operator: Operator) -> Operator:
        if operator == "not_equals":
            raise ValueError("alerts do not compare by not_equals")
        return operator

    @field_validator("name")
    @classmethod
    def _not_ours(cls, name: str) -> str:
        if name in ("latency", "errors", "availability"):
            raise ValueError(f"write {name} beside `others`, or choose another name")
        return name


class AlertsRequest(Contract):
    """Which alerts there are, and whom they tell; what is left out stays as it is."""

    action_groups: Annotated[list[ArmId], Field(min_length=1, max_length=5, description="ARM ids of action groups")]
    severity: Severity = 2
    latency: Latency | None = None
    errors: Errors | None = None
    availability: Availability | None = None
    others: Annotated[list[OtherAlert], Field(max_length=MOST_OTHERS)] = []

    @model_validator(mode="after")
    def _some(self) -> AlertsRequest:
        if not any((self.latency, self.errors, self.availability, self.others)):
            raise ValueError("write at least one of latency, errors, availability, others")
        if len({one.name for one in self.others}) != len(self.others):
            raise ValueError("`others` must have different names")
        return self

    def conditions(self, deployment: str) -> Iterator[OtherAlert]:
        """Every alert, as a condition on a metric."""
        here = Dimension(name="deployment", values=[deployment])
        succeeded = Dimension(name="statusCodeClass", values=["2xx"])
        failed = succeeded.model_copy(update={"exclude": True})
        if one := self.latency:
            name = "RequestLatency" if one.of == "average" else f"RequestLatency_{one.of.upper()}"
            yield _condition(one, "latency", name, "greater_than", one.above_ms, [here])
        if many := self.errors:
            yield _condition(many, "errors", "RequestsPerMinute", "greater_than", many.above_per_minute, [here, failed])
        if few := self.availability:
            answered = [here, succeeded]
            yield _condition(few, "availability", "RequestsPerMinute", "less_than", few.below_per_minute, answered)
        yield from self.others


def _condition(
    of: Condition, name: str, metric: str, operator: Operator, threshold: float, dimensions: list[Dimension]
) -> OtherAlert:
    # Not judged again: the names are our own.
    return OtherAlert.model_construct(
        name=name,
        metric=metric,
        of="endpoint",
        aggregation="average",
        operator=operator,
        threshold=threshold,
        dimensions=dimensions,
        window=of.window,
        every=of.every,
        severity=of.severity,
    )


def resource_of_alert(alert: OtherAlert) -> WhichResource:
    """Whose metric an alert is about."""
    return resource_of(alert.metric, alert.of)
