"""What the host checks when it replays: changed code, and calls it does not support."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import azure.durable_functions as df
import pytest

from tests.local.host.driver import Driver, OpenHost

Runbook = Callable[[Any], Generator[Any, Any, Any]]


def app_with(runbook: Runbook) -> Any:
    """An app whose one orchestration is `runbook`, with activities `a` and `b`."""
    app = df.DFApp()

    def make(name: str) -> None:
        def activity(value: Any) -> str:
            return name

        activity.__name__ = name
        app.activity_trigger(input_name="value")(activity)

    make("a")
    make("b")
    runbook.__name__ = "runbook"
    app.orchestration_trigger(context_name="context")(runbook)
    return app


def before(context: Any) -> Generator[Any, Any, Any]:
    yield context.call_activity("a", 1)
    yield context.wait_for_external_event("go")
    return "done"


def other_activity(context: Any) -> Generator[Any, Any, Any]:
    yield context.call_activity("b", 1)
    yield context.wait_for_external_event("go")


def timer_instead(context: Any) -> Generator[Any, Any, Any]:
    yield context.create_timer(context.current_utc_datetime)
    yield context.wait_for_external_event("go")


def nothing_before_the_wait(context: Any) -> Generator[Any, Any, Any]:
    yield context.wait_for_external_event("go")


def same_calls_other_input(context: Any) -> Generator[Any, Any, Any]:
    yield context.call_activity("a", 2)
    yield context.wait_for_external_event("go")
    yield context.call_activity("b", 1)
    return "new ending"


def resume_with(open_host: OpenHost, changed: Runbook) -> dict[str, Any]:
    """Start `before`, replace the app while it waits, let it go on."""
    first = open_host(app_with(before))
    first.start("runbook", instance_id="one")
    first.host.wait_for("one", "Running")
    first.host.stop()
    second = open_host(app_with(changed))
    second.post("one", "raiseEvent/go", json=1)
    return second.host.wait_for("one")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (other_activity, "replay instead scheduled an activity task with sequence ID 0 and name 'b'"),
        (timer_instead, "replay instead scheduled a timer task with sequence number 0"),
        (nothing_before_the_wait, "replay execution hasn't (yet?) scheduled this task"),
    ],
)
def test_code_that_changed_under_a_running_instance_is_detected(
    open_host: OpenHost, changed: Runbook, told: str
) -> None:
    done = resume_with(open_host, changed)
    assert done["runtimeStatus"] == "Failed"
    assert done["output"].startswith(
        "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled an activity task "
        "with sequence ID 0 and name 'a' (version ''), but the current "
    )
    assert told in done["output"]


def test_code_that_only_adds_steps_after_the_present_goes_on(open_host: OpenHost) -> None:
    assert resume_with(open_host, same_calls_other_input)["output"] == "new ending"


def test_an_orchestrator_that_is_gone_fails_its_instances_by_name(open_host: OpenHost) -> None:
    first = open_host(app_with(before))
    first.start("runbook", instance_id="one")
    first.host.wait_for("one", "Running")
    first.host.stop()
    second = open_host("chain")
    second.post("one", "raiseEvent/go", json=1)
    assert "The function 'runbook' doesn't exist" in second.host.wait_for("one")["output"]


def test_an_unknown_activity_fails_the_instance_and_names_the_known_ones(patterns: Driver) -> None:
    done = patterns.run("unknown_activity")
    assert done["runtimeStatus"] == "Failed"
    assert "The function 'nowhere' doesn't exist, is disabled, or is not an activity function." in done["output"]
    assert "'double'" in done["output"]


def test_a_call_the_host_does_not_support_fails_by_name(patterns: Driver) -> None:
    done = patterns.run("calls_http")
    assert done["runtimeStatus"] == "Failed"
    assert "The local host does not support call_http." in done["output"]


def test_an_input_the_sdk_cannot_read_fails_the_instance_with_the_reason(patterns: Driver) -> None:
    # A bare JSON list: the SDK reads only texts and objects.
    response = patterns.http.post("/runtime/webhooks/durabletask/orchestrators/fan_out/one", json=[1, 2])
    assert response.status_code == 202
    assert "the JSON object must be str" in patterns.host.wait_for("one")["output"]
