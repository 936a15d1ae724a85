"""Orchestrations on the real SDK, in virtual time."""

from __future__ import annotations

from datetime import timedelta

from local.clock import Clock
from local.host.settings import HostSettings
from local.host.versions import Versioning
from tests.local.host.driver import START, Driver, OpenHost


def test_a_chain_started_by_an_http_function_hands_results_on(open_host: OpenHost) -> None:
    driver = open_host("chain")
    response = driver.http.post("/api/chains/one", json={"text": "-"})
    assert response.status_code == 202
    assert driver.host.wait_for("one")["output"] == "-abc"


def test_the_history_is_what_the_sdk_is_documented_to_read(open_host: OpenHost) -> None:
    driver = open_host("chain")
    driver.run("chain", {"text": ""}, instance_id="one")
    events = driver.history("one")
    turn = [12, 4, 13]
    assert [event["EventType"] for event in events] == [12, 0, 4, 13, 12, 5, 4, 13, 12, 5, 4, 13, 12, 5, 1, 13]
    assert turn == [events[4]["EventType"], events[6]["EventType"], events[7]["EventType"]]
    assert events[1]["Name"] == "chain"
    assert events[1]["Version"] == ""
    scheduled = [event for event in events if event["EventType"] == 4]
    assert [event["EventId"] for event in scheduled] == [0, 1, 2]
    assert scheduled[0]["Input"] == '["{\\"text\\": \\"\\", \\"letter\\": \\"a\\"}"]'
    completed = [event for event in events if event["EventType"] == 5]
    assert [(event["TaskScheduledId"], event["Result"]) for event in completed] == [
        (0, '"a"'),
        (1, '"ab"'),
        (2, '"abc"'),
    ]
    assert events[-2]["OrchestrationStatus"] == 1


def test_a_fan_out_runs_threads_and_coroutines_and_joins_them(patterns: Driver) -> None:
    assert patterns.run("fan_out", list(range(30)))["output"] == 2 * sum(range(30))


def test_a_retry_loop_waits_by_timer_and_costs_no_real_time(patterns: Driver, clock: Clock) -> None:
    done = patterns.run("retry_by_timer", {"key": "a", "good": 4})
    assert done["output"] == 4
    assert clock.now() - START >= timedelta(minutes=15)
    failures = [event for event in patterns.history(done["instanceId"]) if event["EventType"] == 6]
    assert [event["Reason"] for event in failures] == ["Activity function 'flaky' failed: ConnectionError: not yet"] * 3


def test_a_sub_orchestration_gets_its_input_and_returns_its_output(patterns: Driver) -> None:
    done = patterns.run("parent", {"child": "good_child"}, instance_id="p")
    assert done["output"] == {"child": [42, {"from": "parent"}, "p"]}


def test_a_failed_sub_orchestration_reaches_the_parent_with_its_reason(patterns: Driver) -> None:
    output = patterns.run("parent", {"child": "bad_child"})["output"]
    assert output.startswith("caught: Orchestrator function 'bad_child' failed: ")
    assert "ValueError: no luck today" in output


def test_a_terminated_sub_orchestration_fails_in_the_parent(patterns: Driver, clock: Clock) -> None:
    with clock.busy():
        parent = patterns.start("parent", {"child": "approval"})
        patterns.host.wait_for(parent, "Running")
        execution = patterns.history(parent)[1]["OrchestrationInstance"]["ExecutionId"]
        child = f"{execution}:0"
        patterns.host.wait_for(child, "Running")
        assert patterns.post(child, "terminate", params={"reason": "enough"}) == 202
    assert patterns.host.wait_for(child)["runtimeStatus"] == "Terminated"
    assert patterns.host.wait_for(parent)["output"] == "caught: enough \n None"


def test_a_sub_orchestration_id_that_is_taken_fails_that_call_instead_of_hanging(patterns: Driver) -> None:
    output = patterns.run("same_child_twice")["output"]
    assert "already exists. (only-one)" in output


def test_timers_fire_at_their_moment_and_the_orchestration_sees_it(patterns: Driver, clock: Clock) -> None:
    done = patterns.run("wait", [15, 60, 1])
    ends = [START + timedelta(minutes=minutes) for minutes in (15, 75, 76)]
    assert done["output"] == [end.isoformat() for end in ends]
    assert clock.now() == ends[-1]


def test_a_timer_of_ten_days_is_cut_into_hops_and_still_ends_on_time(patterns: Driver, clock: Clock) -> None:
    done = patterns.run("wait", [60 * 24 * 10])
    assert done["output"] == [(START + timedelta(days=10)).isoformat()]
    timers = [event for event in patterns.history(done["instanceId"]) if event["EventType"] == 10]
    assert len(timers) > 1


def test_the_clock_does_not_jump_while_an_activity_runs(patterns: Driver, clock: Clock) -> None:
    waiting = patterns.start("wait", [5])
    patterns.host.wait_for(waiting)
    moved = clock.now()
    busy = patterns.start("two_steps")
    patterns.host.wait_for(busy, "Running")
    other = patterns.start("wait", [5])
    patterns.host.wait_for(other, "Running")
    assert clock.now() == moved
    patterns.app().release.set()
    assert patterns.host.wait_for(busy)["output"] == ["released", 2]
    patterns.host.wait_for(other)
    assert clock.now() == moved + timedelta(minutes=5)


def test_an_event_wakes_the_orchestration_that_waits_for_it(patterns: Driver) -> None:
    waiting = patterns.start("approval")
    assert patterns.host.wait_for(waiting, "Running")["customStatus"] == {"waiting for": "approval"}
    assert patterns.post(waiting, "raiseEvent/approval", json={"by": "me"}) == 202
    assert patterns.host.wait_for(waiting)["output"] == {"answer": {"by": "me"}}


def test_an_event_that_comes_before_its_wait_is_kept(patterns: Driver, clock: Clock) -> None:
    waiting = patterns.start("event_after_work")
    assert patterns.post(waiting, "raiseEvent/late", json="early bird") == 202
    assert patterns.host.wait_for(waiting)["output"] == [8, "early bird"]


def test_an_event_must_be_json_and_its_instance_must_exist_and_run(patterns: Driver) -> None:
    waiting = patterns.start("approval")
    assert patterns.post("nobody", "raiseEvent/approval", json=1) == 404
    assert patterns.post(waiting, "raiseEvent/approval", content=b"yes", headers={"Content-Type": "text/plain"}) == 400
    assert patterns.post(waiting, "raiseEvent/approval", json=1) == 202
    patterns.host.wait_for(waiting)
    assert patterns.post(waiting, "raiseEvent/approval", json=1) == 410


def test_with_its_losing_timer_cancelled_an_orchestration_ends_at_once(patterns: Driver, clock: Clock) -> None:
    assert patterns.run("race", {"cancel": True})["output"] == "short"
    assert clock.now() == START + timedelta(minutes=2)


def test_with_its_losing_timer_open_an_orchestration_runs_until_it_fires(patterns: Driver, clock: Clock) -> None:
    assert patterns.run("race", {"cancel": False})["output"] == "short"
    assert clock.now() == START + timedelta(minutes=10)


def test_continue_as_new_begins_an_empty_history_with_the_new_input(patterns: Driver) -> None:
    done = patterns.run("countdown", {"number": 3}, instance_id="c")
    assert done["output"] == "lift-off"
    assert [event["EventType"] for event in patterns.history("c")] == [12, 0, 13, 1, 13]
    assert len(patterns.invocations(function="double", instanceId="c")) == 3


def test_the_version_of_an_instance_is_the_apps_default_unless_the_start_names_one(open_host: OpenHost) -> None:
    driver = open_host("patterns", HostSettings(versioning=Versioning("2.1")))
    assert driver.run("version")["output"] == "2.1"
    assert driver.run("version", version="1.0")["output"] == "1.0"


def test_a_raised_error_is_the_failure_of_the_instance(patterns: Driver) -> None:
    done = patterns.run("raises")
    assert done["runtimeStatus"] == "Failed"
    assert done["output"] == "Orchestrator function 'raises' failed: the reason"


def test_an_output_that_is_not_json_fails_the_instance(patterns: Driver) -> None:
    done = patterns.run("unserializable")
    assert done["runtimeStatus"] == "Failed"
    assert "not JSON serializable" in done["output"]


def test_a_custom_status_beyond_16_kilobytes_fails_the_instance(patterns: Driver) -> None:
    assert patterns.run("status_of_size", {"letters": 8000})["output"] == "fits"
    done = patterns.run("status_of_size", {"letters": 8200})
    assert done["runtimeStatus"] == "Failed"
    assert "must not exceed 16 KB. The current payload size is 16 KB." in done["output"]


def test_a_hundred_instances_at_once_all_end(patterns: Driver) -> None:
    started = [patterns.start("retry_by_timer", {"key": f"k{number}", "good": 2}) for number in range(100)]
    assert {patterns.host.wait_for(instance)["output"] for instance in started} == {2}
