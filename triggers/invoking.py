"""A request to a model through Slipway: whoever has a function key may ask, and never sees the endpoint's key."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from http import HTTPStatus

import azure.functions as func

from activities.gates.exchange import Answer
from activities.gates.scoring import PIN_HEADER
from activities.gates.wording import brief
from activities.invoking import CONTENT_LIMIT_BYTES, DEFAULT_SECONDS, MOST_SECONDS, Invocation, invoke
from contracts.errors import ModelUnreachable, WrongAnswer
from contracts.problems import Problem, RequestProblems
from triggers.about_endpoints import Told, asked_deployment, endpoint_of, told
from triggers.answers import problem
from triggers.body import EMPTY, BodyTooLarge
from triggers.parameters import check_names, refused, whole_number

# Models may take minutes to answer. They have threads of their own: activities shall not wait for them.
AT_ONCE = 32
JSON = "application/json"
CONTENT_TYPE = r"(?a:[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}(;[ -~]{0,200})?)"
# What curl says of whatever it sends.
FORM = "application/x-www-form-urlencoded"
REQUEST_ID = r"[A-Za-z0-9_-]{1,100}"
MODEL_ERROR = 424
# Of the endpoint's headers, what tells something about the answer.
TELLING = (
    PIN_HEADER,
    "ms-azureml-model-error-statuscode",
    "ms-azureml-model-error-reason",
    "ms-azureml-model-time",
    "x-ms-run-function-failed",
    "x-ms-run-fn-exec-ms",
    "x-ms-client-request-id",
    "retry-after",
)
# What the endpoint's own refusals mean (how-to-troubleshoot-online-endpoints#http-status-codes).
MEANINGS = {
    401: "Slipway's identity has no valid key or token: look at the endpoint's auth mode.",
    403: "Slipway's identity may not score: give it AzureML Data Scientist on the workspace.",
    404: "No deployment takes the request: look at the endpoint's traffic, or name a deployment.",
}
OTHERWISE = "Look at the deployment's log."
LATE = "Send it again, or with a larger `timeout`; the deployment's own is request_settings.request_timeout_ms."
# A page of a stranger's model must not run in a browser, neither one that says so nor one that does not.
AS_IT_IS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


async def invoked(req: func.HttpRequest) -> func.HttpResponse:
    """The model's answer, or why there is none."""
    try:
        with told():
            check_names(req, ("deployment", "timeout"))
            asked = _asked(req)
            try:
                found = await asyncio.get_running_loop().run_in_executor(_threads(), partial(invoke, asked))
            except ModelUnreachable as error:
                return problem(504, "No answer in time", f"{error.message}. {LATE}")
            except WrongAnswer as error:
                return problem(502, "Answer too large", error.message)
            return _passed_on(found)
    except Told as end:
        return end.response


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="invoke")


def _asked(req: func.HttpRequest) -> Invocation:
    """The call's request to the model; raises RequestProblems, BodyTooLarge and NotThere."""
    content, kind = req.get_body(), req.headers.get("Content-Type") or JSON
    seconds = whole_number(req, "timeout", MOST_SECONDS) or DEFAULT_SECONDS
    deployment = asked_deployment(req)
    if not re.fullmatch(CONTENT_TYPE, kind):
        raise refused("Content-Type", "send a media type, e.g. application/json")
    endpoint = endpoint_of(req)
    if len(content) > CONTENT_LIMIT_BYTES:
        raise BodyTooLarge(f"the body has {len(content)} bytes; at most {CONTENT_LIMIT_BYTES} are passed on")
    if not content:
        raise RequestProblems([Problem(path="(body)", code="unreadable", message=EMPTY)])
    request_id = req.headers.get("x-ms-client-request-id", "")
    return Invocation(
        endpoint=endpoint,
        content=content,
        content_type=JSON if kind.startswith(FORM) else kind,
        seconds=float(seconds),
        deployment=deployment,
        request_id=request_id if re.fullmatch(REQUEST_ID, request_id) else None,
    )


def _passed_on(found: Answer) -> func.HttpResponse:
    """What the model said, with its status; what the endpoint itself refuses, as a problem."""
    headers = {name: found.headers[name] for name in TELLING if name in found.headers}
    if found.status in (MODEL_ERROR, 429) or 200 <= found.status < 300:
        kind = found.headers.get("content-type") or "application/octet-stream"
        return func.HttpResponse(
            found.content, status_code=found.status, headers=headers | AS_IT_IS | {"Content-Type": kind}
        )
    late = found.status in (408, 504)
    phrase = HTTPStatus(found.status).phrase if found.status in set(HTTPStatus) else ""
    said = brief(found.body)
    detail = f"the endpoint answered {found.status} {phrase}{': ' + said if said else ''}. "
    advice = LATE if late else MEANINGS.get(found.status, OTHERWISE)
    return problem(504 if late else 502, "No answer in time" if late else "Endpoint refused", detail + advice)
