"""Every key of host.json is honoured, means nothing here, or is refused by name."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.host.host_json import HostJsonError
from local.host.log_levels import LogLevels
from local.host.settings import HostSettings
from local.host.versions import Versioning
from tests.local.host.driver import ROOT, Driver, OpenHost


def read(*, durable: dict[str, Any] | None = None, **keys: Any) -> HostSettings:
    """The settings of a host.json with these keys."""
    extensions = {"extensions": {"durableTask": durable}} if durable is not None else {}
    return HostSettings.from_document({"version": "2.0", **extensions, **keys})


def test_what_the_apps_own_host_json_says_is_honoured() -> None:
    own = json.loads((ROOT / "host.json").read_text())
    durable = own["extensions"]["durableTask"]
    settings = HostSettings.from_app(ROOT)
    assert settings.hub_name == durable["hubName"]
    assert settings.versioning == Versioning(
        durable["defaultVersion"], durable["versionMatchStrategy"], durable["versionFailureStrategy"]
    )
    assert settings.function_timeout_text == own["functionTimeout"]
    assert settings.max_activities == durable["maxConcurrentActivityFunctions"]
    assert settings.max_orchestrators == durable["maxConcurrentOrchestratorFunctions"]
    assert settings.graceful_shutdown is durable["useGracefulShutdown"] is True
    minute = timedelta(minutes=1)
    assert (settings.control_visibility, settings.work_item_visibility) == (minute, minute)


def test_the_scheduler_hides_nothing() -> None:
    scheduled = read(durable={"storageProvider": {"type": "azureManaged"}})
    assert (scheduled.control_visibility, scheduled.work_item_visibility) == (timedelta(0), timedelta(0))
    assert read().work_item_visibility == timedelta(minutes=5)


def test_a_hub_name_may_come_from_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASK_HUB", "FromSetting")
    assert read(durable={"hubName": "%TASK_HUB%"}).hub_name == "FromSetting"
    monkeypatch.delenv("TASK_HUB")
    with pytest.raises(HostJsonError, match=r"hubName must be .* not '%TASK_HUB%'"):
        read(durable={"hubName": "%TASK_HUB%"})


def test_a_time_out_may_be_none() -> None:
    assert read(functionTimeout="-1").function_timeout is None
    assert read(functionTimeout="01:00:00").function_timeout == timedelta(hours=1)
    assert read().function_timeout == timedelta(minutes=30)


def test_what_the_platform_alone_needs_is_taken() -> None:
    read(
        extensionBundle={"id": "x", "version": "[4.0.0, 5.0.0)"},
        logging={"applicationInsights": {"anything": 1}, "logLevel": {"Azure": "Warning", "azure": "Warning"}},
        durable={
            "storageProvider": {
                "type": "azureStorage",
                "partitionCount": 4,
                "workItemQueueVisibilityTimeout": "00:01:00",
            }
        },
    )


def test_what_public_apps_say_of_their_storage_and_of_triggers_that_they_do_not_have_is_taken() -> None:
    storage = {"type": "azureManaged", "connectionStringName": "SCHEDULER", "workItemFilteringEnabled": True}
    scheduled = read(durable={"storageProvider": storage, "hubName": "TASK_HUB"}, telemetryMode="OpenTelemetry")
    assert scheduled.hub_name == "TASK_HUB"
    read(extensions={"queues": {"batchSize": 1}, "serviceBus": {"prefetchCount": 1}, "http": {"routePrefix": ""}})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], '"version": "2.0"'),
        ({}, '"version": "2.0"'),
        ({"version": "3.0"}, '"version": "2.0"'),
        ({"functionTimout": "00:05:00"}, "host.json has functionTimout"),
        ({"extensions": {"serviceBuss": {"prefetchCount": 1}}}, "has extensions.serviceBuss.prefetchCount"),
        ({"extensions": {"http": {"maxOutstandingRequests": -2}}}, "maxOutstandingRequests must be -1 for no limit"),
        ({"extensions": {"http": {"customHeaders": {"x": "y"}}}}, "has extensions.http.customHeaders.x"),
        (
            {"functionTimeout": "soon"},
            "functionTimeout must be a duration such as 00:05:00, or -1 for none, not 'soon'",
        ),
        ({"logging": {"logLevel": {"default": "Nonsense"}}}, "logging.logLevel must be .* Information"),
        ({"extensions": {"http": {"routePrefix": 1}}}, "routePrefix must be a text"),
    ],
)
def test_a_host_json_that_makes_no_sense_is_refused(document: Any, message: str) -> None:
    if document and "version" not in document:
        document = {"version": "2.0", **document}
    with pytest.raises(HostJsonError, match=message):
        HostSettings.from_document(document)


@pytest.mark.parametrize(
    ("durable", "message"),
    [
        ({"maxConcurrentActivityFunctions": 0}, "at least 1"),
        ({"maxConcurrentOrchestratorFunctions": True}, "at least 1"),
        ({"overridableExistingInstanceStates": "No"}, "AnyState"),
        ({"versionMatchStrategy": "Nonsense"}, "versionMatchStrategy must be None, Strict or CurrentOrOlder"),
        ({"versionFailureStrategy": 1}, "versionFailureStrategy must be Reject or Fail"),
        ({"hubName": "1-bad_hub!"}, "3 to 45 letters and digits"),
        ({"hubName": "TASK_HUB"}, "3 to 45 letters and digits"),
        ({"storageProvider": {"controlQueueVisibilityTimeout": "00:00:30"}}, "between 1 and 60 minutes"),
        ({"useGracefulShutdown": "yes"}, "useGracefulShutdown must be true or false"),
        ({"storageProvider": {"type": "mssql"}}, "type must be AzureStorage or azureManaged, not 'mssql'"),
    ],
)
def test_a_value_of_the_durable_extension_that_makes_no_sense_is_refused(durable: dict[str, Any], message: str) -> None:
    with pytest.raises(HostJsonError, match=message):
        read(durable=durable)


@pytest.mark.parametrize(
    ("version", "match", "runs"),
    [
        ("1.0", "CurrentOrOlder", True), ("0.9", "CurrentOrOlder", True), ("", "CurrentOrOlder", True),
        ("1.10", "CurrentOrOlder", False), ("2.0", "CurrentOrOlder", False), ("1.0.1", "CurrentOrOlder", False),
        ("1", "CurrentOrOlder", True), ("beta", "CurrentOrOlder", False),
        ("1.0", "Strict", True), ("0.9", "Strict", False), ("2.0", "None", True),
    ],
)  # fmt: skip
def test_which_versions_an_app_runs(version: str, match: str, runs: bool) -> None:
    assert Versioning("1.0", match).runs(version) is runs
    assert Versioning("", match).runs(version)


def test_versions_compare_as_numbers() -> None:
    assert not Versioning("1.9").runs("1.10")
    assert Versioning("1.10").runs("1.9")


def test_an_instance_of_a_version_that_may_not_run_fails_without_being_called(open_host: OpenHost) -> None:
    driver = open_host("patterns", HostSettings(versioning=Versioning("1.0", failure="Fail")))
    done = driver.run("version", version="1.10", instance_id="one")
    assert done["runtimeStatus"] == "Failed"
    assert done["output"] == "VersionMismatch: Orchestration version did not comply with Worker Versioning"
    assert driver.invocations(function="version") == []
    assert [event["EventType"] for event in driver.history("one")] == [12, 0, 1, 13]


def test_or_it_waits_for_an_app_that_may_run_it(open_host: OpenHost) -> None:
    first = open_host("patterns", HostSettings(versioning=Versioning("1.0")))
    first.start("version", version="2.0", instance_id="one")
    assert first.host.wait_idle()
    assert first.status("one").json()["runtimeStatus"] == "Pending"
    first.host.stop()
    second = open_host("patterns", HostSettings(versioning=Versioning("2.0")))
    assert second.host.wait_for("one")["output"] == "2.0"


@pytest.mark.parametrize(
    ("rules", "level"),
    [
        ({}, logging.INFO),
        ({"Default": "warning"}, logging.WARNING),
        ({"default": "Warning", "Function": "Information"}, logging.INFO),
        ({"Function": "Error", "Function.model": "Information", "Function.model.User": "None"}, logging.CRITICAL + 1),
        ({"Function.mod": "Error"}, logging.INFO),
        ({"default": "Debug"}, logging.INFO),
        ({"Azure": "Error", "models": "Error"}, logging.INFO),
    ],
)
def test_a_functions_records_are_kept_from_the_level_of_its_category(rules: dict[str, str], level: int) -> None:
    assert LogLevels(rules).of("model") == level


def test_records_below_the_level_are_not_in_the_log(open_host: OpenHost, tmp_path: Path) -> None:
    def logged(driver: Driver) -> bool:
        driver.http.get("/api/models/credit-risk")
        driver.host.stop()
        return "asked for credit-risk" in (tmp_path / "data" / "host.log").read_text()

    assert not logged(open_host("triggers", read(logging={"logLevel": {"Function.model.User": "Warning"}})))
    assert logged(open_host("triggers", read(logging={"logLevel": {"Function.latest.User": "Warning"}})))
