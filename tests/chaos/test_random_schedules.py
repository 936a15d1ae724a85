"""Random schedules on the whole stack, few of them: the many are played in memory (`tests/schedules`).

Two deployments meet on one endpoint; the host dies after some durable write, the worker in some turn or activity, and
Azure refuses some request. When all has come to its end, every ledger says what the workspace has.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import httpx
import pytest

from contracts.marks import MARK_TAG
from local import loopback
from local.host.worker_faults import Moment, WorkerFault
from local.stack import TERMINAL, LocalStack
from tests import samples
from tests.chaos import scene
from tests.chaos.rehearsal import Rehearsal

SEEDS = range(6)
# Of durable writes, of turns of `deploy` and of writes to Azure: a run of both has more of each.
LAST_WRITE, LAST_TURN, LAST_REQUEST = 200, 30, 25
# Whoever reads a status has what the platform ended carried on.
MOST_LOOKS = 20
ACTIVITIES = ("ensure_endpoint", "grant_roles", "begin_deployment", "smoke_test", "shift_traffic", "remove_deployment")


class Meeting:
    """Two requests for one endpoint, and what goes wrong meanwhile, drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random = Random(seed)
        self._key = f"meeting-{seed}"
        self._bodies = [self._body(name) for name in random.choice((("blue", "green"), ("blue", "blue")))]
        self.dies_after = random.choice((None, random.randrange(20, LAST_WRITE)))
        self._worker = [self._worker_fault() for _ in range(random.choice((0, 1, 2)))]
        status = random.choice((429, 409, 500, 503))
        self.fault = scene.write(random.randrange(LAST_REQUEST), status=status) if random.random() < 0.6 else None

    def ending(self, stack: LocalStack) -> list[dict[str, Any]]:
        """How both end; whoever gets no answer asks again, with the same key."""
        while self._worker:
            stack.host.worker_faults.add(self._worker.pop())
        for _ in range(MOST_LOOKS):
            told = self._told(stack)
            if told and all(one["status"] in TERMINAL and _code(one) != "OrchestrationCrashed" for one in told):
                return told
        raise TimeoutError(f"the platform's end is the last word of {told}")

    def _body(self, name: str) -> dict[str, Any]:
        expect = self._random.choice(({"json": [17]}, {"json": [18]}))
        body = scene.request() | {"smoke_test": samples.request(expect=expect)["smoke_test"]}
        return body | {"deployment": {**body["deployment"], "name": name}}

    def _worker_fault(self) -> WorkerFault:
        moment = self._random.choice((Moment.BEFORE, Moment.AFTER))
        if self._random.random() < 0.5:
            return WorkerFault(moment, kind="activity", function=self._random.choice(ACTIVITIES))
        nth = self._random.randrange(1, LAST_TURN)
        return WorkerFault(moment, kind="orchestrator", function="deploy", nth=nth)

    def _told(self, stack: LocalStack) -> list[dict[str, Any]]:
        """What is told of both once neither runs; nothing when a call died with the worker that it was made to."""
        try:
            accepted = [stack.post(body, key=f"{self._key}-{n}")["id"] for n, body in enumerate(self._bodies)]
            for one in accepted:
                stack.host.wait_for(one, timeout=Rehearsal.patience)
            return [stack.status(one) for one in accepted]
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 500:  # whatever else is answered, no worker's death explains it
                raise
            return []


@pytest.mark.parametrize("seed", SEEDS)
def test_every_ledger_says_what_the_workspace_has(rehearsal: Rehearsal, seed: int) -> None:
    meeting = Meeting(seed)
    rehearsal.begin()
    if meeting.fault:
        rehearsal.stack.cloud.faults.add(meeting.fault)

    told = rehearsal.through_deaths(lambda: meeting.ending(rehearsal.stack), dies_after=meeting.dies_after)

    assert [*broken(told, _state(rehearsal.stack))] == []


def broken(told: list[dict[str, Any]], state: dict[str, Any]) -> Iterator[str]:
    """Every promise that was not kept."""
    there = dict(_marks(state))
    entries = [
        (status["id"], entry["id"].lower(), entry["fate"])
        for status in told
        for entry in status["ledger"]
        if entry["kind"] in ("endpoint", "deployment") and made(entry)
    ]
    for run, key, fate in entries:
        if (there.get(key) == run) != (fate in ("in_use", "stays")):
            yield f"{run}: {key} is {fate}, and the workspace has it from {there.get(key)}"
    for status in told:
        if status["status"] == "Failed" and any(entry["fate"] == "in_use" for entry in status["ledger"] if made(entry)):
            yield f"{status['id']} has failed, and not all that it made is accounted for"
    for key, run in there.items():
        if (run, key) not in {(by, of) for by, of, _ in entries}:
            yield f"{key} is an orphan of {run}"
    served = {one["deployment"] for one in told if one["status"] == "Succeeded"}
    for endpoint in state["endpoints"]:
        traffic = {name: share for name, share in endpoint["properties"]["traffic"].items() if share}
        if sum(traffic.values()) != (100 if served else 0) or traffic.keys() - served:
            yield f"traffic is {traffic}, and {served} succeeded"


def made(entry: dict[str, Any]) -> bool:
    """Whether a run made or changed what an entry of its ledger is about."""
    return bool(entry["how"] != "found")


def _marks(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for endpoint in state["endpoints"]:
        for one in (endpoint, *endpoint["deployments"]):
            yield one["id"].lower(), one["tags"][MARK_TAG]


def _state(stack: LocalStack) -> dict[str, Any]:
    answer = loopback.ask("GET", f"{stack.cloud.control_url}/local/state")
    state: dict[str, Any] = answer.raise_for_status().json()
    return state


def _code(status: dict[str, Any]) -> str:
    return str(status.get("error", {}).get("code", ""))
