"""What a deployment writes into the log: one line of our own for each activity, and none of the libraries'."""

from __future__ import annotations

import logging
import re
from collections import Counter

from azure_api.quiet import LIBRARIES, TELEMETRY
from local.cloud import world
from local.stack import LocalStack
from orchestrations.access import WAIT
from orchestrations.turns import WAIT_FOR_TURN
from tests import samples

RECORD = re.compile(r"\S+ \[(?P<level>\w+)\] (?P<function>\w+) (?P<invocation>\S+): (?P<message>.*)")
OURS = r"(?P<name>\w+) (?P<mark>dep-[0-9a-f]{32}|-): (?P<outcome>\w+) after \d+\.\d\d s"


def lines(stack: LocalStack) -> list[str]:
    return (stack.data / "host" / "host.log").read_text().splitlines()


def test_a_deployment_writes_one_line_for_each_activity_and_no_other(stack: LocalStack) -> None:
    before = len(lines(stack))

    status = stack.deploy(samples.request())

    assert status["status"] == "Succeeded"
    records = [RECORD.fullmatch(line) for line in lines(stack)[before:]]
    told = [re.fullmatch(OURS, record["message"]) for record in records if record]
    assert len(told) == len(records)
    assert all(told), "some line is not ours"
    assert {one["outcome"] for one in told if one} == {"ok"}
    assert {one["mark"] for one in told if one} == {status["id"], "-"}
    counted = Counter(one["name"] for one in told if one)
    assert {step["name"] for step in status["steps"]} - {WAIT, WAIT_FOR_TURN} <= {*counted}
    invocations = Counter(record["invocation"] for record in records if record)
    assert set(invocations.values()) == {1}


def test_a_plan_writes_nothing_whatever_it_does_not_find(stack: LocalStack) -> None:
    before = lines(stack)
    datastore = f"azureml://datastores/{world.DATASTORE}/paths"
    body = samples.request(
        endpoint="not-there",
        model={"name": "not-there", "version": "1", "path": f"{datastore}/nowhere"},
        code=f"{datastore}/nowhere",
        environment="azureml:not-there:1",
    )

    with stack.http as http:
        http.post("/api/plans", json=body).raise_for_status()

    assert lines(stack) == before


def test_no_logger_of_a_library_lets_through_what_is_no_warning(stack: LocalStack) -> None:
    with stack.http as http:
        http.post("/api/plans", json=samples.request()).raise_for_status()

    # Azure ML's own write to stderr, past the app's log; what they tell as errors are answers.
    below = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in LIBRARIES]
    assert [name for name in below if logging.getLogger(name).isEnabledFor(logging.INFO)] == []
    assert [name for name in below if name.startswith(TELEMETRY) and logging.getLogger(name).isEnabledFor(50)] == []
    assert {"azure.ai.ml", "azure.identity", "urllib3"} <= {*below}
