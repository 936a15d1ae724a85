"""NCRONTAB: the six-field schedules of timer triggers (`{second} {minute} {hour} {day} {month} {day-of-week}`).

The grammar Azure Functions documents: `*`, lists, ranges, steps, names of months and days; five fields mean second
0. As in NCrontab, a moment must match both the day of the month and the day of the week. Times are UTC, the
service's default.
"""

from __future__ import annotations

from datetime import datetime, timedelta

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
# Field name, lowest and highest value, names and the value of the first name.
_FIELDS: list[tuple[str, int, int, list[str], int]] = [
    ("second", 0, 59, [], 0),
    ("minute", 0, 59, [], 0),
    ("hour", 0, 23, [], 0),
    ("day", 1, 31, [], 0),
    ("month", 1, 12, _MONTHS, 1),
    ("day-of-week", 0, 7, _DAYS, 0),
]
# Long enough for 29 February.
_HORIZON = timedelta(days=366 * 9)


class ScheduleError(ValueError):
    """A schedule that cannot be understood, or that never comes due; the message shows which part."""


class Schedule:
    """One parsed schedule."""

    def __init__(self, expression: str) -> None:
        fields = expression.split()
        if len(fields) == len(_FIELDS) - 1:
            fields.insert(0, "0")
        if len(fields) != len(_FIELDS):
            raise ScheduleError(f"{expression!r} must have six fields (or five, without seconds), found {len(fields)}")
        self.expression = expression
        values = [_values(text, *field) for text, field in zip(fields, _FIELDS, strict=True)]
        self._seconds, self._minutes, self._hours = (sorted(found) for found in values[:3])
        self._days, self._months = values[3], values[4]
        # Sunday may be written 0 or 7.
        self._weekdays = {value % 7 for value in values[5]}

    def after(self, moment: datetime) -> datetime:
        """The first moment strictly later than `moment` that matches. Raises ScheduleError if there is none."""
        start = moment.replace(microsecond=0) + timedelta(seconds=1)
        day = start.replace(hour=0, minute=0, second=0)
        while day - start < _HORIZON:
            if self._on(day):
                found = self._first_in_day(day, start)
                if found is not None:
                    return found
            day += timedelta(days=1)
        raise ScheduleError(f"{self.expression!r} never comes due")

    def _on(self, day: datetime) -> bool:
        weekday = day.isoweekday() % 7
        return day.month in self._months and day.day in self._days and weekday in self._weekdays

    def _first_in_day(self, day: datetime, start: datetime) -> datetime | None:
        for hour in self._hours:
            if day + timedelta(hours=hour + 1) <= start:
                continue
            for minute in self._minutes:
                if day + timedelta(hours=hour, minutes=minute + 1) <= start:
                    continue
                for second in self._seconds:
                    candidate = day.replace(hour=hour, minute=minute, second=second)
                    if candidate >= start:
                        return candidate
        return None


def _values(text: str, name: str, lowest: int, highest: int, names: list[str], first: int) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        begin, dash, end = span.partition("-")
        try:
            every = int(step) if step else 1
            if span == "*":
                low, high = lowest, highest
            else:
                low = _number(begin, names, first)
                # `5/10` runs from 5 to the end of the field.
                high = _number(end, names, first) if dash else (highest if step else low)
        except ValueError:
            raise ScheduleError(f"{part!r} is not a valid {name}") from None
        if every < 1 or not lowest <= low <= high <= highest:
            raise ScheduleError(f"{part!r} is not a valid {name}: use {lowest}-{highest}")
        found.update(range(low, high + 1, every))
    return found


def _number(text: str, names: list[str], first: int) -> int:
    short = text.lower()[:3]
    return names.index(short) + first if short in names else int(text)
