"""The proof: a real request to the new deployment, pinned to it, and its answer compared."""

from __future__ import annotations

import json
import math
import time

from activities.container_logs import log_tail
from activities.envelope import activity
from activities.gates.exchange import Answer
from activities.gates.expectations import mismatch
from activities.gates.scoring import PIN_HEADER, Scoring, checked_uri, score
from activities.gates.wording import brief, shown
from azure_api import begin
from azure_api.errors import refusal_in
from contracts.activities import SmokeTestInput, SmokeTestResult
from contracts.base import Json
from contracts.errors import (
    DeploymentError,
    ModelFailed,
    ModelUnreachable,
    ScoringRefused,
    WrongAnswer,
)
from contracts.request import SmokeTestRequest

# Statuses of a managed endpoint's front door that pass: no traffic rule yet, slow, too many, infrastructure
# (how-to-troubleshoot-online-endpoints#http-status-codes).
PASSING = (404, 408, 429, 500, 502, 503, 504)
MODEL_ERROR = 424


@activity
def smoke_test(order: SmokeTestInput) -> SmokeTestResult:
    """Send the sample request to the deployment; raises what its answer means when it is not the one expected."""
    test = SmokeTestRequest.from_wire(order.test)
    question = _question(order, test)
    began = time.monotonic()
    said = score(question)
    took = (time.monotonic() - began) * 1000
    if said.status != 200:
        raise _meaning_of(order, said)
    answered_by = said.headers.get(PIN_HEADER)
    if answered_by != order.deployment:
        raise ModelUnreachable(f"the answer came from deployment {answered_by!r}, not from {order.deployment}")
    answer = _parse(said.body)
    problem = mismatch(test.expect, answer, said.body)
    if problem:
        raise WrongAnswer(problem).with_log(log_tail(order.endpoint, order.deployment))
    return SmokeTestResult(
        deployment=order.deployment, http_status=said.status, answer=shown(answer), milliseconds=round(took, 1)
    )


def _question(order: SmokeTestInput, test: SmokeTestRequest) -> Scoring:
    endpoint = begin.find_endpoint(order.endpoint)
    return Scoring(
        endpoint=order.endpoint,
        uri=checked_uri(order.endpoint, endpoint and endpoint.scoring_uri),
        content=json.dumps(test.request).encode(),
        seconds=test.timeout.total_seconds(),
        deployment=order.deployment,
    )


def _meaning_of(order: SmokeTestInput, answer: Answer) -> DeploymentError:
    status, reason = answer.status, brief(answer.body)
    if status == MODEL_ERROR:
        log = log_tail(order.endpoint, order.deployment)
        code = answer.headers.get("ms-azureml-model-error-statuscode", "?")
        text = f"the model answered {code}: {reason}"
        if refused := refusal_in(answer.body, log):
            return refused(text, cause="ModelError").with_log(log)
        if code in {"429", "503", "504"}:
            return ModelUnreachable(text, cause="ModelError")
        return ModelFailed(text, cause="ModelError").with_log(log)
    if status in (401, 403):
        return ScoringRefused(f"the endpoint answered {status} to a fresh key or token: {reason}")
    if status in PASSING:
        return ModelUnreachable(f"the endpoint answered {status}: {reason}", cause=f"HTTP {status}")
    return WrongAnswer(f"the endpoint answered {status}: {reason}", cause=f"HTTP {status}")


def _parse(body: str) -> Json:
    # NaN and numbers beyond floats are not JSON; let through, they would make the status body unreadable.
    try:
        return json.loads(body, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        return body


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
