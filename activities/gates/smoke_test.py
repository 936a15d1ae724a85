"""The proof: a real request to the new deployment, pinned to it, and its answer compared."""

from __future__ import annotations

import base64
import json
import math
import time
from typing import Any

from activities.container_logs import log_tail
from activities.envelope import activity
from activities.gates import samples
from activities.gates.exchange import ANSWER_LIMIT_BYTES, Answer
from activities.gates.expectations import bytes_mismatch, is_bytes, mismatch, told
from activities.gates.scoring import PIN_HEADER, Scoring, checked_uri, describing, score
from activities.gates.wording import brief, shown
from azure_api import begin
from azure_api.errors import refusal_in
from contracts.activities import SmokeTestInput, SmokeTestResult
from contracts.base import Json, beginning
from contracts.errors import (
    DeploymentError,
    ModelFailed,
    ModelUnreachable,
    ScoringRefused,
    WrongAnswer,
)
from contracts.sample_errors import SampleMissing
from contracts.smoke_test import USUAL, SmokeTestCase

# Statuses of a managed endpoint's front door that pass: no traffic rule yet, slow, too many, infrastructure
# (how-to-troubleshoot-online-endpoints#http-status-codes).
PASSING = (404, 408, 429, 500, 502, 503, 504)
MODEL_ERROR = 424
# What a deployment answers that does not describe itself.
NO_DESCRIPTION = 404


@activity
def smoke_test(order: SmokeTestInput) -> SmokeTestResult:
    """Send one request to the deployment; raises what its answer means when it is not the one expected."""
    case = SmokeTestCase.from_wire(order.test)
    sent = None
    try:
        endpoint = begin.find_endpoint(order.endpoint)
        if not case.sends:
            written, sent = _found(order, endpoint)
            case = case.model_copy(update={"request": written})
        question = question_of(order.endpoint, order.deployment, case, endpoint)
        began = time.monotonic()
        said = score(question)
        took = (time.monotonic() - began) * 1000
        answer = _judged(order, case, said)
    except DeploymentError as error:
        raise _about(case, sent, error) from None
    return SmokeTestResult(
        deployment=order.deployment, http_status=said.status, answer=answer, milliseconds=round(took, 1), sent=sent
    )


def _about(case: SmokeTestCase, sent: str | None, error: DeploymentError) -> DeploymentError:
    """The same error saying which case it is about, and what was sent where nobody wrote it."""
    which = f"{case.name}: " if case.name else ""
    said = f"{which}{error.message}" + (f" (sent was {sent})" if sent else "")
    error.message = beginning(said, error.message_limit)
    return error


def _judged(order: SmokeTestInput, case: SmokeTestCase, said: Answer) -> Json:
    """What is told of an answer that is as expected; raises what is wrong with any other."""
    if said.status != 200:
        raise meaning_of(order, said)
    answered_by = said.headers.get(PIN_HEADER)
    if (answered_by or "").lower() != order.deployment.lower():
        raise ModelUnreachable(f"the answer came from deployment {answered_by!r}, not from {order.deployment}")
    if is_bytes(said) or (case.expect and case.expect.bytes_value):
        answer, problem = told(said), bytes_mismatch(case.expect, said)
    else:
        parsed = _parse(said.body)
        answer, problem = shown(parsed), mismatch(case.expect, parsed, said.body)
    if problem:
        raise WrongAnswer(problem).with_log(log_tail(order.endpoint, order.deployment))
    return answer


def question_of(name: str, deployment: str | None, case: SmokeTestCase, endpoint: Any) -> Scoring:
    """A case that says what to send, for the deployment; without one, the traffic decides who answers."""
    content, media_type = _content(case)
    return Scoring(
        endpoint=name,
        uri=checked_uri(name, endpoint and endpoint.scoring_uri),
        content=content,
        seconds=case.timeout.total_seconds(),
        deployment=deployment,
        headers={"Content-Type": case.content_type or media_type},
    )


def _content(case: SmokeTestCase) -> tuple[bytes, str]:
    """What is sent, and its usual media type."""
    if case.text is not None:
        return case.text.encode(), "text/plain; charset=utf-8"
    if case.base64 is not None:
        return base64.b64decode(case.base64), "application/octet-stream"
    return json.dumps(case.request).encode(), "application/json"


def _found(order: SmokeTestInput, endpoint: Any) -> tuple[Json, str]:
    """A request that nobody wrote, and where it is from."""
    found = samples.of_model(order.model)
    if found is not None:
        return found
    address = endpoint and endpoint.openapi_uri
    described = score(describing(order.endpoint, address, order.deployment, USUAL.total_seconds(), ANSWER_LIMIT_BYTES))
    if described.status in PASSING and described.status != NO_DESCRIPTION:
        raise meaning_of(order, described)
    sample = samples.of_description(_parse(described.body)) if described.status == 200 else None
    if sample is None:
        raise SampleMissing(f"neither the model nor deployment {order.deployment} describes a request to send to it")
    return sample, "the example of its swagger file"


def meaning_of(order: SmokeTestInput, answer: Answer) -> DeploymentError:
    """What an answer that is none says of the endpoint or the model."""
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
