"""Turn by turn: the SDK answers what it was recorded to answer, and the host makes of that what it was sent next.

Left out of the comparison: times that are the host's own, IDs that are made up, and what nothing reads: the extension
does not send the inputs of activities and children in the events that schedule them, which the host does; it says of
the event that ends a new generation's first episode that it was played, and of a request to an entity which it follows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from azure.functions import meta

from local.clock import Clock
from local.host.events import Kind, moment_of
from local.host.holds import Holds
from local.host.hub import Hub
from local.host.index import FunctionIndex, index_app, load_app
from local.host.live import Live
from local.host.sdk import prepare
from local.host.settings import HostSettings
from local.host.signatures import converter
from local.host.store import Store
from local.host.turn import Opening, Orchestrators
from local.host.worker import Outcome
from local.host.writer import Writer
from local.waiting import PATIENCE
from tests.local.host.driver import APPS
from tests.local.host.recorded_turns import RecordedInstance, RecordedTurn, entity_turns, instances

INSTANCES = instances()
FROM_OUTSIDE = {
    Kind.EVENT_RAISED, Kind.EXECUTION_TERMINATED, Kind.EXECUTION_SUSPENDED, Kind.EXECUTION_RESUMED,
}  # fmt: skip
# Their timers are longer in the tests' apps, whose clock is fast: when these are due is not compared.
OTHER_TIMERS = {"canceled_timer", "event_or_timer", "timer_while_suspended"}


@pytest.fixture(scope="module")
def apps() -> dict[str, FunctionIndex]:
    """The functions of both apps."""
    return {app: index_app(load_app(APPS / f"recorded_{app}")) for app in ("first", "second")}


def answer(index: FunctionIndex, kind: str, name: str, received: dict[str, Any]) -> dict[str, Any]:
    """What the SDK answers to a call of the function."""
    prepare()
    function = index.find(kind, name)
    assert function is not None
    sent = meta.Datum(json.dumps(received), "string")
    payload = converter(function.trigger_type).decode(sent, trigger_metadata={})
    try:
        text = function.code(**{function.parameter: payload})
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    answered: dict[str, Any] = json.loads(text)
    return answered


def turns_of(recorded: RecordedInstance) -> list[RecordedTurn]:
    """Its turns in order, of which there are some."""
    turns = [turn for execution in recorded.executions for turn in execution]
    assert turns
    return turns


@pytest.mark.parametrize("recorded", INSTANCES, ids=lambda recorded: f"{recorded.function}-{recorded.id}")
def test_the_sdk_answers_what_it_was_recorded_to_answer(
    apps: dict[str, FunctionIndex], recorded: RecordedInstance
) -> None:
    for turn in turns_of(recorded):
        answered = answer(apps[recorded.app], "orchestrator", recorded.function, turn.received)
        timed = recorded.function not in OTHER_TIMERS
        assert (answered if timed else timeless(answered)) == (turn.answered if timed else timeless(turn.answered))


def test_the_sdk_answers_for_an_entity_what_it_was_recorded_to_answer(apps: dict[str, FunctionIndex]) -> None:
    recorded = [*entity_turns()]
    assert recorded
    for app, received, answered in recorded:
        assert timeless(answer(apps[app], "entity", "counter", received)) == timeless(answered)


def timeless(answered: Any) -> Any:
    """The answer without times."""
    if isinstance(answered, dict):
        times = {"fireAt", "startTime", "duration"}
        return {name: timeless(value) for name, value in answered.items() if name not in times}
    return [timeless(value) for value in answered] if isinstance(answered, list) else answered


class Extension:
    """The task hub, with recorded answers in the place of an app, and a clock that stands still."""

    def __init__(self, folder: Path, index: FunctionIndex, app: str, clock: Clock) -> None:
        self._writer = Writer(Store(folder), Holds(clock), None)
        self._settings = HostSettings.from_app(APPS / f"recorded_{app}")
        self._hub = Hub(self._writer._store, self._writer, clock, self._settings)
        self._orchestrators = Orchestrators(index, self._settings.versioning)
        self._found: dict[str, Live] = {}
        self._hub.mailbox.on_ready = lambda live: self._found.update({live.id: live})
        self._writer.start()

    def close(self) -> None:
        """End it."""
        self._writer.finish()
        self._writer._store.close()

    def do(self, operation: Any) -> None:
        """Have the writer do something."""
        done: Future[Any] = self._writer.submit("test", operation)
        done.result(PATIENCE)

    def start(self, recorded: RecordedInstance, begin: dict[str, Any]) -> None:
        """Start the instance with that event, as a child if it was one."""
        hub, of = self._hub, None
        if parent := begin["ParentInstance"]:
            name = parent["OrchestrationInstance"]["InstanceId"]
            if name not in self._found:
                self.do(lambda: hub.start(parent["Name"], name, None, parent["Version"]))
            of = self._found[name], parent["TaskScheduleId"]
        self.do(
            lambda: hub.start(
                recorded.function, recorded.id, begin["Input"], begin["Version"], of, tags=begin.get("Tags")
            )
        )

    def deliver(self, instance_id: str, turn: RecordedTurn) -> None:
        """What had reached the instance before the turn, apart from its start."""
        live = self._found[instance_id]
        sent = [json.loads(event["Input"])["id"] for event in own_events(live) if event["EventType"] == Kind.EVENT_SENT]
        for event in turn.new:
            kind = Kind(event["EventType"])
            if kind in {Kind.ORCHESTRATOR_STARTED, Kind.EXECUTION_STARTED}:
                continue
            item = {"EventType": int(kind)} | {name: value for name, value in event.items() if name != "IsPlayed"}
            if kind is Kind.EVENT_RAISED and re.fullmatch("[0-9a-f-]{36}", event["Name"]):
                waiting = [request for request in sent if request in live.ledger.requests]
                item["Name"] = waiting[0]
            outside = kind in FROM_OUTSIDE
            self.do(lambda item=item, outside=outside: self._hub.mailbox.deliver(live, item, any_execution=outside))

    def take(self, instance_id: str, turn: RecordedTurn) -> dict[str, Any]:
        """Take the turn with its recorded answer; what the SDK would have been sent."""
        live = self._found[instance_id]
        opening = Opening.at(moment_of(turn.new[0]["Timestamp"][:26]), live.batch())
        live.busy = True
        sent: dict[str, Any] = json.loads(self._orchestrators.call(live, opening).payload.value)
        result = self._orchestrators.conclude(live, opening, outcome(turn.answered))
        self.do(lambda: self._hub.turn_taken(live, opening, result))
        for other in [name for name in self._found if name not in {instance_id, live.parent_id}]:
            # Children are not run: what became of them is recorded.
            self.do(lambda other=other: self._hub.forget(self._hub.row(other)))
            del self._found[other]
        return sent


def own_events(live: Live) -> list[dict[str, Any]]:
    """The instance's history."""
    return [json.loads(text) for text in live.history]


def outcome(answered: dict[str, Any]) -> Outcome:
    """How a call ended that answered this."""
    if list(answered) == ["error"]:
        return Outcome(error=Exception(answered["error"].removeprefix("Exception: ")))
    return Outcome(json.dumps(answered))


@pytest.fixture
def extension(tmp_path: Path, apps: dict[str, FunctionIndex], recorded: RecordedInstance) -> Iterator[Extension]:
    """The hub for the recorded instance's app."""
    clock = Clock(start=datetime.fromisoformat("2026-11-26T00:00:00+00:00"), stepped=True)
    with clock.busy():
        opened = Extension(tmp_path, apps[recorded.app], recorded.app, clock)
        yield opened
        opened.close()
    clock.close()


@pytest.mark.parametrize("recorded", INSTANCES, ids=lambda recorded: f"{recorded.function}-{recorded.id}")
def test_the_host_sends_what_the_extension_sent_after_the_same_answers(
    extension: Extension, recorded: RecordedInstance
) -> None:
    for turn in turns_of(recorded):
        if turn.starts:
            extension.start(recorded, turn.new[1])
        if not turn.goes_on_anew:
            extension.deliver(recorded.id, turn)
        assert shaped(extension.take(recorded.id, turn)) == shaped(turn.received)


def shaped(sent: dict[str, Any]) -> Any:
    """What is compared of a call."""
    shape = {**sent, "history": [shaped_event(event) for event in sent["history"]]}
    return json.loads(re.sub("[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", "<id>", json.dumps(shape)))


def shaped_event(event: dict[str, Any]) -> dict[str, Any]:
    """The event without what is empty, and without times of the host's own."""
    shape = {
        name: value for name, value in event.items() if value is not None and name not in {"Timestamp", "Generation"}
    }
    if event["EventType"] in {Kind.TASK_SCHEDULED, Kind.SUB_ORCHESTRATION_CREATED}:
        shape.pop("Input", None)
    if "FireAt" in shape:
        shape["FireAt"] = moment_of(shape["FireAt"].removesuffix("Z")[:26]).isoformat()
    if event["EventType"] == Kind.EVENT_SENT:
        times = {"Timestamp", "requestTime", "Predecessor"}
        shape["Input"] = {name: value for name, value in json.loads(shape["Input"]).items() if name not in times}
    if event["EventType"] == Kind.ORCHESTRATOR_COMPLETED:
        del shape["IsPlayed"]
    return shape
