"""Reading host.json: each of its keys is honoured, known to mean nothing here, or refused by name.

Names, defaults and what a value must be: the host.json reference of Azure Functions and of Durable Functions. A value
that the true host refuses is refused (recorded: version, strategies, hub name, time-out, log level, visibility
time-outs). Unlike it, which ignores a key that it does not know, the local host refuses those too: most are misspelt.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from local.host.log_levels import LEVELS


class HostJsonError(ValueError):
    """host.json cannot be used; the message names the key and what it should hold."""


class Key(NamedTuple):
    """One key that is honoured."""

    check: Callable[[Any], object]
    """Gives the value's meaning; raises if it has none."""
    expected: str


def read_file(path: Path) -> dict[str, Any]:
    """The meaning of every key in the file; empty where there is none. Raises HostJsonError."""
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_text())
    except ValueError as error:
        raise HostJsonError(f"host.json is not valid JSON: {error}") from error
    return read(document)


def read(document: Any) -> dict[str, Any]:
    """The meaning of every key, by its path such as `extensions.http.routePrefix`. Raises HostJsonError."""
    if not isinstance(document, dict) or document.get("version") != "2.0":
        raise HostJsonError('host.json needs "version": "2.0" (the only one the Functions v4 host accepts)')
    found = dict(_meaning(key, value) for key, value in _leaves(document) if key not in _MEANS_NOTHING_HERE)
    if found.get(_STORAGE) != "azureManaged" and not re.fullmatch("[A-Za-z0-9]{,45}", found.get(_HUB, "")):
        raise HostJsonError(f"host.json: {_HUB} must be {_HONOURED[_HUB].expected}, not {found[_HUB]!r}")
    return found


def _meaning(name: str, value: Any) -> tuple[str, Any]:
    key = _HONOURED.get(name)
    if key is None:
        raise HostJsonError(
            f"host.json has {name}, which the local host does not know: if it is spelt as Azure's reference spells it, "
            "what it asks for cannot be had here"
        )
    try:
        return name, key.check(value)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise HostJsonError(f"host.json: {name} must be {key.expected}, not {value!r}") from error


def _leaves(document: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of the document with its value; what is known as a whole is not looked into."""
    for name, value in document.items():
        key = path + name
        if isinstance(value, dict) and key not in _HONOURED and key not in _MEANS_NOTHING_HERE:
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value


def _text(value: str) -> str:
    value.encode()
    return value


def _hub_name(value: str) -> str:
    setting = re.fullmatch("%(.+)%", value)
    name = os.environ[setting[1]] if setting else value
    # The shape of a table's name is Azure Storage's rule; the scheduler knows more.
    if not re.fullmatch("[A-Za-z][A-Za-z0-9_-]{2,63}", name):
        raise ValueError(name)
    return name


def _number(value: int) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(value)
    return value


def _requests(value: int) -> int:
    # Recorded: a host with a smaller one answers every request with 500.
    if type(value) is not int or value < -1:
        raise ValueError(value)
    return value


def _time_out(value: str) -> timedelta | None:
    return None if value == "-1" else _duration(value)


def _duration(value: str) -> timedelta:
    found = re.fullmatch(r"(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2}))?", value)
    if not found:
        raise ValueError(value)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _visibility(value: str) -> timedelta:
    if not timedelta(minutes=1) <= _duration(value) <= timedelta(minutes=60):
        raise ValueError(value)
    return _duration(value)


def _flag(value: bool) -> bool:
    if type(value) is not bool:
        raise ValueError(value)
    return value


def _log_levels(value: dict[str, str]) -> dict[str, str]:
    if any(level.lower() not in LEVELS for level in value.values()):
        raise ValueError(value)
    return value


def _match(value: str) -> str:
    return _one_of(value, "None", "Strict", "CurrentOrOlder")


def _failure(value: str) -> str:
    return _one_of(value, "Reject", "Fail")


def _storage(value: str) -> str:
    return _one_of(value, "AzureStorage", "azureManaged")


def _overridable(value: str) -> str:
    return _one_of(value, "NonRunningStates", "AnyState")


def _one_of(value: str, *names: str) -> str:
    return {name.lower(): name for name in names}[value.lower()]


_HUB, _STORAGE = "extensions.durableTask.hubName", "extensions.durableTask.storageProvider.type"
_HONOURED: dict[str, Key] = {
    "version": Key(_text, '"2.0"'),
    "functionTimeout": Key(_time_out, "a duration such as 00:05:00, or -1 for none"),
    "logging.logLevel": Key(
        _log_levels, "an object of levels: Trace, Debug, Information, Warning, Error, Critical or None"
    ),
    "extensions.http.routePrefix": Key(_text, "a text"),
    # Checked, without effect: nothing is refused here because there is too much of it.
    "extensions.http.maxOutstandingRequests": Key(_requests, "-1 for no limit, or a whole number from 0"),
    _HUB: Key(_hub_name, "3 to 45 letters and digits, a letter first, or %NAME% of an app setting that is"),
    "extensions.durableTask.defaultVersion": Key(_text, "a text"),
    "extensions.durableTask.versionMatchStrategy": Key(_match, "None, Strict or CurrentOrOlder"),
    "extensions.durableTask.versionFailureStrategy": Key(_failure, "Reject or Fail"),
    "extensions.durableTask.overridableExistingInstanceStates": Key(_overridable, "NonRunningStates or AnyState"),
    "extensions.durableTask.maxConcurrentActivityFunctions": Key(_number, "a whole number of at least 1"),
    "extensions.durableTask.maxConcurrentOrchestratorFunctions": Key(_number, "a whole number of at least 1"),
    "extensions.durableTask.useGracefulShutdown": Key(_flag, "true or false"),
    # What is kept is kept in a file; other providers have time-outs, limits and answers of their own.
    _STORAGE: Key(_storage, "AzureStorage or azureManaged"),
    "extensions.durableTask.storageProvider.controlQueueVisibilityTimeout": Key(
        _visibility, "a duration between 1 and 60 minutes"
    ),
    "extensions.durableTask.storageProvider.workItemQueueVisibilityTimeout": Key(
        _visibility, "a duration between 1 and 60 minutes"
    ),
}
# Of Azure's platform, of queues, tables and telemetry that are not here, or of other extensions: an app with a trigger
# or a binding of those is refused for that.
_MEANS_NOTHING_HERE = frozenset(
    {
        "$schema", "aggregator", "concurrency", "extensionBundle", "healthMonitor", "managedDependency", "singleton",
        "telemetryMode", "watchDirectories", "watchFiles",
        "extensions.blobs", "extensions.cosmosDB", "extensions.eventGrid", "extensions.eventHubs", "extensions.queues",
        "extensions.serviceBus", "extensions.signalR", "extensions.tables",
        "extensions.http.dynamicThrottlesEnabled", "extensions.http.maxConcurrentRequests",
        "extensions.durableTask.extendedSessionIdleTimeoutInSeconds", "extensions.durableTask.extendedSessionsEnabled",
        "extensions.durableTask.maxConcurrentEntityFunctions", "extensions.durableTask.tracing",
        "extensions.durableTask.storageProvider.connectionName",
        "extensions.durableTask.storageProvider.connectionStringName",
        "extensions.durableTask.storageProvider.controlQueueBatchSize",
        "extensions.durableTask.storageProvider.controlQueueBufferThreshold",
        "extensions.durableTask.storageProvider.maxQueuePollingInterval",
        "extensions.durableTask.storageProvider.partitionCount",
        "extensions.durableTask.storageProvider.useTablePartitionManagement",
        "extensions.durableTask.storageProvider.workItemFilteringEnabled",
        "logging.applicationInsights", "logging.console", "logging.fileLoggingMode",
    }
)  # fmt: skip
