"""A task hub in memory: instances take turns in the order of a seed, on the schedule's time.

As recorded on the true host: a worker that dies fails the activities in flight and ends, for good and in foreign words,
an instance whose turn it was taking, whose custom status is then gone; a host that dies repeats what was in flight.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from contracts.queue import EndpointQueue
from orchestrations.endpoint_queue import OPERATIONS
from orchestrations.run import RunFailed
from orchestrations.runbooks import CHILDREN as KNOWN_CHILDREN
from tests.schedules.asked import Asked, Late, Raised
from tests.schedules.execution import Execution, Turn, plain
from tests.schedules.instances import Event, Instance, PlatformFailure, Status

Activities = dict[str, Callable[[Any], Any]]
KILLED = "python exited with code 137 (0x89)"
WRONG_CULPRIT = "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled an activity"
CHILDREN = {child.__name__ for child in KNOWN_CHILDREN}
# More than any schedule needs: one that has not come to rest by then never will.
MOST_EVENTS = 20_000


class NeverEnds(Exception):
    """A schedule did not come to rest."""


class Hub:
    """The instances of one schedule and everything that is due."""

    def __init__(self, random: Random, activities: Activities, begin: datetime, tell: Callable[[str], None]) -> None:
        self.now = begin
        self.instances: dict[str, Instance] = {}
        self.tell = tell
        self.replays = 0.1
        """Share of the turns before which the generator is thrown away and its history replayed."""
        self.doing = ""
        """The activity that runs."""
        self.turns_to_kill = 0
        """So many of the next turns are not survived by their worker."""
        self.whose_turns = ""
        """Of which orchestration; of any when empty."""
        self.ends_to_kill = 0
        """So many of the next turns that follow the leaving of a queue are not survived by their worker."""
        self.caller: Callable[[str, datetime], None] = lambda _, __: None
        self.turned: Callable[[Instance], None] = lambda _: None
        """Is told of every turn that somebody has taken."""
        self._random = random
        self.activities = activities
        self._due: list[Event] = []
        self.queues: dict[str, EndpointQueue] = {}
        self.operated: Counter[str] = Counter()
        """How often each operation of the queues was asked for."""
        self.in_line = True
        """Whether runs take turns at an endpoint; else each finds it free, and relies on what it looks at."""
        self._numbers = count()
        self._nested = False

    def after(self, seconds: float, run: Callable[[], Any], **more: Any) -> None:
        """Have something done in so many seconds."""
        moment = self.now + timedelta(seconds=round(seconds, 3))
        heapq.heappush(self._due, Event(moment, next(self._numbers), run, **more))

    @property
    def busy(self) -> bool:
        """Whether anything is still due."""
        return bool(self._due)

    def start(self, name: str, instance_id: str, given: Any, defect_at: int | None = None) -> None:
        """Start an instance; one that is known already is left alone."""
        if instance_id not in self.instances:
            self._launch(name, instance_id, given, defect_at)

    def begin_again(self, instance: Instance, given: Any) -> None:
        """Start an instance that has ended once more, under its own id."""
        instance.given, instance.execution = given, Execution(instance.name, given, instance.id)
        instance.status, instance.foreign, instance.output, instance.ended = "Running", False, None, None
        instance.resumed += 1
        self._later(instance, None)

    def raise_event(self, instance_id: str, name: str, brings: Any) -> None:
        """Raise an event in a moment, for an instance that runs then."""
        instance = self.instances[instance_id]

        def deliver() -> None:
            if instance.status == "Running":
                self._turn(instance, Raised(name, brings))

        self.after(self._random.uniform(0.05, 1.0), deliver)

    def terminate(self, instance: Instance) -> None:
        """End an instance from outside; what its activities are doing goes on."""
        if instance.status == "Running":
            self._end(instance, "Terminated", "terminated")

    def run(self) -> None:
        """Do everything that is due, until nothing is; raises NeverEnds."""
        for _ in range(MOST_EVENTS):
            if not self._due:
                return
            event = heapq.heappop(self._due)
            self.now = max(self.now, event.moment)
            event.run()
        running = [instance.id for instance in self.instances.values() if instance.status == "Running"]
        raise NeverEnds(f"still running after {MOST_EVENTS} events: {running}")

    def restart(self, outage: timedelta) -> None:
        """The host dies, and another takes over after a while: what was in flight is done again."""
        self.tell(f"the host dies, and is back after {outage}")
        back = self.now + outage
        for event in self._due:
            event.moment = max(event.moment, back)
            event.run, event.redo = event.redo or event.run, None
        heapq.heapify(self._due)
        for instance in self.instances.values():
            if instance.status == "Running":
                instance.execution.replay()

    def kill_worker(self, turns: int, whose: str = "") -> None:
        """The worker dies with the activities in flight, and with so many of the turns to come; `whose` names some."""
        self.tell(f"the worker is killed, with {turns} turns {whose}")
        self.turns_to_kill += turns
        self.whose_turns = whose
        for event in self._due:
            event.run, event.fail = event.fail or event.run, None

    def kill_at_an_end(self) -> None:
        """The worker dies in the turn in which the next run that ends hears that it has left its queue."""
        self.tell("the worker is killed in the last turn of the next run that ends")
        self.ends_to_kill += 1

    def interlude(self) -> None:
        """Let an activity that is due soon happen in the middle of another one."""
        soon = [event for event in sorted(self._due) if event.moment <= self.now + timedelta(seconds=5)]
        chosen = next((event for event in soon if event.activity), None)
        if chosen is None or self._nested:
            return
        self._nested = True
        self._due.remove(chosen)
        heapq.heapify(self._due)
        self.tell("    meanwhile")
        chosen.run()
        self._nested = False

    def _launch(self, name: str, instance_id: str, given: Any, defect_at: int | None = None) -> Instance:
        instance = Instance(instance_id, name, given, Execution(name, given, instance_id, defect_at))
        self.instances[instance_id] = instance
        self._later(instance, None)
        return instance

    def _later(self, instance: Instance, answer: Any, seconds: float | None = None, asked: int | None = None) -> None:
        """Give an instance an answer a moment later, if it is still waiting for it then."""
        execution = instance.execution
        waits = execution.waits if asked is None else asked

        def give() -> None:
            if instance.status == "Running" and instance.execution is execution and execution.waits == waits:
                self._turn(instance, answer)

        self.after(self._random.uniform(0.05, 1.0) if seconds is None else seconds, give)

    def _turn(self, instance: Instance, answer: Any) -> None:
        execution = instance.execution
        if self._dies_in(instance):
            execution.missed(self.now, answer)
            self._killed(instance)
            return
        if execution.history and self._random.random() < self.replays:
            execution.replay()
        turn = execution.turn(self.now, answer)
        instance.shown = execution.shown
        if turn.asks:
            self._asked(instance, turn.asks)
        elif turn.ended:
            self._ended(instance, turn)
        self.turned(instance)

    def _dies_in(self, instance: Instance) -> bool:
        """Whether the worker dies in this turn."""
        if instance.execution.struck:
            return False
        if self.turns_to_kill and self.whose_turns in ("", instance.name):
            self.turns_to_kill -= 1
            return True
        if self.ends_to_kill and instance.execution.waits_for == "leave_turn":
            self.ends_to_kill -= 1
            return True
        return False

    def _ended(self, instance: Instance, turn: Turn) -> None:
        if turn.ended == "anew":
            unheard = instance.execution.unheard_yet
            instance.execution = Execution(instance.name, turn.value, instance.id, unheard=unheard)
            self._later(instance, None)
        elif turn.ended == "returned":
            self._end(instance, "Completed", turn.value)
        else:
            instance.foreign = not isinstance(turn.value, RunFailed)
            self._end(instance, "Failed", f"{type(turn.value).__name__}: {turn.value}")

    def _killed(self, instance: Instance) -> None:
        self.tell(f"  {instance.id}: its worker dies in a turn")
        instance.foreign, instance.shown = True, None
        self._end(instance, "Failed", WRONG_CULPRIT)

    def _end(self, instance: Instance, status: Status, output: Any) -> None:
        instance.status, instance.output, instance.ended = status, output, self.now
        if instance.name not in CHILDREN:
            self.tell(f"  {instance.id}: {status} {'' if status == 'Completed' else output}")
        instance.tell_parent(output if status == "Completed" else PlatformFailure(str(output)))

    def _asked(self, instance: Instance, asks: Asked) -> None:
        if asks.kind == "timer":
            due = datetime.fromisoformat(asks.name)
            self._later(instance, None, max(0.0, (due - self.now).total_seconds()))
        elif asks.kind == "child":
            self._child(instance, asks)
        elif asks.kind == "entity":
            self._entity(instance, asks)
        else:
            self._call(instance, asks)

    def _child(self, instance: Instance, asks: Asked) -> None:
        """Have a child run; one of that id that is running already is waited for."""
        execution, waits = instance.execution, instance.execution.waits
        known = self.instances.get(asks.child or "")
        running = known is not None and known.status == "Running"
        child = (
            known
            if known and running
            else self._launch(
                asks.name, asks.child or f"{instance.id}:{next(self._numbers):04x}", json.loads(asks.given)
            )
        )

        asked_at = self.now

        def tell(answer: Any) -> None:
            if instance.execution is not execution:
                return
            if execution.waits == waits:
                self._later(instance, answer, None, waits)
            elif instance.status == "Running":
                self._turn(instance, Late(asks, asked_at, answer))

        child.tell_parent = tell

    def _entity(self, instance: Instance, asks: Asked) -> None:
        """Have an endpoint's queue take an operation: once, whatever dies."""
        waits = instance.execution.waits

        def operate() -> None:
            self.operated[asks.name] += 1
            queue = self.queues.get(asks.child or "", EndpointQueue()) if self.in_line else EndpointQueue()
            self.queues[asks.child or ""], place = OPERATIONS[asks.name](queue, json.loads(asks.given))
            self._later(instance, place.to_wire(), None, waits)

        self.after(self._random.uniform(0.05, 1.0), operate)

    def _call(self, instance: Instance, asks: Asked) -> None:
        """Have an activity done; its effects come when it is, its answer some time later."""
        waits = instance.execution.waits
        lost = PlatformFailure(f"Activity function '{asks.name}' failed: {KILLED}")

        def act() -> None:
            answer = self._done(instance, asks)
            self.after(
                self._random.uniform(0.2, 4.0),
                lambda: self._later(instance, answer, None, waits),
                redo=act,
                fail=lambda: self._later(instance, lost, 0.4, waits),
            )

        def fail_unbegun() -> None:
            self._later(instance, lost, 0.4, waits)

        self.after(self._random.uniform(0.05, 1.0), act, activity=True, fail=fail_unbegun)

    def _done(self, instance: Instance, asks: Asked) -> Any:
        self.caller(instance.id, self.now)
        self.doing = asks.name
        try:
            answer = plain(self.activities[asks.name](json.loads(asks.given)))
        except Exception as error:  # what an activity raises is its failure
            answer = PlatformFailure(f"Activity function '{asks.name}' failed: {type(error).__name__}: {error}")
        told = answer.get("error", {}).get("code", "ok") if isinstance(answer, dict) else str(answer)
        self.tell(f"  {instance.id}: {asks.name} → {told}")
        return answer
