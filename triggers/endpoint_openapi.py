"""The calls about online endpoints, as the OpenAPI document has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from activities.container_logs import MOST_LINES
from activities.invoking import CONTENT_LIMIT_BYTES, DEFAULT_SECONDS, MOST_SECONDS
from contracts.base import Contract
from contracts.container_log import CONTAINERS
from contracts.endpoints import Consumption, EndpointList, OnlineEndpointView
from contracts.findings import FindingList
from triggers.endpoint_answers import LONGEST_NAME, LONGEST_REQUEST
from triggers.invoking import TELLING
from triggers.openapi_parts import NAME, NO_PARAMETERS, UNAUTHORIZED, json_of, named_in_path, problem_of
from triggers.parameters import PAGE_DEFAULT, PAGE_LIMIT

ANSWERS: tuple[type[Contract], ...] = (EndpointList, OnlineEndpointView, Consumption, FindingList)
INVOKING = f"""The body, of any type, goes to the endpoint as it is, with its Content-Type.
The endpoint's own key stays here.
The answer is the model's, as it is: `azureml-model-deployment` says which deployment gave it.
At most {CONTENT_LIMIT_BYTES // 1024**2} MiB either way.
"""
_UNAVAILABLE = {"503": problem_of("Azure cannot be read right now")}
_WRONG = {"422": problem_of("a parameter is not valid")}
_NONE = {"404": problem_of("no such endpoint, or no such deployment of it")}
_NOT_READY = {"409": problem_of("the endpoint has no scoring URI yet")}


def _query(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **({"description": description} if description else {})}


def _number(most: int, default: int | None = None) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 1, "maximum": most}
    return schema if default is None else {**schema, "default": default}


def _list() -> dict[str, Any]:
    part = {"type": "string", "pattern": f"^[A-Za-z0-9-]{{1,{LONGEST_NAME}}}$"}
    return {
        "summary": "List online endpoints",
        "parameters": [
            _query("name", part, "only endpoints whose name holds this"),
            _query("limit", _number(PAGE_LIMIT, PAGE_DEFAULT), "how many a page of Azure's has"),
            _query("after", {"type": "string"}, "where to go on, as `next` has it"),
        ],
        "responses": {
            "200": json_of("a page may be short, `next` alone says whether more follow", EndpointList),
            **_WRONG,
            **_UNAVAILABLE,
            **UNAUTHORIZED,
        },
    }


def _show() -> dict[str, Any]:
    return {
        "summary": "What an online endpoint is, and what serves on it",
        "parameters": [named_in_path("endpoint")],
        "responses": {
            "200": json_of("as Azure has it now", OnlineEndpointView),
            **_NONE,
            **NO_PARAMETERS,
            **_UNAVAILABLE,
            **UNAUTHORIZED,
        },
    }


def _log() -> dict[str, Any]:
    text = {
        "description": "at most its last MiB, without secrets",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
    return {
        "summary": "What the containers of an online deployment have written",
        "description": "As Azure has it now: both logs, each under a heading, or that of one container as it is.",
        "parameters": [
            named_in_path("endpoint"),
            named_in_path("deployment"),
            _query("container", {"enum": [*CONTAINERS]}, "whose; both without it"),
            _query("tail", _number(MOST_LINES), "so many lines from its end"),
        ],
        "responses": {"200": text, **_NONE, **_WRONG, **_UNAVAILABLE, **UNAUTHORIZED},
    }


def _consume() -> dict[str, Any]:
    sent = f"JSON that the samples send, of at most {LONGEST_REQUEST} characters; else what the deployment describes"
    return {
        "summary": "All that it takes to call an online endpoint, but its key",
        "parameters": [
            named_in_path("endpoint"),
            _query("deployment", NAME, "pin the samples to it"),
            _query("request", {"type": "string"}, sent),
        ],
        "responses": {
            "200": json_of("address, where the key is, description, samples", Consumption),
            **_NONE,
            **_NOT_READY,
            **_WRONG,
            "502": problem_of("the address of the endpoint is none that gets its key"),
            **_UNAVAILABLE,
            **UNAUTHORIZED,
        },
    }


def _invoke() -> dict[str, Any]:
    content = {
        "application/json": {"schema": {}},
        "application/octet-stream": {"schema": {"type": "string", "format": "binary", "minLength": 1}},
    }
    headers = {name: {"schema": {"type": "string"}} for name in TELLING}
    said = {"content": {"*/*": {"schema": {}}}, "headers": headers}
    return {
        "summary": "Ask the model of an online endpoint",
        "description": INVOKING,
        "parameters": [
            named_in_path("endpoint"),
            _query("deployment", NAME, "that shall answer, whatever the traffic"),
            _query("timeout", _number(MOST_SECONDS, DEFAULT_SECONDS), "seconds"),
        ],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {"description": "what the model answered", **said},
            "400": problem_of("the body is empty"),
            **_NONE,
            **_NOT_READY,
            "413": problem_of("the body is too large"),
            **_WRONG,
            "424": {"description": "the model failed, and said this; its own status is in a header", **said},
            "429": {"description": "the deployment has no room for another request", **said},
            "502": problem_of("the endpoint refused the request, or answered too much"),
            "504": problem_of("there was no whole answer in time"),
            **_UNAVAILABLE,
            **UNAUTHORIZED,
        },
    }


def _findings() -> dict[str, Any]:
    return {
        "summary": "What Slipway made and nothing needs, and traffic that somebody else has changed",
        "description": "Found out by reading; nothing is done about it by itself: `command` of each says what does.",
        "responses": {
            "200": json_of("all that is found now", FindingList),
            **NO_PARAMETERS,
            "503": problem_of("Azure or the task hub cannot be read right now"),
            **UNAUTHORIZED,
        },
    }


OPERATIONS: dict[str, Callable[[], dict[str, Any]]] = {
    "list_endpoints": _list,
    "get_endpoint": _show,
    "get_endpoint_log": _log,
    "consume_endpoint": _consume,
    "invoke_endpoint": _invoke,
    "list_findings": _findings,
}
