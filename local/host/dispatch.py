"""Getting work done outside the writer thread: turns of orchestrators, and activities.

The clock is held from the commit that made the work necessary until its result is queued, and the queued result
holds it in turn, so a stepped clock never sees a gap.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import Future

from azure.functions import meta

from local.clock import Clock
from local.host.entities import Entity
from local.host.events import Event, Kind, event
from local.host.failure_texts import of_activity
from local.host.holds import Hold, Holds
from local.host.hub import Hub
from local.host.index import FunctionIndex
from local.host.invoke import Invoker
from local.host.lane import Lane
from local.host.ledger import ReplayFailure
from local.host.live import Live
from local.host.settings import HostSettings
from local.host.store import Activity, Message
from local.host.turn import Opening, Orchestrators, TurnResult, broken_turn, failed_turn
from local.host.worker import Call, Outcome
from local.host.worker_faults import FunctionTimedOut
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
        self._orchestrators = Orchestrators(index, settings.versioning)
        self._turns = Lane(settings.max_orchestrators)
        self._activities = Lane(settings.max_activities)
        self._stopped = False
        self.on_taken: Callable[[], None] = lambda: None
        """Told whenever something is taken in hand."""
        hub.mailbox.on_ready = self._take_turn
        hub.on_activity = self._begin_activity
        hub.entities.on_ready = self._run_entity

    def stop(self) -> None:
        """Begin nothing new; what is running may still hand in its result."""
        self._stopped = True
        self._turns.close()
        self._activities.close()

    def _take_turn(self, live: Live) -> None:
        if self._stopped or live.busy or live.unopened or not self._hub.current(live):
            return
        seen = live.batch()
        if not seen or self._orchestrators.leaves_to_another_version(live):
            return
        live.busy = True
        hold = self._holds.take(f"a turn of {live.id}")
        self._turns.enter(lambda: self._begin_turn(live, seen, hold), hold.release)

    def _begin_turn(self, live: Live, seen: list[Message], hold: Hold) -> None:
        self.on_taken()
        opening = Opening.at(self._clock.now(), seen)

        def submit(result: TurnResult) -> None:
            self._writer.submit(f"turn {live.id}", lambda: self._hub.turn_taken(live, opening, result))

        def hand_in(future: Future[Outcome]) -> None:
            if not future.cancelled():
                outcome = future.result()
                if isinstance(outcome.error, FunctionTimedOut):
                    # Recorded: such a turn is tried again and again, and the instance says nothing of it.
                    self._writer.submit(f"turn {live.id} over its time", lambda: self._hub.turn_lost(live))
                else:
                    submit(self._conclude(live, opening, outcome))
            hold.release()
            self._turns.leave()

        try:
            call = self._orchestrators.call(live, opening)
        except ReplayFailure as failure:
            submit(failed_turn(live, opening, failure))
            hold.release()
            self._turns.leave()
            return
        self._invoker.submit(call).add_done_callback(hand_in)

    def _conclude(self, live: Live, opening: Opening, outcome: Outcome) -> TurnResult:
        try:
            return self._orchestrators.conclude(live, opening, outcome)
        except Exception as error:
            _log.exception("the local host could not process a turn of %s", live.id)
            return broken_turn(live, opening, error)

    def _run_entity(self, entity: Entity) -> None:
        """Have the entity's function called with all that waits for it."""
        function = self._index.find("entity", entity.id.name)
        batch = list(entity.requests)
        if self._stopped or entity.busy or not batch or function is None:
            return
        entity.busy = True
        self.on_taken()
        hold = self._holds.take(f"a batch of {entity.id.instance_id}")
        entities, instance_id = self._hub.entities, entity.id.instance_id

        def hand_in(future: Future[Outcome]) -> None:
            if not future.cancelled():
                outcome = future.result()
                self._writer.submit(f"entity {instance_id}", lambda: entities.taken(entity, batch, outcome))
            hold.release()

        payload = meta.Datum(entities.payload(entity, batch), "string")
        self._invoker.submit(Call(function, payload, instance_id)).add_done_callback(hand_in)

    def _begin_activity(self, activity: Activity) -> None:
        if self._stopped:
            return
        hold = self._holds.take(f"{activity.name} of {activity.instance_id}")

        def hand_in(future: Future[Outcome]) -> None:
            if not future.cancelled():
                ended = self._ended(activity, future)
                what = f"activity {activity.name} of {activity.instance_id}"
                self._writer.submit(what, lambda: self._hub.activity_ended(activity, ended))
            hold.release()
            self._activities.leave()

        def begin() -> None:
            self.on_taken()
            function = self._index.find("activity", activity.name)
            if function is None:
                missing: Future[Outcome] = Future()
                missing.set_result(Outcome(error=LookupError(f"The function '{activity.name}' is not in the app.")))
                hand_in(missing)
                return
            payload = meta.Datum(json.loads(activity.input)[0], "string")
            self._invoker.submit(Call(function, payload, activity.instance_id)).add_done_callback(hand_in)

        self._activities.enter(begin, hold.release)

    def _ended(self, activity: Activity, future: Future[Outcome]) -> Event:
        """The event that tells how the activity ended."""
        outcome = future.result()
        now = self._clock.now()
        if outcome.error is None:
            return event(Kind.TASK_COMPLETED, now, TaskScheduledId=activity.number, Result=outcome.value)
        message, details = of_activity(outcome.error)
        reason = f"Activity function '{activity.name}' failed: {message}"
        return event(Kind.TASK_FAILED, now, TaskScheduledId=activity.number, Reason=reason, Details=details)
