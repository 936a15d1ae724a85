"""A promise that nothing can break says nothing: with each of these mistakes in the product, one is broken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from activities import role_assignments, teardown
from azure_api import begin
from contracts.activities import EntryInput, Provisioning
from contracts.errors import NotAsDeployed, StepFailed, Superseded
from contracts.ledger import LedgerEntry, short_name
from contracts.status import Progress
from orchestrations import board, deploy, ending, endpoint_queue, react, undo, watch
from orchestrations.ledger import Ledger
from orchestrations.run import Run
from tests.schedules import hub, play
from tests.schedules.clients import guard_looks
from tests.schedules.hub import NeverEnds
from tests.schedules.stage import FAILS, FINE, WRONG, Stage
from tests.schedules.wire import Line
from triggers import claims

Patch = pytest.MonkeyPatch
Plant = Callable[[Patch], None]
Play = Callable[[Stage], Any]
GONE = Provisioning(state="Deleted", done=True)


def said_gone(*_: object) -> Any:
    """A removal that removes nothing."""
    yield from ()
    return GONE


def not_as_deployed(_: object) -> Any:
    return {"error": NotAsDeployed("it is another one").to_failure().to_wire()}


def nothing(*_: object, **__: object) -> None:
    """Done by nobody."""


def stays_whatever_happens(patch: Patch) -> None:
    close = Ledger.close
    patch.setattr(Ledger, "close", lambda self, entry, **told: close(self, entry, **{**told, "fate": "stays"}))


def no_deployment_is_written_down(patch: Patch) -> None:
    begin, record = Ledger.begin, Ledger.record
    patch.setattr(Ledger, "begin", lambda self, made: begin(self, [one for one in made if one.kind != "deployment"]))
    patch.setattr(
        Ledger,
        "record",
        lambda self, made, told: record(self, made, [one for one in told if one.kind != "deployment"]),
    )


def traffic_is_not_given_back(patch: Patch) -> None:
    patch.setitem(play.ACTIVITIES, "read_back", not_as_deployed)
    patch.setitem(play.ACTIVITIES, "remove_traffic", lambda _: {"ok": GONE.to_wire()})


def what_others_rely_on_is_removed(patch: Patch) -> None:
    patch.setattr(claims, "_is_claim", lambda *_: False)
    patch.setitem(play.ACTIVITIES, "remove_endpoint", deletes_whatever_is_on_it)


def deletes_whatever_is_on_it(payload: Any) -> Any:
    name = short_name(EntryInput.from_wire(payload).entry.id)
    if begin.get_endpoint(name) is None:
        return {"ok": GONE.to_wire()}
    with suppress(HttpResponseError):
        begin.begin_delete_endpoint(name)
    return {"ok": Provisioning(state="Deleting", done=False).to_wire()}


def deletes_another(patch: Patch) -> None:
    belongings = teardown.belongings
    green = LedgerEntry(kind="deployment", id="onlineEndpoints/north/deployments/green")
    patch.setattr(
        teardown, "belongings", lambda departing: [replace(one, entry=green) for one in belongings(departing)]
    )


def a_role_is_forgotten(patch: Patch) -> None:
    patch.setattr(role_assignments, "_is_identity_of", lambda *_: True)


def fails(stage: Stage) -> None:
    stage.weather.endings = [WRONG]
    stage.deploys()


def endpoint_fails(stage: Stage) -> None:
    stage.weather.endpoint_errors = ["InternalServerError: An internal error."]
    stage.deploys()


def succeeds(stage: Stage) -> None:
    stage.deploys()


def dies_in_a_turn(stage: Stage) -> None:
    stage.hub.after(200, lambda: stage.hub.kill_worker(1))
    stage.deploys()
    guard_looks(stage.hub)


def second_fails(stage: Stage) -> None:
    stage.deploys("green")
    stage.deploys("blue")


def relied_on(stage: Stage) -> None:
    """The first run fails after the second one, which overtakes it on the same endpoint, has ended well."""
    stage.hub.in_line = False
    stage.weather.endings = [FINE, FAILS]
    stage.starts("green", diagnostics=None)
    stage.hub.after(20, lambda: stage.starts("blue", diagnostics=None))


def deletes_one(stage: Stage) -> None:
    for name in ("green", "blue"):
        stage.deploys(name, access={}, traffic="none")
    stage.operates("delete_deployment", {}, deployment="blue")


def deletes_what_serves(stage: Stage) -> None:
    stage.deploys(access={})
    stage.operates("delete_endpoint", {})


def changes_in_vain(stage: Stage) -> None:
    stage.deploys(access={})
    stage.weather.endings = [WRONG]
    stage.operates("update_deployment", {"model": "azureml:credit-risk:1", "in_place": True}, deployment="blue")


def is_registered(stage: Stage) -> None:
    stage.registers("2")


MISTAKES: dict[str, tuple[str, Plant, Play]] = {
    "the end is the platform's": (
        "in our own words",
        lambda patch: patch.setattr(ending, "RunFailed", RuntimeError),
        fails,
    ),
    "the guard does not look": (
        "in our own words",
        lambda patch: patch.setattr("triggers.guard.in_own_words", lambda *_: True),
        dies_in_a_turn,
    ),
    "a status is not cut": (
        "a status is small",
        lambda patch: patch.setattr(board, "Progress", lambda **told: Progress(**{**told, "model": "m" * 5000})),
        succeeds,
    ),
    "the error is not shown": (
        "a failure is told",
        lambda patch: patch.setattr(board.Board, "broke", nothing),
        fails,
    ),
    "an event is not told of": (
        "every event has an outcome",
        lambda patch: patch.setattr(react.Told, "now", nothing),
        is_registered,
    ),
    "every version is superseded": (
        "the newest is deployed",
        lambda patch: patch.setattr(deploy, "stop_if_superseded", superseded),
        is_registered,
    ),
    "what is gone is said to stay": ("the ledger is true", stays_whatever_happens, fails),
    "what is there is said to be gone": (
        "the ledger is true",
        lambda patch: patch.setattr(Run, "remove", said_gone),
        fails,
    ),
    "undo does nothing": (
        "everything is undone",
        lambda patch: patch.setattr(undo, "in_order", lambda _: []),
        fails,
    ),
    "a write is not written down": ("no orphan", no_deployment_is_written_down, fails),
    "nobody asks who relies on it": ("what one run confirmed stays", what_others_rely_on_is_removed, relied_on),
    "undo forgets a role": ("no role of the dead", a_role_is_forgotten, endpoint_fails),
    "nobody leaves": ("queues are empty", lambda patch: patch.setattr(undo, "leave", said_gone), succeeds),
    "no release is kept": (
        "releases tell what serves",
        lambda patch: patch.setattr(endpoint_queue, "recorded", lambda queue, _: queue),
        succeeds,
    ),
    "another one is deleted": ("a deletion takes nothing of others", deletes_another, deletes_one),
    "force is not needed": (
        "what serves or is of others goes by force",
        lambda patch: patch.setattr(teardown, "problems_of", lambda *_, **__: []),
        deletes_what_serves,
    ),
    "a change is not given back": (
        "changed or as it was",
        lambda patch: patch.setitem(play.ACTIVITIES, "remove_deployment_update", lambda _: {"ok": GONE.to_wire()}),
        changes_in_vain,
    ),
    "traffic is not given back": ("traffic as it was", traffic_is_not_given_back, second_fails),
}


def superseded(*_: object) -> Any:
    """As though a later version were there."""
    yield from ()
    raise StepFailed(Superseded("by nothing").to_failure())


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_product_breaks_a_promise(line: Line, monkeypatch: Patch, mistake: str) -> None:
    promise, plant, plays = MISTAKES[mistake]
    unharmed = Stage(line)
    plays(unharmed)
    assert unharmed.rests() == []

    plant(monkeypatch)
    stage = Stage(line)
    plays(stage)

    assert promise in {one.promise for one in stage.rests()}


def test_a_schedule_that_never_rests_is_told(line: Line, monkeypatch: Patch) -> None:
    monkeypatch.setattr(hub, "MOST_EVENTS", 500)
    monkeypatch.setattr(watch.Looking, "saw", nothing)

    with pytest.raises(NeverEnds):
        Stage(line).deploys()
