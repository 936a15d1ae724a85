"""The worker that runs the functions dies, or is killed for a call over `functionTimeout`.

What follows was recorded on Microsoft's own Functions host; the texts are its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest

from local.clock import Clock
from local.host.settings import HostSettings
from local.host.worker_faults import Moment, WorkerFault
from local.waiting import PATIENCE
from tests.local.host.driver import Driver, OpenHost

KILLED = "python exited with code 137 (0x89)"
WRONG_CULPRIT = (
    "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled {}, but the current "
    "replay execution hasn't (yet?) scheduled this task. Was a change made to the orchestrator code after this "
    "instance had already started running?"
)
NOTE = WRONG_CULPRIT.format("an activity task with sequence ID 0 and name 'note' (version '')")


@pytest.fixture
def mortal(open_host: OpenHost) -> Iterator[Driver]:
    """The app whose functions are held until the end of the test."""
    driver = open_host("mortal")
    yield driver
    driver.app().release.set()


def kill(driver: Driver, moment: Moment = Moment.BEFORE, **which: Any) -> WorkerFault:
    """Ask for the worker's death in a call."""
    return driver.host.worker_faults.add(WorkerFault(moment, **which))


def kinds(driver: Driver, instance_id: str) -> list[int]:
    """The types of an instance's events."""
    return [event["EventType"] for event in driver.history(instance_id)]


@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.AFTER])
def test_a_worker_killed_in_the_first_turn_fails_the_instance_for_good(mortal: Driver, moment: Moment) -> None:
    kill(mortal, moment, kind="orchestrator", function="two")
    done = mortal.run("two", instance_id="one")
    assert done["runtimeStatus"] == "Failed"
    assert done["output"] == f"Orchestrator function 'two' failed: One or more errors occurred. ({KILLED})"
    assert kinds(mortal, "one") == [12, 0, 1, 13]
    assert mortal.app().ran == []


@pytest.mark.parametrize("nth", [2, 3])
def test_a_worker_killed_in_a_later_turn_fails_it_in_words_that_name_the_wrong_culprit(
    mortal: Driver, nth: int
) -> None:
    kill(mortal, kind="orchestrator", nth=nth)
    done = mortal.run("two", instance_id="one")
    assert (done["runtimeStatus"], done["output"]) == ("Failed", NOTE)
    assert mortal.app().ran == ["one", "two"][: nth - 1]
    assert mortal.invocations(function="two")[-1]["error"] == f"WorkerExited: {KILLED}"


@pytest.mark.parametrize(
    ("name", "culprit"),
    [
        ("waits_then_ends", WRONG_CULPRIT.format("a timer task with sequence number 0").replace(", but", " but")),
        ("only_waits", f"Orchestrator function 'only_waits' failed: One or more errors occurred. ({KILLED})"),
    ],
)
def test_the_culprit_is_the_first_thing_that_the_history_scheduled(mortal: Driver, name: str, culprit: str) -> None:
    kill(mortal, function=name, nth=2)
    started = mortal.start(name)
    mortal.post(started, "raiseEvent/go", json=1)
    assert mortal.host.wait_for(started)["output"] == culprit


@pytest.mark.parametrize("nth", [1, 2])
def test_the_custom_status_does_not_survive_a_turn_that_dies(mortal: Driver, nth: int) -> None:
    """Every turn writes the status anew, and one that dies has none: recorded as "no steps and no ledger"."""
    kill(mortal, function="says", nth=nth)
    done = mortal.run("says")
    assert (done["runtimeStatus"], done["customStatus"]) == ("Failed", None)


def test_the_custom_status_survives_an_activity_that_dies(mortal: Driver) -> None:
    kill(mortal, function="note")
    assert mortal.run("says")["customStatus"] == {"at": "the note"}


def test_a_parent_sees_the_same_as_its_childs_failure(mortal: Driver) -> None:
    kill(mortal, function="two", nth=2)
    assert mortal.run("parent", "two")["output"].startswith(NOTE)
    assert mortal.status("child").json()["runtimeStatus"] == "Failed"


def test_a_killed_worker_takes_the_turns_in_flight_and_not_those_that_wait_for_a_place(open_host: OpenHost) -> None:
    driver = open_host("mortal", HostSettings(max_orchestrators=2))
    started = [driver.start("blocks") for _ in range(3)]
    assert driver.host.kill_worker() == 2
    first = [driver.host.wait_for(instance)["runtimeStatus"] for instance in started[:2]]
    driver.app().release.set()
    assert [*first, driver.host.wait_for(started[2])["output"]] == ["Failed", "Failed", "unblocked"]


@pytest.mark.parametrize(("moment", "done"), [(Moment.BEFORE, []), (Moment.AFTER, ["first"])])
@pytest.mark.parametrize("kind", ["activity", None])
def test_a_worker_killed_in_an_activity_fails_it_whether_or_not_its_body_ran(
    mortal: Driver, moment: Moment, done: list[str], kind: str | None
) -> None:
    fault = kill(mortal, moment, kind=kind, function="note")
    output = mortal.run("tries_again", instance_id="one")["output"]
    assert output[0].startswith(f"Activity function 'note' failed: {KILLED} \n {{")
    assert '"Microsoft.Azure.WebJobs.Script.Workers.WorkerProcessExitException, ' in output[0]
    assert output[1] == "second"
    assert mortal.app().ran == [*done, "second"]
    assert kinds(mortal, "one") == [12, 0, 4, 13, 12, 6, 4, 13, 12, 5, 1, 13]
    assert fault.seen == 2


def test_an_asynchronous_activity_dies_with_its_worker_too(mortal: Driver) -> None:
    kill(mortal, Moment.AFTER, function="note_later")
    assert KILLED in mortal.run("calls", ["note_later", 1])["output"]
    assert mortal.app().ran == [1]


def test_what_a_killed_call_still_does_and_answers_is_nobodys(mortal: Driver) -> None:
    started = mortal.start("calls", ["held", "effect"])
    assert mortal.app().entered.wait(PATIENCE)
    assert mortal.host.kill_worker() == 1
    assert KILLED in mortal.host.wait_for(started)["output"]
    before = mortal.history(started)
    mortal.app().release.set()
    mortal.run("two")
    assert mortal.history(started) == before
    assert [line["outcome"] for line in mortal.invocations(function="held")] == ["failed"]


@pytest.mark.parametrize("path", ["held", "held-loop"])
def test_a_request_in_flight_is_500_with_an_empty_body(mortal: Driver, path: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(httpx.get, f"{mortal.host.url}/api/{path}", trust_env=False, timeout=PATIENCE)
        assert mortal.app().entered.wait(PATIENCE)
        assert mortal.host.kill_worker() == 1
        answer = asked.result()
    assert (answer.status_code, answer.content) == (500, b"")


def test_an_event_in_flight_is_500_so_that_it_is_delivered_again(mortal: Driver) -> None:
    kill(mortal, kind="eventgrid")
    event = {"topic": "/t", "subject": "s", "eventTime": "2030-01-01T12:00:00Z", "dataVersion": "1", "id": "e"}
    body = [{**event, "eventType": "Made.Up", "data": {}}]

    def deliver() -> int:
        headers = {"aeg-event-type": "Notification"}
        path = "/runtime/webhooks/eventgrid?functionName=on_event"
        return mortal.http.post(path, json=body, headers=headers).status_code

    assert [deliver(), deliver()] == [500, 202]
    assert mortal.app().ran == ["e"]


@pytest.mark.parametrize("name", ["leaves", "leaves_later"])
def test_a_function_that_exits_ends_its_worker_with_its_code(mortal: Driver, name: str) -> None:
    expected = f"Orchestrator function 'calls' failed: Activity function '{name}' failed: python exited with code"
    assert mortal.run("calls", [name, 3])["output"].startswith(f"{expected} 3 (0x3)")
    assert mortal.run("two")["output"] == ["one", "two"]


@pytest.mark.parametrize("path", ["leaves", "leaves-loop"])
def test_a_request_whose_function_exits_is_500_and_the_host_goes_on(mortal: Driver, path: str) -> None:
    assert mortal.http.get(f"/api/{path}").status_code == 500
    assert mortal.http.get("/admin/host/ping").status_code == 200
    assert mortal.run("two")["output"] == ["one", "two"]


def test_a_call_over_function_timeout_fails_and_takes_along_what_its_worker_was_running(open_host: OpenHost) -> None:
    driver = open_host("mortal", HostSettings(function_timeout=timedelta(seconds=1)))
    slow = driver.start("calls", ["held", 1])
    assert driver.app().entered.wait(PATIENCE)
    driver.app().entered.clear()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(httpx.get, f"{driver.host.url}/api/held", trust_env=False, timeout=PATIENCE)
        over = driver.host.wait_for(slow)["output"]
        assert asked.result().status_code == 500
    text = "Activity function 'held' failed: Timeout value of 00:00:01 was exceeded by function: Functions.held \n {"
    assert over.startswith(f"Orchestrator function 'calls' failed: {text}")
    assert "Microsoft.Azure.WebJobs.Host.FunctionTimeoutException" in over
    driver.app().release.set()


def test_a_timeout_can_be_asked_for(mortal: Driver) -> None:
    kill(mortal, Moment.TIMEOUT, function="note")
    told = "Activity function 'note' failed: Timeout value of 00:30:00 was exceeded by function: Functions.note"
    assert mortal.run("tries_again")["output"][0].startswith(told)


def test_a_turn_over_function_timeout_is_taken_again(mortal: Driver) -> None:
    for nth in (1, 2):
        kill(mortal, Moment.TIMEOUT, kind="orchestrator", nth=nth)
    assert mortal.run("two")["output"] == ["one", "two"]
    outcomes = [line["outcome"] for line in mortal.invocations(function="two")]
    assert outcomes == ["failed", "failed", "succeeded", "succeeded", "succeeded"]


def test_a_fault_can_be_for_one_instance(mortal: Driver) -> None:
    kill(mortal, kind="orchestrator", instance_id="two")
    assert [mortal.run("two", instance_id=name)["runtimeStatus"] for name in ("one", "two", "three")] == [
        "Completed",
        "Failed",
        "Completed",
    ]


def test_a_killed_worker_is_for_real_what_a_death_of_the_host_is_not(mortal: Driver, clock: Clock) -> None:
    """A host that dies takes the turn again; a worker that dies has ended the instance (see test_recovery)."""
    kill(mortal, function="two", nth=2)
    assert mortal.run("two", instance_id="one")["runtimeStatus"] == "Failed"
    restarted = mortal.post("one", "restart", params={"restartWithNewInstanceId": "false"})
    assert restarted == 202
    assert mortal.host.wait_for("one", "Completed")["output"] == ["one", "two"]


def test_faults_are_asked_for_over_http_too(mortal: Driver) -> None:
    faults = "/admin/local/worker/faults"
    asked = mortal.http.post(faults, json={"moment": "before", "function": "note", "kind": "activity"})
    assert asked.json()[0]["nth"] == 1
    assert KILLED in mortal.run("calls", ["note", 1])["output"]
    assert mortal.http.get(faults).json()[0]["seen"] == 1
    assert mortal.http.delete(faults).status_code == 204
    assert mortal.http.get(faults).json() == []
    assert mortal.http.post("/admin/local/worker/kill").json() == {"killed": 0}


@pytest.mark.parametrize(
    "asked", [b"", b"[]", b"{}", b'{"moment": "now"}', b'{"moment": "after", "nth": 0}', b'{"moment": "after", "n": 1}',
              b'{"moment": "after", "kind": "actvity"}', b'{"moment": "after", "function": 1}'],
)  # fmt: skip
def test_a_fault_that_makes_no_sense_is_refused_with_what_to_write(mortal: Driver, asked: bytes) -> None:
    refused = mortal.http.post("/admin/local/worker/faults", content=asked)
    assert refused.status_code == 400
    assert '"moment" (before, after or timeout)' in refused.json()["Message"]


def test_calls_begun_while_workers_are_killed_all_end(mortal: Driver) -> None:
    stop = threading.Event()

    def keep_killing() -> None:
        while not stop.is_set():
            mortal.host.kill_worker()

    killer = threading.Thread(target=keep_killing)
    killer.start()
    started = [mortal.start("two") for _ in range(30)]
    ended = {mortal.host.wait_for(instance)["runtimeStatus"] for instance in started}
    stop.set()
    killer.join()
    assert ended <= {"Completed", "Failed"}
    assert mortal.host.wait_idle()
