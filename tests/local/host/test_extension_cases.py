"""The end-to-end cases that the Durable extension has for Python apps (its test/e2e), in words of our own.

What they expect, as far as it is of the extension and not of the SDK; rewind, which they have too, is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local.clock import Clock
from local.host.events import Kind
from local.host.host import LocalHost
from local.waiting import until
from tests.local.host.driver import APPS, START, Driver, OpenHost


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """Their app, with an activity and an entity switched off by settings, and the SDK's typing as it is by default."""
    clock = Clock(start=START, stepped=True)
    host = LocalHost(APPS / "cases", data=tmp_path_factory.mktemp("cases"), clock=clock)
    with pytest.MonkeyPatch.context() as environment:
        for name in ("switched_off", "switched_off_entity"):
            environment.setenv(f"AzureWebJobs.{name}.Disabled", "true")
        environment.delenv("AZURE_FUNCTIONS_DURABLE_STRICT_TYPING", raising=False)
        host.start()
        driver = Driver(host)
        driver.app().release.set()
        yield driver
    driver.http.close()
    host.stop()
    clock.close()


GREETINGS = ["Hello Tokyo!", "Hello Seattle!", "Hello London!"]
LATER = START + timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "payload", "output"),
    [
        ("HelloCities", None, GREETINGS),
        ("HelloCities", LATER.isoformat(), GREETINGS),
        ("retries", None, "succeeded"),
        ("entity_retries", None, ["it failed\r\nmore of that", "succeeded"]),
        ("keeps", None, 42),
        ("inputs", None, ["list [1, 2]", "list []", "int 42", "str text", "dict {'a': None}", "bool True", 3, 7]),
        ("looks_whether_it_replays", None, [True, True, True, True, False]),
        ("waits_for_nothing", None, "finished"),
        ("large", 100, "A" * 102_400),
        ("races", 5, "the activity came first"),
    ],
)
def test_what_ends_well(cases: Driver, name: str, payload: Any, output: Any) -> None:
    done = cases.run(name, payload)
    assert (done["runtimeStatus"], done["output"]) == ("Completed", output)


@pytest.mark.parametrize(
    ("name", "payload", "begin"),
    [
        ("rethrows", None, "Activity function 'fails' failed: ValueError: it failed"),
        ("entity_rethrows", None, "it failed"),
        ("calls_what_is_switched_off", "activity", "The function 'switched_off' doesn't exist, is disabled, or"),
        ("calls_what_is_switched_off", "entity", "The function 'switched_off_entity' doesn't exist, is disabled, or"),
    ],
)
def test_what_fails(cases: Driver, name: str, payload: Any, begin: str) -> None:
    done = cases.run(name, payload)
    assert done["runtimeStatus"] == "Failed"
    assert done["output"].startswith(f"Orchestrator function '{name}' failed: {begin}")


def test_a_failure_that_is_caught(cases: Driver) -> None:
    assert cases.run("catches")["output"].startswith("Caught: Activity function 'fails' failed: ValueError: it failed")


def test_a_deadline_that_comes_before_the_activity(open_host: OpenHost) -> None:
    # It is the one case in which time passes while a function runs.
    clock = Clock(start=START, speed=1000)
    driver = open_host("cases", clock=clock)
    started = driver.start("races", 1)
    assert until(lambda: Kind.TIMER_FIRED in [event["EventType"] for event in driver.history(started)])
    # An instance ends with the last of what it began.
    driver.app().release.set()
    assert driver.host.wait_for(started)["output"] == "the deadline came first"
    driver.host.stop()
    clock.close()


def test_what_the_client_hears_of_instances_that_run_or_have_ended(cases: Driver) -> None:
    def call(action: str, instance_id: str = "x") -> tuple[int, str]:
        answer = cases.http.get(f"/api/client/{action}/{instance_id}")
        return answer.status_code, answer.text

    well = (200, "")
    cases.start("runs_long", instance_id="long")
    cases.host.wait_for("long", "Running")
    assert "long" in call("running")[1].split()
    assert call("resume", "long")[0] == 400
    assert call("suspend", "long") == well
    cases.host.wait_for("long", "Suspended")
    assert call("suspend", "long")[0] == 400
    assert call("resume", "long") == well
    assert call("terminate", "long") == well
    assert cases.host.wait_for("long")["runtimeStatus"] == "Terminated"
    # The SDK takes 410 for success, except of events.
    assert [call(action, "long") for action in ("suspend", "resume", "terminate")] == [well] * 3
    assert "410" in call("raise", "long")[1] or "gone" in call("raise", "long")[1].lower()
    assert [call(action, "nobody")[0] for action in ("raise", "suspend", "resume", "terminate")] == [400] * 4
    assert cases.run("rethrows")["runtimeStatus"] == "Failed"
    ended, purged = int(call("all")[1]), int(call("purge")[1])
    # Entities run always, and what failed was not asked for.
    assert 0 < purged < ended
    assert int(call("all")[1]) == ended - purged
    assert "long" not in call("running")[1].split()
