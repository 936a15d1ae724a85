"""Getting work done outside the writer thread: turns of orchestrators, and activities.

The clock is held from the commit that made the work necessary until its result is queued, and the queued result
holds it in turn, so a stepped clock never sees a gap.
"""

from __future__ import annotations

import json
import logging
from concurrent.futures import Future

from azure.functions import meta

from local.clock import Clock
from local.host.events import Event, Kind, event, failure_details
from local.host.holds import Holds
from local.host.hub import Hub
from local.host.index import FunctionIndex
from local.host.invoke import Call, Invoker, Outcome
from local.host.lane import Lane
from local.host.live import Live
from local.host.settings import HostSettings
from local.host.store import Activity
from local.host.turn import Orchestrators, TurnResult, broken_turn
from local.host.writer import Writer

_log = logging.getLogger("local.host")


class Dispatcher:
    """Runs what the hub says is to be run, and brings it the results."""

    def __init__(
        self,
        hub: Hub,
        writer: Writer,
        clock: Clock,
        holds: Holds,
        invoker: Invoker,
        index: FunctionIndex,
        settings: HostSettings,
    ) -> None:
        self._hub = hub
        self._writer = writer
        self._clock = clock
        self._holds = holds
        self._invoker = invoker
        self._index = index
        self._orchestrators = Orchestrators(index, invoker.run, settings.default_version)
        self._lane = Lane(settings.max_activities)
        self._stopped = False
        hub.on_ready = self._take_turn
        hub.on_activity = self._begin_activity

    def stop(self) -> None:
        """Begin nothing new; what is running may still hand in its result."""
        self._stopped = True
        self._lane.close()

    def _take_turn(self, live: Live) -> None:
        if self._stopped or live.busy or not self._hub.current(live):
            return
        seen = live.batch()
        if not seen:
            return
        live.busy = True
        now = self._clock.now()
        new = [message.event for message in seen]
        hold = self._holds.take()

        def hand_in(future: Future[TurnResult]) -> None:
            if not future.cancelled():
                error = future.exception()
                result = broken_turn(live, now, error) if error else future.result()
                self._writer.submit(f"turn {live.id}", lambda: self._hub.turn_taken(live, seen, result))
            hold.release()

        turn = self._invoker.run_in_pool("orchestrator", lambda: self._orchestrators.take_turn(live, new, now))
        turn.add_done_callback(hand_in)

    def _begin_activity(self, activity: Activity) -> None:
        if self._stopped:
            return
        hold = self._holds.take()

        def hand_in(future: Future[Outcome]) -> None:
            if not future.cancelled():
                ended = self._ended(activity, future)
                what = f"activity {activity.name} of {activity.instance_id}"
                self._writer.submit(what, lambda: self._hub.activity_ended(activity, ended))
            hold.release()
            self._lane.leave()

        def begin() -> None:
            function = self._index.find("activity", activity.name)
            if function is None:
                missing: Future[Outcome] = Future()
                missing.set_result(Outcome(error=LookupError(f"The function '{activity.name}' is not in the app.")))
                hand_in(missing)
                return
            payload = meta.Datum(json.loads(activity.input)[0], "string")
            self._invoker.submit(Call(function, payload, activity.instance_id)).add_done_callback(hand_in)

        self._lane.enter(begin, hold.release)

    def _ended(self, activity: Activity, future: Future[Outcome]) -> Event:
        """The event that tells how the activity ended."""
        broken = future.exception()
        outcome = Outcome(error=RuntimeError(str(broken))) if broken else future.result()
        now = self._clock.now()
        if outcome.error is None:
            return event(Kind.TASK_COMPLETED, now, TaskScheduledId=activity.number, Result=outcome.value)
        # Two blanks: the extension puts one after the colon, the worker's message begins with the other.
        message = f" {type(outcome.error).__name__}: {outcome.error}"
        reason = f"Activity function '{activity.name}' failed: {message}"
        details = failure_details(message)
        return event(Kind.TASK_FAILED, now, TaskScheduledId=activity.number, Reason=reason, Details=details)
