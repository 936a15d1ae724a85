"""The proof: a real request to the new deployment, pinned to it, and its answer compared.

Not `online_endpoints.invoke`, which leaks the pin and the key from one call into the next through a module-level dict.
The key or token lives in one function only. The scoring URI is the one Azure Resource Manager returned; its host must
end as the settings say, redirects are not followed, time and size are bounded.
"""

from __future__ import annotations

import json
import math
import time
from typing import Any
from urllib.parse import urlsplit

from activities.deployments import log_tail
from activities.envelope import activity
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import looks_refused, translated
from contracts.activities import SmokeTestInput, SmokeTestResult
from contracts.base import Json
from contracts.errors import (
    AccessNotYetEffective,
    DeploymentError,
    ModelFailed,
    ModelUnreachable,
    ScoringRefused,
    WrongAnswer,
)
from contracts.redaction import MASK, redact
from contracts.request import Expectation, SmokeTestRequest
from contracts.schemas import keywords

ANSWER_LIMIT_BYTES = 1024 * 1024
SHOWN_CHARACTERS = 400
# Keywords times values: some 3 microseconds each, so that comparing stays within seconds.
SCHEMA_WORK_LIMIT = 1_500_000
PIN_HEADER = "azureml-model-deployment"

# Statuses of a managed endpoint's front door that pass: no traffic rule yet, slow, too many, infrastructure
# (how-to-troubleshoot-online-endpoints#http-status-codes).
PASSING = (404, 408, 429, 500, 502, 503, 504)
MODEL_ERROR = 424


@activity
def smoke_test(order: SmokeTestInput) -> SmokeTestResult:
    """Send the sample request to the deployment; raises what its answer means when it is not the one expected."""
    uri, test = _scoring_uri(order), SmokeTestRequest.from_wire(order.test)
    began = time.monotonic()
    status, headers, body = _post(order, test, uri)
    took = (time.monotonic() - began) * 1000
    if status != 200:
        raise _meaning_of(order, status, headers, body)
    answered_by = headers.get(PIN_HEADER)
    if answered_by != order.deployment:
        raise ModelUnreachable(f"the answer came from deployment {answered_by!r}, not from {order.deployment}")
    answer = _parse(body)
    problem = mismatch(test.expect, answer, body)
    if problem:
        raise WrongAnswer(problem).with_log(log_tail(order.endpoint, order.deployment))
    return SmokeTestResult(
        deployment=order.deployment, http_status=status, answer=_shown(answer), milliseconds=round(took, 1)
    )


def mismatch(expect: Expectation, answer: Json, text: str) -> str | None:
    """Why `answer` (the JSON value of `text`) is not what is expected; None when it is."""
    if expect.contains is not None:
        return None if expect.contains in text else f"the answer does not contain {expect.contains!r}: {_brief(text)}"
    if expect.json_schema is not None:
        return _misfit(expect.json_schema, answer, text)
    if _equal(expect.json_value, answer, expect.tolerance):
        return None
    expected = _brief(json.dumps(expect.json_value))
    return f"expected {expected} (tolerance {expect.tolerance:g}), the model answered {_brief(text)}"


def _misfit(schema: dict[str, Any] | bool, answer: Json, text: str) -> str | None:
    from jsonschema import Draft202012Validator
    from referencing import Registry

    # Every keyword may be tried on every value, and a value takes two characters or more.
    if len(text) // 2 * sum(1 for _ in keywords(schema)) > SCHEMA_WORK_LIMIT:
        return f"an answer of {len(text)} characters is too long for a schema of this size"
    # An empty registry: a $ref in a caller's schema is never fetched from anywhere.
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        error = next(iter(validator.iter_errors(answer)), None)
    except OverflowError:
        return "the answer holds a number that no float can hold"
    return f"the answer does not fit the schema at {error.json_path}: {error.message[:200]}" if error else None


def _equal(expected: Json, answer: Json, tolerance: float) -> bool:
    if isinstance(expected, bool) or isinstance(answer, bool) or expected is None:
        return expected is answer
    if isinstance(expected, int | float) and isinstance(answer, int | float):
        return _near(expected, answer, tolerance)
    if isinstance(expected, list) and isinstance(answer, list):
        return len(expected) == len(answer) and all(
            _equal(one, other, tolerance) for one, other in zip(expected, answer, strict=True)
        )
    if isinstance(expected, dict) and isinstance(answer, dict):
        return expected.keys() == answer.keys() and all(
            _equal(expected[key], answer[key], tolerance) for key in expected
        )
    return bool(expected == answer)


def _near(expected: float, answer: float, tolerance: float) -> bool:
    try:
        return abs(expected - answer) <= tolerance
    except OverflowError:
        return False  # a model may answer a whole number that no float can hold


def _scoring_uri(order: SmokeTestInput) -> str:
    endpoint = begin.find_endpoint(order.endpoint)
    uri = str(endpoint.scoring_uri or "") if endpoint else ""
    where = urlsplit(uri)
    suffix = clients().settings.scoring_host_suffix
    if where.scheme != "https" or not (where.hostname or "").endswith(suffix) or where.username or where.port:
        raise ScoringRefused(
            f"the scoring URI of endpoint {order.endpoint} is not https://…{suffix}; no key is sent there",
            suggestion="Check the endpoint; in a sovereign cloud set SLIPWAY_SCORING_HOST_SUFFIX.",
        )
    return uri


def _post(order: SmokeTestInput, test: SmokeTestRequest, uri: str) -> tuple[int, Any, str]:
    import requests
    from urllib3 import Timeout

    with translated(not_found=ModelUnreachable):
        # The SDK picks key, Azure ML token or Microsoft Entra token by the endpoint's auth mode.
        credentials: Any = clients().ml.online_endpoints.get_keys(order.endpoint)
    secret = getattr(credentials, "primary_key", None) or getattr(credentials, "access_token", None)
    seconds = test.timeout.total_seconds()
    deadline = time.monotonic() + seconds
    # To connect and to hear the first of the answer; the stubs of requests know of no urllib3 timeouts.
    timeout: Any = Timeout(total=seconds)
    try:
        with requests.post(
            uri,
            data=json.dumps(test.request),
            headers={
                "Authorization": f"Bearer {secret}",
                "Content-Type": "application/json",
                PIN_HEADER: order.deployment,
            },
            timeout=timeout,
            allow_redirects=False,
            stream=True,
        ) as response:
            body = read_answer(response.raw, deadline)
    except (requests.RequestException, OSError) as error:
        # The text of a requests error can quote the request; its type is enough.
        raise ModelUnreachable(f"no answer from {urlsplit(uri).hostname}: {type(error).__name__}") from None
    # A model that answers with what it was sent must not bring the key into a history.
    return response.status_code, response.headers, body.replace(str(secret), MASK)


def read_answer(raw: Any, deadline: float) -> str:
    """The body of a urllib3 response as text; looks at the clock (`time.monotonic`) whenever something arrives.

    Timeouts bound the silence between two bytes, not the whole answer, and reading so many bytes waits for them all:
    a model that sends one byte every few seconds would keep the activity for hours.
    """
    from urllib3.exceptions import HTTPError

    body = b""
    try:
        while piece := raw.read1(65536, decode_content=True):
            body += piece
            if len(body) > ANSWER_LIMIT_BYTES:
                raise WrongAnswer(f"the answer is larger than {ANSWER_LIMIT_BYTES} bytes")
            if time.monotonic() > deadline:
                raise ModelUnreachable("the answer did not end in time (smoke_test.timeout)")
    except HTTPError as error:
        raise ModelUnreachable(f"the answer broke off: {type(error).__name__}") from None
    return body.decode(errors="replace")


def _meaning_of(order: SmokeTestInput, status: int, headers: Any, body: str) -> DeploymentError:
    reason = _brief(body)
    if status == MODEL_ERROR:
        log = log_tail(order.endpoint, order.deployment)
        code = headers.get("ms-azureml-model-error-statuscode", "?")
        text = f"the model answered {code}: {reason}"
        if looks_refused(body) or looks_refused(log):
            return AccessNotYetEffective(text, cause="ModelError").with_log(log)
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


def _shown(answer: Json) -> Json:
    text = json.dumps(answer)
    if len(text) > SHOWN_CHARACTERS:
        # Cut twice: a secret that begins in what is shown is cut out whole.
        return redact(text[: 10 * SHOWN_CHARACTERS])[:SHOWN_CHARACTERS] + "…"
    clean = redact(text)
    return answer if clean == text else clean


def _brief(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
