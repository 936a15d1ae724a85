"""The number of a deployment's instances, decided by Azure Monitor: limits, rules on metrics, and schedules.

Limits are those of the REST reference of Microsoft.Insights/autoscaleSettings and of "Understand autoscale settings".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from contracts.base import Contract, Duration
from contracts.metrics import MetricName, Operator, WhichResource
from contracts.names import SCHEDULE, TIME_OF_DAY, TIME_ZONE
from contracts.values import AS_WORDS, IN_ANY_CASE, Flag, Fraction, Whole

MOST_INSTANCES = 1000
MOST_RULES, MOST_PROFILES = 10, 20
LONGEST_EVENT = timedelta(days=365)
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: tuple[Day, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# In minutes.
DAY = 24 * 60
WEEK = 7 * DAY
Count = Annotated[Whole, Field(ge=1, le=MOST_INSTANCES)]
TimeZone = Annotated[str, Field(pattern=TIME_ZONE, description="as Windows calls it, e.g. W. Europe Standard Time")]
TimeOfDay = Annotated[str, Field(pattern=TIME_OF_DAY, description="hours and minutes")]


class AutoscaleRule(Contract):
    """So many instances more or fewer, when a metric was above or below a threshold for so long.

    `statistic` makes one sample of a `grain` of all instances, `aggregation` makes one value of a `window` of samples.
    """

    metric: MetricName
    of: Annotated[WhichResource | None, Field(description="whose metric; the deployment's where it has one")] = None
    statistic: Annotated[Literal["average", "min", "max", "sum", "count"], AS_WORDS] = "average"
    aggregation: Annotated[Literal["average", "minimum", "maximum", "total", "count", "last"], AS_WORDS] = "average"
    operator: Annotated[Operator, AS_WORDS]
    threshold: Fraction
    window: Duration = timedelta(minutes=5)
    grain: Duration = timedelta(minutes=1)
    per_instance: Annotated[Flag, Field(description="the value divided by the number of instances")] = False
    scale: Annotated[Literal["out", "in"], AS_WORDS]
    by: Annotated[Whole, Field(ge=1, le=MOST_INSTANCES)] = 1
    unit: Annotated[
        Literal["instances", "percent", "exactly"], AS_WORDS, Field(description="of `by`; exactly: to so many")
    ] = "instances"
    cooldown: Duration = timedelta(minutes=5)

    @field_validator("window", "grain", "cooldown")
    @classmethod
    def _within(cls, value: timedelta, info: ValidationInfo) -> timedelta:
        limits = {
            "window": (timedelta(minutes=5), timedelta(hours=12), "PT5M and PT12H"),
            "grain": (timedelta(minutes=1), timedelta(hours=12), "PT1M and PT12H"),
            "cooldown": (timedelta(minutes=1), timedelta(weeks=1), "PT1M and P7D"),
        }
        least, most, told = limits[str(info.field_name)]
        if not least <= value <= most or value % timedelta(minutes=1):
            raise ValueError(f"must be between {told}, in whole minutes")
        return value

    @model_validator(mode="after")
    def _grain_in_window(self) -> AutoscaleRule:
        if self.grain > self.window:
            raise ValueError("grain must not be longer than window")
        return self


class Capacity(Contract):
    """Between how many instances, and how many where no metric can be read (as many as the minimum, if not said)."""

    minimum: Count
    maximum: Count
    default: Count | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Capacity:
        if not self.minimum <= self.usual <= self.maximum:
            raise ValueError("needs minimum <= default <= maximum")
        return self

    @property
    def usual(self) -> int:
        """How many where no metric can be read."""
        return self.minimum if self.default is None else self.default

    def check_rules(self, rules: list[AutoscaleRule]) -> None:
        """Raises ValueError for a rule that asks for more than there may be."""
        for rule in rules:
            if rule.unit == "instances" and rule.by > self.maximum - self.minimum:
                raise ValueError(f"a rule scales by {rule.by}, and there are {self.maximum - self.minimum} to scale by")


class Weekly(Contract):
    """Each week on these days, from one time of day to another; past midnight where that is the earlier one."""

    days: Annotated[list[Annotated[Day, IN_ANY_CASE]], Field(min_length=1, max_length=7)]
    start: TimeOfDay
    end: TimeOfDay

    @model_validator(mode="after")
    def _some_time(self) -> Weekly:
        if self.start == self.end:
            raise ValueError("start and end must differ")
        if len(set(self.days)) != len(self.days):
            raise ValueError("name each day once")
        return self

    @property
    def spans(self) -> list[tuple[int, int]]:
        """From when to when it lasts, in minutes since the beginning of Monday; the end may lie in the week after."""
        begin, end = (int(moment[:2]) * 60 + int(moment[3:]) for moment in (self.start, self.end))
        starts = [DAYS.index(day) * DAY + begin for day in self.days]
        return [(start, start + (end - begin) % DAY) for start in starts]

    def meets(self, other: Weekly) -> bool:
        """Whether both are in force at some moment, in one time zone."""
        return any(
            mine[0] < theirs[1] + week and theirs[0] + week < mine[1]
            for mine in self.spans
            for theirs in other.spans
            for week in (-WEEK, 0, WEEK)
        )


class Once(Contract):
    """From one moment to another, in the schedule's time zone."""

    start: datetime
    end: datetime

    @model_validator(mode="after")
    def _ends_after(self) -> Once:
        if self.start.tzinfo or self.end.tzinfo:
            raise ValueError("write local times without an offset: the schedule has a time_zone")
        if not timedelta() < self.end - self.start <= LONGEST_EVENT:
            raise ValueError("must end after it starts, within 365 days")
        return self

    def meets(self, other: Once) -> bool:
        """Whether both are in force at some moment, in one time zone."""
        return self.start < other.end and other.start < self.end


class Schedule(Capacity):
    """Other limits for some of the time; the rules are the same ones, where it has none of its own."""

    name: Annotated[str, Field(pattern=SCHEDULE)]
    time_zone: TimeZone = "UTC"
    weekly: Weekly | None = None
    once: Once | None = None
    rules: Annotated[list[AutoscaleRule], Field(max_length=MOST_RULES)] | None = None

    @model_validator(mode="after")
    def _when(self) -> Schedule:
        if (self.weekly is None) == (self.once is None):
            raise ValueError("write `weekly` or `once`: when it is in force")
        self.check_rules(self.rules or [])
        return self

    def meets(self, other: Schedule) -> bool:
        """Whether Azure could not tell which of both is in force at some moment; those of two time zones are not
        compared, and of one of each kind the one for once is."""
        if self.time_zone.lower() != other.time_zone.lower():
            return False
        if self.weekly and other.weekly:
            return self.weekly.meets(other.weekly)
        return bool(self.once and other.once and self.once.meets(other.once))


class AutoscaleRequest(Capacity):
    """Limits, rules and schedules; without a rule, the number of instances is only kept within the limits."""

    rules: Annotated[list[AutoscaleRule], Field(max_length=MOST_RULES)] = []
    schedules: Annotated[list[Schedule], Field(max_length=MOST_PROFILES - 1)] = []
    enabled: Flag = True

    @model_validator(mode="after")
    def _fits(self) -> AutoscaleRequest:
        names = [one.name.lower() for one in self.schedules]
        if len(set(names)) != len(names):
            raise ValueError("schedules must have different names")
        # A weekly one takes two: Azure's have no end, so that the usual one begins again.
        profiles = 1 + sum(2 if one.weekly else 1 for one in self.schedules)
        if profiles > MOST_PROFILES:
            raise ValueError(f"makes {profiles} profiles, and a setting has at most {MOST_PROFILES}")
        for one, other in combinations(self.schedules, 2):
            if one.meets(other):
                raise ValueError(f"schedules {one.name} and {other.name} overlap: let one end when the other begins")
        self.check_rules(self.rules)
        return self

    def rules_of(self, schedule: Schedule) -> list[AutoscaleRule]:
        """The rules in force in a schedule; the usual ones scale by no more than there is between its limits."""
        if schedule.rules is not None:
            return schedule.rules
        most = schedule.maximum - schedule.minimum
        bounded = (
            rule.model_copy(update={"by": min(rule.by, most)}) if rule.unit == "instances" else rule
            for rule in self.rules
        )
        return [*bounded] if most else []

    @property
    def all_rules(self) -> list[tuple[str, AutoscaleRule]]:
        """Every rule, and where in the request it stands."""
        own = [(f"rules.{index}", rule) for index, rule in enumerate(self.rules)]
        return own + [
            (f"schedules.{at}.rules.{index}", rule)
            for at, schedule in enumerate(self.schedules)
            for index, rule in enumerate(schedule.rules or [])
        ]

    @property
    def most(self) -> int:
        """The most instances that there may be at any time."""
        return max([self.maximum, *(one.maximum for one in self.schedules)])
