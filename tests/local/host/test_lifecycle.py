"""What clients can do with instances: start, query, suspend, terminate, purge, restart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.clock import Clock
from local.host.settings import HostSettings
from tests.local.host.driver import DURABLE, START, Driver, OpenHost


def test_a_start_answers_with_the_urls_that_manage_the_instance(patterns: Driver) -> None:
    response = patterns.http.post(f"{DURABLE}/orchestrators/wait/one", json="[1]")
    assert response.status_code == 202
    assert response.headers["Retry-After"] == "10"
    urls = response.json()
    assert urls["id"] == "one"
    assert response.headers["Location"] == urls["statusQueryGetUri"]
    assert "rewindPostUri" not in urls
    patterns.host.wait_for("one")
    assert patterns.http.get(urls["statusQueryGetUri"]).json()["runtimeStatus"] == "Completed"


def test_starting_an_id_that_still_runs_is_refused_and_one_that_ended_is_replaced(patterns: Driver) -> None:
    patterns.start("approval", instance_id="one")
    again = patterns.http.post(f"{DURABLE}/orchestrators/approval/one")
    assert again.status_code == 409
    assert "already exists" in again.json()["Message"]
    patterns.post("one", "raiseEvent/approval", json=1)
    first = patterns.host.wait_for("one")
    assert first["output"] == {"answer": 1}
    assert patterns.run("wait", [], instance_id="one")["name"] == "wait"
    assert [event["EventType"] for event in patterns.history("one")] == [12, 0, 1, 13]


def test_with_any_state_a_running_id_is_replaced(open_host: OpenHost) -> None:
    driver = open_host("patterns", HostSettings(override_running=True))
    driver.start("approval", instance_id="one")
    assert driver.run("wait", [], instance_id="one")["output"] == []


@pytest.mark.parametrize("instance_id", ["@an@entity", "a%23b", "a%3Fb", "a%5Cb", "x" * 300])
def test_ids_that_would_not_work_in_azure_are_refused(patterns: Driver, instance_id: str) -> None:
    response = patterns.http.post(f"{DURABLE}/orchestrators/wait/{instance_id}", json="[]")
    assert response.status_code == 400


def test_an_id_is_decoded_twice_and_told_as_the_extension_encodes_it(patterns: Driver) -> None:
    response = patterns.http.post(f"{DURABLE}/orchestrators/wait/per%2525 cent@+", json="[]")
    assert response.json()["id"] == "per% cent@+"
    assert "/instances/per%25+cent%40%2B?" in response.headers["Location"]
    assert patterns.http.post(f"{DURABLE}/orchestrators/wait/a%2Fb").status_code == 404


def test_an_unknown_orchestrator_is_refused_with_the_known_ones(patterns: Driver) -> None:
    response = patterns.http.post(f"{DURABLE}/orchestrators/nowhere", json=1)
    assert response.status_code == 400
    assert "'nowhere' doesn't exist" in response.json()["ExceptionMessage"]
    assert "'approval'" in response.json()["ExceptionMessage"]


def test_a_body_that_is_not_json_is_refused(patterns: Driver) -> None:
    broken = patterns.http.post(f"{DURABLE}/orchestrators/wait", content=b"quick")
    assert broken.status_code == 400
    assert "while parsing value: q. Path '', line 0, position 0." in broken.json()["ExceptionMessage"]
    assert patterns.http.post(f"{DURABLE}/orchestrators/wait", content=b"{").status_code == 500


def test_waiting_in_the_start_call_fails_by_name(patterns: Driver) -> None:
    path = f"{DURABLE}/orchestrators/wait"
    response = patterns.http.post(path, json="[]", params={"timeout": "5", "pollingInterval": "1"})
    assert response.status_code == 501


def test_the_status_says_202_while_running_200_when_ended_404_when_unknown(patterns: Driver) -> None:
    waiting = patterns.start("approval")
    patterns.host.wait_for(waiting, "Running")
    running = patterns.status(waiting)
    assert running.status_code == 202
    assert running.headers["Retry-After"] == "5"
    assert running.json()["createdTime"] == "2030-01-01T12:00:00Z"
    patterns.post(waiting, "raiseEvent/approval", json=1)
    patterns.host.wait_for(waiting)
    assert patterns.status(waiting).status_code == 200
    assert patterns.status("nobody").status_code == 404


def test_a_failed_instance_is_200_unless_500_is_asked_for(patterns: Driver) -> None:
    failed = patterns.run("raises")["instanceId"]
    assert patterns.status(failed).status_code == 200
    assert patterns.status(failed, returnInternalServerErrorOnFailure="true").status_code == 500


def test_the_history_in_the_status_names_functions_and_shows_outputs_only_on_demand(patterns: Driver) -> None:
    done = patterns.run("parent", {"child": "good_child"})["instanceId"]
    assert "historyEvents" not in patterns.status(done).json()
    events = patterns.status(done, showHistory="true").json()["historyEvents"]
    names = ["ExecutionStarted", "SubOrchestrationInstanceCompleted", "ExecutionCompleted"]
    assert [event["EventType"] for event in events] == names
    assert events[1]["FunctionName"] == "good_child"
    assert "Result" not in events[1]
    assert "Result" not in events[2]
    shown = patterns.status(done, showHistory="true", showHistoryOutput="true").json()["historyEvents"]
    assert shown[1]["Result"][0] == 42
    assert (shown[2]["OrchestrationStatus"], shown[2]["Result"]["child"][0]) == ("Completed", 42)


def test_what_a_suspended_instance_asks_for_waits_until_it_is_resumed(patterns: Driver) -> None:
    waiting = patterns.start("approval")
    patterns.host.wait_for(waiting, "Running")
    assert patterns.post(waiting, "suspend", params={"reason": "hold"}) == 202
    patterns.host.wait_for(waiting, "Suspended")
    assert patterns.post(waiting, "suspend") == 500
    assert patterns.post(waiting, "raiseEvent/approval", json="yes") == 202
    assert patterns.host.wait_idle()
    shown = patterns.status(waiting).json()
    assert (shown["runtimeStatus"], shown["output"]) == ("Suspended", "hold")
    assert patterns.post(waiting, "resume", params={"reason": "go on"}) == 202
    assert patterns.host.wait_for(waiting)["output"] == {"answer": "yes"}
    kinds = [event["EventType"] for event in patterns.history(waiting)]
    assert kinds == [12, 0, 13, 12, 19, 13, 12, 15, 13, 12, 20, 1, 13]


def test_a_timer_that_fires_while_suspended_counts_after_the_resume(patterns: Driver, clock: Clock) -> None:
    with clock.busy():
        waiting = patterns.start("wait", [5])
        patterns.host.wait_for(waiting, "Running")
        patterns.post(waiting, "suspend")
        patterns.host.wait_for(waiting, "Suspended")
        clock.advance(timedelta(minutes=30))
    assert patterns.post(waiting, "resume") == 202
    assert patterns.host.wait_for(waiting)["output"] == [(START + timedelta(minutes=30)).isoformat()]


def test_resuming_what_is_not_suspended_is_an_error(patterns: Driver) -> None:
    waiting = patterns.start("approval")
    assert patterns.post(waiting, "resume") == 500


def test_terminating_ends_an_instance_with_its_reason(patterns: Driver, clock: Clock) -> None:
    with clock.busy():
        waiting = patterns.start("wait", [60 * 24])
        patterns.host.wait_for(waiting, "Running")
        assert patterns.post(waiting, "terminate", params={"reason": "no longer wanted"}) == 202
        done = patterns.host.wait_for(waiting)
    assert done["runtimeStatus"] == "Terminated"
    assert done["output"] == "no longer wanted"
    assert patterns.post(waiting, "terminate") == 410
    assert patterns.post("nobody", "terminate") == 404
    # Its timer is gone: nothing moves the clock to tomorrow.
    assert patterns.run("wait", [1])["output"] == [(START + timedelta(minutes=1)).isoformat()]


def test_the_orchestrator_is_called_once_more_for_each_change_and_asked_for_nothing(patterns: Driver) -> None:
    waiting = patterns.start("approval")
    patterns.host.wait_for(waiting, "Running")
    for change, state in (("suspend", "Suspended"), ("resume", "Running"), ("terminate", "Terminated")):
        assert patterns.post(waiting, change) == 202
        patterns.host.wait_for(waiting, state)
    assert [line["outcome"] for line in patterns.invocations(instanceId=waiting)] == ["succeeded"] * 4


def test_a_suspended_instance_can_be_terminated(patterns: Driver) -> None:
    waiting = patterns.start("approval")
    patterns.host.wait_for(waiting, "Running")
    patterns.post(waiting, "suspend")
    patterns.host.wait_for(waiting, "Suspended")
    patterns.post(waiting, "terminate", params={"reason": "over"})
    assert patterns.host.wait_for(waiting)["output"] == "over"


def test_the_result_of_an_activity_of_a_terminated_instance_is_nobodys(patterns: Driver) -> None:
    busy = patterns.start("two_steps", instance_id="one")
    patterns.host.wait_for(busy, "Running")
    patterns.post(busy, "terminate")
    patterns.host.wait_for(busy)
    patterns.app().release.set()
    assert patterns.run("two_steps")["output"] == ["released", 2]
    assert [event["EventType"] for event in patterns.history(busy)] == [12, 0, 4, 13, 12, 3, 1, 13]


def test_purging_forgets_what_has_ended_and_only_that(patterns: Driver) -> None:
    patterns.run("wait", [], instance_id="ended")
    patterns.start("approval", instance_id="running")
    assert patterns.http.delete(f"{DURABLE}/instances/ended").json() == {"instancesDeleted": 1}
    assert patterns.status("ended").status_code == 404
    assert patterns.http.delete(f"{DURABLE}/instances/ended").status_code == 404
    refused = patterns.http.delete(f"{DURABLE}/instances/running")
    assert refused.status_code == 412
    assert "only orchestrations in a terminal state" in refused.json().lower()
    assert patterns.status("running").status_code == 202


def test_purging_by_filter_needs_an_age_and_obeys_the_state(patterns: Driver) -> None:
    for number in range(3):
        patterns.run("wait", [], instance_id=f"ended-{number}")
    patterns.run("raises", instance_id="failed")
    assert patterns.http.delete(f"{DURABLE}/instances/").status_code == 400
    query = {"createdTimeFrom": "2029-01-01T00:00:00Z", "runtimeStatus": "Completed"}
    assert patterns.http.delete(f"{DURABLE}/instances/", params=query).json() == {"instancesDeleted": 3}
    assert patterns.status("failed").status_code == 200


def test_a_restart_runs_the_same_input_again_under_a_new_id_or_its_own(patterns: Driver) -> None:
    patterns.run("wait", [1], instance_id="one")
    response = patterns.http.post(f"{DURABLE}/instances/one/restart")
    assert response.status_code == 202
    fresh = response.json()["id"]
    assert fresh != "one"
    assert len(patterns.host.wait_for(fresh)["output"]) == 1
    assert patterns.post("one", "restart", params={"restartWithNewInstanceId": "false"}) == 202
    patterns.host.wait_for("one", "Completed")
    assert patterns.post("nobody", "restart") == 400


def test_rewind_fails_by_name(patterns: Driver) -> None:
    patterns.run("raises", instance_id="failed")
    patterns.run("wait", [], instance_id="fine")
    rewound = patterns.http.post(f"{DURABLE}/instances/failed/rewind")
    assert rewound.status_code == 501
    assert "does not support rewind" in rewound.json()["Message"]
    refused = patterns.http.post(f"{DURABLE}/instances/fine/rewind")
    only = 'but only orchestrations in the "Failed" state can be rewound.'
    assert (refused.status_code, refused.json()) == (412, f"This orchestration has status Completed, {only}")
    unknown = patterns.http.post(f"{DURABLE}/instances/nobody/rewind")
    assert (unknown.status_code, unknown.json()) == (404, 'No orchestration with instance ID "$nobody" found.')
