"""The proof: a real request to the new deployment, pinned to it, and its answer compared.

Not `online_endpoints.invoke`, which leaks the pin and the key from one call into the next through a module-level dict.
The key or token lives in one function only. The scoring URI is the one Azure Resource Manager returned; its host must
end as the settings say, redirects are not followed, time and size are bounded.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from activities.container_logs import log_tail
from activities.envelope import activity
from activities.gates.exchange import Answer, post
from activities.gates.expectations import mismatch
from activities.gates.wording import brief, shown
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import refusal_in, translated
from contracts.activities import SmokeTestInput, SmokeTestResult
from contracts.base import Json
from contracts.errors import (
    DeploymentError,
    ModelFailed,
    ModelUnreachable,
    ScoringRefused,
    WrongAnswer,
)
from contracts.redaction import MASK
from contracts.request import SmokeTestRequest

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
    said = _post(order, test, uri)
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


def _post(order: SmokeTestInput, test: SmokeTestRequest, uri: str) -> Answer:
    with translated(not_found=ModelUnreachable):
        # The SDK picks key, Azure ML token or Microsoft Entra token by the endpoint's auth mode.
        credentials: Any = clients().ml.online_endpoints.get_keys(order.endpoint)
    secret = str(getattr(credentials, "primary_key", None) or getattr(credentials, "access_token", None))
    headers = {
        "Authorization": f"Bearer {secret}",
        "Content-Type": "application/json",
        PIN_HEADER: order.deployment,
    }
    answer = post(uri, json.dumps(test.request), headers, test.timeout.total_seconds())
    # A model that answers with what it was sent must not bring the key into a history.
    said = {name: value.replace(secret, MASK) for name, value in answer.headers.items()}
    return replace(answer, headers=said, body=answer.body.replace(secret, MASK))


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
