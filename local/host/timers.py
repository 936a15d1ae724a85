"""Timer functions, run by their schedule on the host's clock.

A run that was missed while the host was down is made up for once, with `IsPastDue`, as the WebJobs timer
extension does from its schedule monitor.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import Future
from datetime import datetime

from azure.functions import meta

from local.clock import Alarm, Clock
from local.host.engine import Engine
from local.host.events import moment_of, stamp
from local.host.holds import Holds
from local.host.index import Function, FunctionIndex, UnsupportedApp
from local.host.invoke import Invoker
from local.host.ncrontab import Schedule, ScheduleError
from local.host.store import Store
from local.host.worker import Call, Outcome


class TimerTriggers:
    """Runs the app's timer functions when they are due."""

    def __init__(
        self, index: FunctionIndex, invoker: Invoker, engine: Engine, store: Store, clock: Clock, holds: Holds
    ) -> None:
        self._invoker = invoker
        self._engine = engine
        self._store = store
        self._clock = clock
        self._holds = holds
        self._schedules = {function.name: (function, _schedule(function)) for function in index.of_kind("timer")}
        self._alarms: dict[str, Alarm] = {}
        self._closed = False

    def start(self) -> None:
        """Set an alarm for every timer function; those with `runOnStartup` run now."""
        for function, schedule in self._schedules.values():
            known = self._store.schedule(function.name)
            due = moment_of(known[1]) if known else schedule.after(self._clock.now())
            if function.binding.get("runOnStartup"):
                due = self._clock.now()
            self._set_alarm(function, due)

    def close(self) -> None:
        """Run nothing more."""
        self._closed = True
        for alarm in self._alarms.values():
            alarm.cancel()

    def payload(self, function: Function, *, past_due: bool) -> meta.Datum:
        """The timer info a function receives."""
        schedule = self._schedules[function.name][1]
        known = self._store.schedule(function.name)
        last = known[0] if known else "0001-01-01T00:00:00"
        following = stamp(schedule.after(self._clock.now()))
        info = {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": {"Last": last, "Next": following, "LastUpdated": last},
            "IsPastDue": past_due,
        }
        return meta.Datum(json.dumps(info), "json")

    def _set_alarm(self, function: Function, due: datetime) -> None:
        if not self._closed:
            self._alarms[function.name] = self._clock.alarm(due, lambda: self._run(function, due))

    def _run(self, function: Function, due: datetime) -> None:
        if self._closed:
            return
        hold = self._holds.take(f"the timer {function.name}")
        now = self._clock.now()
        schedule = self._schedules[function.name][1]
        following = schedule.after(max(now, due))
        # Late by more than one whole interval: the host was not there when it was due.
        past_due = schedule.after(due) <= now

        def done(_ran: Future[Outcome]) -> None:
            self._engine.record(
                f"timer {function.name}",
                lambda store: store.put_schedule(function.name, stamp(now), stamp(following)),
            )
            self._set_alarm(function, following)
            hold.release()

        self._invoker.submit(Call(function, self.payload(function, past_due=past_due))).add_done_callback(done)


def _schedule(function: Function) -> Schedule:
    expression = str(function.binding["schedule"])
    if expression.startswith("%") and expression.endswith("%"):
        setting = expression.strip("%")
        if setting not in os.environ:
            raise UnsupportedApp(f"function {function.name!r} takes its schedule from {setting}, which is not set")
        expression = os.environ[setting]
    try:
        return Schedule(expression)
    except ScheduleError as error:
        raise UnsupportedApp(
            f"function {function.name!r} has a schedule the local host cannot follow: {error}"
        ) from error
