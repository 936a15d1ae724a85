"""HTTP, Event Grid and timer functions, the durable client, keys and admin pages."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from local.clock import Clock
from local.host.index import UnsupportedApp
from local.host.settings import HostSettings
from tests.local.host.driver import START, Driver, OpenHost

EVENT_GRID = "/runtime/webhooks/eventgrid"


@pytest.fixture
def triggers(open_host: OpenHost) -> Driver:
    """The app with one function per kind of trigger."""
    return open_host("triggers")


def test_a_request_reaches_the_function_with_route_query_and_context(triggers: Driver) -> None:
    response = triggers.http.get("/api/models/credit%20risk/3?a=1&b=2&b=3")
    assert response.headers["Content-Type"] == "application/json"
    seen = response.json()
    assert seen["route"] == {"name": "credit risk", "version": "3"}
    assert seen["query"] == {"a": "1", "b": "2,3"}
    assert seen["function"] == "model"
    assert seen["url"].startswith(triggers.host.url)


def test_an_optional_segment_may_be_missing_and_a_constraint_must_hold(triggers: Driver) -> None:
    assert triggers.http.get("/api/models/credit-risk").json()["route"] == {"name": "credit-risk"}
    assert triggers.http.get("/api/models/credit-risk/three").status_code == 404


def test_of_two_routes_that_fit_the_first_by_name_serves_whatever_the_case(triggers: Driver) -> None:
    # `latest` comes before `model`: that its segment is a literal does not count.
    assert triggers.http.get("/api/Models/Latest").text == "the latest"


def test_a_catch_all_takes_the_rest_and_the_answer_keeps_status_headers_and_body(triggers: Driver) -> None:
    response = triggers.http.put("/api/files/a/b%2Fc/", content=b"\x00\x01")
    assert response.status_code == 201
    assert response.headers["X-Path"] == "a/b%2Fc/"
    assert response.headers["Set-Cookie"].startswith("seen=1")
    assert response.content == b"\x01\x00"


def test_a_wrong_method_or_path_is_404_a_function_that_raises_or_answers_nothing_500(triggers: Driver) -> None:
    assert triggers.http.post("/api/models/credit-risk").status_code == 404
    assert triggers.http.get("/models/credit-risk").status_code == 404
    assert triggers.http.get("/api/broken").status_code == 500
    assert triggers.http.get("/api/nothing").status_code == 500


def test_every_answer_carries_the_clocks_date(triggers: Driver, clock: Clock) -> None:
    began = triggers.http.get("/api/models/latest").headers.get_list("Date")
    clock.advance(timedelta(minutes=15))
    answers = [
        triggers.http.get(path) for path in ("/api/models/latest", "/api/broken", "/nowhere", "/admin/functions")
    ]
    assert began == [format_datetime(START, usegmt=True)]
    assert {answer.headers["Date"] for answer in answers} == {format_datetime(clock.now(), usegmt=True)}
    assert clock.now() >= START + timedelta(minutes=15)


def test_the_route_prefix_comes_from_host_json(open_host: OpenHost) -> None:
    settings = HostSettings.from_document({"version": "2.0", "extensions": {"http": {"routePrefix": ""}}})
    assert open_host("triggers", settings).http.get("/models/latest").text == "the latest"


def test_with_auth_enabled_each_level_needs_its_key(open_host: OpenHost) -> None:
    driver = open_host("triggers", HostSettings(enable_auth=True))
    keys = driver.host.keys

    def call(path: str, **options: Any) -> int:
        return driver.http.get(path, **options).status_code

    assert call("/api/models/latest") == 200
    assert call("/api/models/x") == 401
    assert call("/api/models/x", params={"code": keys.default}) == 200
    assert call("/api/models/x", params={"code": keys.default}, headers={"x-functions-key": "wrong"}) == 401
    assert call("/api/broken", headers={"x-functions-key": keys.default}) == 401
    assert call("/api/broken", headers={"x-functions-key": keys.master}) == 500
    assert call("/admin/functions") == 401
    assert call("/runtime/webhooks/durabletask/instances/") == 401
    assert call("/runtime/webhooks/durabletask/instances/", params={"code": keys.durabletask_extension}) == 200
    assert driver.http.post(EVENT_GRID, params={"functionName": "on_event"}).status_code == 401
    assert driver.http.get("/api/client/start/one").json() == {"result": "one"}


def events(*data: dict[str, Any]) -> list[dict[str, Any]]:
    """Event Grid events with the given data, numbered from 0."""
    shared = {"topic": "/t", "subject": "s", "eventTime": "2030-01-01T12:00:00Z", "dataVersion": "1"}
    return [{**shared, "id": str(number), "eventType": "Made.Up", "data": item} for number, item in enumerate(data)]


def deliver(driver: Driver, kind: str, body: Any, function: str = "on_event") -> tuple[int, str]:
    """POST to the Event Grid webhook; status and body."""
    response = driver.http.post(
        EVENT_GRID, params={"functionName": function}, headers={"aeg-event-type": kind}, json=body
    )
    return response.status_code, response.text


def test_the_event_grid_handshake_is_answered_with_the_code(triggers: Driver) -> None:
    status, text = deliver(triggers, "SubscriptionValidation", events({"validationCode": "512d38b6"}))
    assert status == 200
    assert json.loads(text) == {"validationResponse": "512d38b6"}
    assert triggers.app().received == []


def test_each_event_of_a_notification_is_one_invocation(triggers: Driver) -> None:
    assert deliver(triggers, "Notification", events({"n": 1}, {"n": 2}))[0] == 202
    assert sorted(triggers.app().received) == [("0", "Made.Up", {"n": 1}), ("1", "Made.Up", {"n": 2})]
    assert len(triggers.invocations(function="on_event")) == 2


def test_one_failing_event_makes_the_whole_delivery_500(triggers: Driver) -> None:
    status, text = deliver(triggers, "Notification", events({"n": 1}, {"fail": True}))
    assert status == 500
    assert text == "Exception while executing function: Functions.on_event"
    assert [outcome["outcome"] for outcome in triggers.invocations(function="on_event")].count("failed") == 1


def test_a_cloud_event_can_start_an_orchestration(triggers: Driver) -> None:
    event = {"specversion": "1.0", "id": "from-event", "source": "/s", "type": "Made.Up", "data": {"n": 1}}
    assert deliver(triggers, "Notification", event, "on_cloud_event")[0] == 202
    assert triggers.host.wait_for("from-event")["output"] == {"n": 1}


def test_other_calls_of_the_webhook_are_refused(triggers: Driver) -> None:
    assert deliver(triggers, "Notification", events({}), "nobody")[0] == 404
    assert deliver(triggers, "Something", events({}))[0] == 400
    assert deliver(triggers, "Notification", ["no event"])[0] == 500
    assert deliver(triggers, "SubscriptionValidation", events({}))[0] == 500
    assert deliver(triggers, "Unsubscribe", [])[0] == 202
    handshake = triggers.http.options(EVENT_GRID, params={"functionName": "on_event"})
    assert handshake.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"


def test_every_call_of_the_durable_client_works(triggers: Driver) -> None:
    def call(action: str, instance_id: str = "one") -> Any:
        return triggers.http.get(f"/api/client/{action}/{instance_id}").json()

    assert call("status") == {"result": None}
    assert call("start") == {"result": "one"}
    assert "already exists" in call("start")["error"]
    triggers.host.wait_for("one", "Running")
    assert call("status") == {"result": ["Running", None]}
    assert call("suspend") == {"result": None}
    triggers.host.wait_for("one", "Suspended")
    assert call("resume") == {"result": None}
    triggers.host.wait_for("one", "Running")
    assert call("raise") == {"result": None}
    # The SDK's client encodes event data twice: the orchestration receives JSON text (durable-python issue 295).
    assert triggers.host.wait_for("one")["output"] == [{"a": 1}, '{"by": "me"}']
    assert call("list", "on") == {"result": ["one"]}
    assert "gone" in call("raise")["error"]
    assert call("purge") == {"result": 1}
    call("start", "two")
    assert call("terminate", "two") == {"result": None}
    assert triggers.host.wait_for("two")["output"] == "because of the test"


def test_timer_functions_run_on_their_schedule(open_host: OpenHost, clock: Clock) -> None:
    with clock.busy():
        driver = open_host("triggers", HostSettings(timer_triggers=True))
        clock.advance(timedelta(hours=15))
        _until_ran(driver, "nightly")
        assert driver.app().received == [False]
        assert clock.now() == START + timedelta(hours=15)
        driver.host.stop()


def test_a_run_missed_while_the_host_was_down_is_made_up_for_once(open_host: OpenHost, clock: Clock) -> None:
    with clock.busy():
        first = open_host("triggers", HostSettings(timer_triggers=True))
        clock.advance(timedelta(hours=15))
        _until_ran(first, "nightly")
        first.host.stop()
        clock.advance(timedelta(days=3))
        second = open_host("triggers", HostSettings(timer_triggers=True))
        _until_ran(second, "nightly", times=2)
        assert second.app().received == [True]
        second.host.stop()


def test_on_a_stepped_clock_timer_functions_wait_to_be_asked(triggers: Driver) -> None:
    assert triggers.http.post("/admin/functions/nightly", json={}).status_code == 202
    _until_ran(triggers, "nightly")
    assert triggers.app().received == [False]
    assert triggers.http.post("/admin/functions/model", json={}).status_code == 202
    assert triggers.http.post("/admin/functions/nobody", json={}).status_code == 404


def _until_ran(driver: Driver, function: str, times: int = 1) -> None:
    assert driver.host.invocations.wait_for(function, times)


def test_the_admin_pages_list_functions_and_say_the_host_is_well(triggers: Driver) -> None:
    assert triggers.http.get("/admin/host/ping").status_code == 200
    assert triggers.http.get("/admin/host/status").json()["state"] == "Running"
    names = {function["name"] for function in triggers.http.get("/admin/functions").json()}
    assert {"model", "nightly", "on_event", "echo"} <= names
    triggers.run("echo", 1)
    health = triggers.http.get("/admin/local/health").json()
    assert health["instances"] == {"Completed": 1}
    key = triggers.http.get("/admin/host/systemkeys/eventgrid_extension").json()
    assert key["value"] == triggers.host.keys.eventgrid_extension


def test_invocations_record_cost_outcome_and_sizes(open_host: OpenHost) -> None:
    driver = open_host("patterns")
    driver.run("status_of_size", {"letters": 100}, instance_id="one")
    first, *_ = driver.invocations(function="status_of_size")
    assert first["instance_id"] == "one"
    assert first["trigger"] == "orchestrationTrigger"
    assert first["custom_status_bytes"] == 102
    assert first["duration_ms"] >= first["cpu_ms"] > 0
    activity = driver.invocations(function="double")[0]
    assert (activity["outcome"], activity["result_bytes"]) == ("succeeded", 1)
    assert activity["started"] == "2030-01-01T12:00:00.000000Z"
    driver.run("raises")
    failed = driver.invocations(function="raises")[-1]
    assert (failed["outcome"], failed["error"]) == ("failed", "Exception: the reason")


def test_log_lines_carry_function_and_invocation_and_errors_their_traceback(triggers: Driver, tmp_path: Path) -> None:
    triggers.http.get("/api/models/credit-risk")
    triggers.http.get("/api/broken")
    lines = (tmp_path / "data" / "host.log").read_text()
    invocation = triggers.invocations(function="model")[0]["invocation_id"]
    assert f"[INFO] model {invocation}: asked for credit-risk" in lines
    assert "LookupError: nothing here" in lines
    assert "Traceback" in lines


def test_an_app_with_a_trigger_or_binding_the_host_lacks_is_refused_by_name(
    open_host: OpenHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = func.FunctionApp()

    @app.queue_trigger(arg_name="message", queue_name="q", connection="c")
    def on_message(message: func.QueueMessage) -> None:
        """Never runs."""

    with pytest.raises(UnsupportedApp, match="'on_message' has a queueTrigger"):
        open_host(app)
    monkeypatch.setenv("AzureWebJobs.on_message.Disabled", "true")
    assert open_host(app).http.get("/admin/functions").json() == []
