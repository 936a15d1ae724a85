"""host.json: readable by .NET, ready for short outages, and not asking for more than the worker can do."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

# Measured on the Functions host: after SIGTERM an orchestration went on 300 s later with the defaults, 16 s later with
# these. Below one minute the host does not start.
VISIBILITY = "00:01:00"
VISIBILITY_TIMEOUTS = ("controlQueueVisibilityTimeout", "workItemQueueVisibilityTimeout")


class HostJsonInvalid(ValueError):
    """host.json is no JSON, or says something twice."""


def read_host(text: str) -> dict[str, Any]:
    """host.json as .NET would read it; raises HostJsonInvalid where that loses something."""
    try:
        document: dict[str, Any] = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise HostJsonInvalid(f"is not JSON: {error}") from error
    return document


def host_findings(
    text: str, settings: Mapping[str, str], name: str = "host.json", hubs: Collection[str] | None = None
) -> list[str]:
    """What is wrong with the host.json in `text`, the app settings and, if given, Bicep's task hubs."""
    try:
        document = read_host(text)
    except HostJsonInvalid as error:
        return [f"{name}: {error}"]
    durable = document.get("extensions", {}).get("durableTask", {})
    findings = (
        _outage_findings(durable) + _concurrency_findings(durable, settings) + _scheduler_findings(durable, settings)
    )
    if hubs is not None and durable.get("hubName") not in hubs:
        findings.append(f"hubName {durable.get('hubName')} is none that Bicep makes: {', '.join(sorted(hubs))}")
    return [f"{name}: {finding}" for finding in findings]


def _outage_findings(durable: Mapping[str, Any]) -> list[str]:
    findings = []
    if durable.get("useGracefulShutdown") is not True:
        findings.append("set durableTask.useGracefulShutdown to true, or a restart costs five minutes")
    storage = durable.get("storageProvider", {})
    if storage.get("type", "AzureStorage") != "AzureStorage":
        return findings
    for timeout in VISIBILITY_TIMEOUTS:
        if storage.get(timeout) != VISIBILITY:
            findings.append(f"set storageProvider.{timeout} to {VISIBILITY}, the least that the host takes")
    return findings


def _scheduler_findings(durable: Mapping[str, Any], settings: Mapping[str, str]) -> list[str]:
    named = durable.get("storageProvider", {}).get("connectionStringName")
    return [f"reads the app setting {named}, which is not there"] if named and named not in settings else []


def _concurrency_findings(durable: Mapping[str, Any], settings: Mapping[str, str]) -> list[str]:
    """Durable may not start more functions at once than there are worker threads: the rest would wait unseen."""
    given = [durable.get(f"maxConcurrent{kind}Functions") for kind in ("Activity", "Orchestrator")]
    limits = [limit for limit in given if isinstance(limit, int)]
    if limits != given:
        return ["set maxConcurrentActivityFunctions and maxConcurrentOrchestratorFunctions"]
    # One worker process: Flex Consumption knows no FUNCTIONS_WORKER_PROCESS_COUNT.
    threads = int(settings.get("PYTHON_THREADPOOL_THREAD_COUNT", "'0'").strip("'"))
    wanted = sum(limits)
    return [f"{wanted} functions at once on {threads} threads"] if wanted > threads else []


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a mapping; configuration keys have no case in .NET, so one of `Azure` and `azure` would be lost."""
    seen: dict[str, str] = {}
    for name, _ in pairs:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise HostJsonInvalid(f"says {other} and {name}, which are one key to the host")
    if len(seen) != len(pairs):
        raise HostJsonInvalid(f"says one of {', '.join(sorted(seen))} twice")
    return dict(pairs)
