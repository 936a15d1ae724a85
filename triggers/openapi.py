"""The OpenAPI document of the front door, derived from its routes and their contracts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from contracts.base import Contract
from contracts.container_log import CONTAINERS
from contracts.plan import Plan
from contracts.releases import ReleaseList
from contracts.status import DeploymentState, Health
from orchestrations.runbooks import DEPLOY, Runbook, sharing
from triggers.answers import ProblemBody
from triggers.asking import KEY_CHARACTERS, LONGEST_KEY
from triggers.openapi_parts import NO_PARAMETERS, REF, UNAUTHORIZED, json_of, named_in_path, problem_of, schema_of
from triggers.parameters import PAGE_DEFAULT, PAGE_LIMIT
from triggers.requests import body_contract, plan_request
from triggers.routes import Route
from version import VERSION

DESCRIPTION = """Deploys Azure Machine Learning models behind online endpoints.

Where GET is answered, HEAD is too. A path that is not listed here, and a method that a path does not list, is answered
with 404 and an empty body: Azure Functions has no 405, and answers OPTIONS so too. Paths are taken in any case.

Query parameters that a call does not list are refused (422). One without a value (`?limit=`) is as if it were not
there, and one that is given twice arrives as one value with a comma.

A body is JSON or YAML, whatever its Content-Type says, and comes with its Content-Length: Azure Functions hands on
nothing of a body that is sent in chunks, which is then refused as empty (400). It is not decompressed.

Whatever is refused here is answered with `application/problem+json`. Azure's own answers have no body: 401 without a
function key or with a wrong one, 404 as above, 500 for a body of more than 100 MB.
"""
FILTERS: dict[str, dict[str, Any]] = {
    "endpoint": {"type": "string"},
    "compute": {"type": "string"},
    "model": {"type": "string", "description": "name, or name:version"},
    "status": {"enum": [*get_args(DeploymentState)]},
}

# A request as small as it gets, for whoever tries the document out.
EXAMPLE = {
    "model": "azureml:credit-risk:3",
    "endpoint": {"name": "credit-risk"},
    "deployment": {
        "name": "blue",
        "code_configuration": {"code": "azureml:credit-risk-scoring:1", "scoring_script": "score.py"},
        "environment": "azureml:sklearn-serving:1",
        "instance_type": "Standard_DS3_v2",
    },
    "smoke_test": {"request": {"data": [[1, 2, 3]]}, "expect": {"json": [388.02], "tolerance": 0.1}},
}


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The document, OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(f"/api/{route.path}", {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Slipway",
            "version": VERSION,
            "description": DESCRIPTION,
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(route.runbook for route in routes if route.runbook),
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-functions-key"}},
        },
        "security": [{"key": []}],
    }


def _schemas(runbooks: Iterable[Runbook]) -> dict[str, Any]:
    known = dict.fromkeys(runbooks)
    models: list[tuple[type[Contract], JsonSchemaMode]] = [
        (body_contract(runbook), "validation") for runbook in known if runbook.call and runbook.call.method != "DELETE"
    ]
    told: list[type[Contract]] = [model for runbook in known for model in (runbook.status, runbook.listing)]
    told += [runbook.plans for runbook in known if runbook.plans]
    told += [Plan, Health, ReleaseList, ProblemBody]
    models += [(plan_request(), "validation")]
    models += [(model, "serialization") for model in dict.fromkeys([*told, *_of_endpoints().ANSWERS])]
    _, schemas = models_json_schema(models, ref_template=REF)
    defined: dict[str, Any] = schemas["$defs"]
    return defined


def _operation(route: Route) -> dict[str, Any]:
    name = route.function.__name__
    if route.runbook is None:
        describe = _SINGLE.get(name) or _of_endpoints().OPERATIONS[name]
        return {"operationId": name, **describe()}
    call, ending = route.runbook.call, route.path.rpartition("/")[2]
    if call is not None and (route.method, route.path) == (call.method, call.path):
        return {"operationId": name, **_starting(route.runbook)}
    described = {"{id}": _showing, "logs": _log, "cancel": _canceling}.get(ending, _listing)
    return {"operationId": name, **described(route.runbook)}


def _of_endpoints() -> Any:
    # With the first call that wants the document: a cold start pays for none of its contracts.
    from triggers import endpoint_openapi

    return endpoint_openapi


def _starting(runbook: Runbook) -> dict[str, Any]:
    key = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": f"^{KEY_CHARACTERS}+$"}
    assert runbook.call is not None
    answers = {
        "202": json_of("accepted, or accepted before", runbook.status, _WHERE_AND_WHEN),
        "409": problem_of("the Idempotency-Key was used with another body"),
        "503": problem_of("the task hub cannot be asked, or does not tell whether the Idempotency-Key is repeated"),
        **UNAUTHORIZED,
    }
    parameters = [
        *map(named_in_path, runbook.call.names),
        {"name": "Idempotency-Key", "in": "header", "schema": key},
    ]
    summary = f"Ask for a {runbook.noun}" if runbook is DEPLOY else _sentence(runbook)
    if runbook.call.method == "DELETE":
        asked = _query(body_contract(runbook))
        plan = {"200": json_of("with `plan=true`: what would go", runbook.plans)} if runbook.plans else {}
        problems = {**plan, "422": problem_of("a parameter is not valid")}
        return {"summary": summary, "parameters": [*parameters, *asked], "responses": {**answers, **problems}}
    body = _body(body_contract(runbook), EXAMPLE if runbook is DEPLOY else None)
    responses = {**answers, **_BODY_PROBLEMS}
    return {"summary": summary, "parameters": parameters, "requestBody": body, "responses": responses}


def _sentence(runbook: Runbook) -> str:
    """What a runbook does: the first sentence of its file."""
    text = sys.modules[runbook.orchestration.__module__].__doc__ or ""
    return " ".join(text.split("\n\n")[0].split()).rstrip(".")


def _query(contract: type[Contract]) -> list[dict[str, Any]]:
    schema = contract.model_json_schema(mode="validation")
    return [{"name": name, "in": "query", "schema": one} for name, one in schema["properties"].items()]


def _canceling(runbook: Runbook) -> dict[str, Any]:
    return {
        "summary": f"Cancel a {runbook.noun}",
        "description": "It stops before its next step, or while it waits, and undoes what it has made.",
        "parameters": [_id(runbook)],
        "responses": {
            "200": json_of("it had ended before", runbook.status, _WHERE_AND_WHEN),
            "202": json_of("it is told; its status says when it has ended", runbook.status, _WHERE_AND_WHEN),
            "404": problem_of(f"no such {runbook.noun}"),
            "422": problem_of("there is no such parameter"),
            **_HUB_UNAVAILABLE,
            **UNAUTHORIZED,
        },
    }


def _id(runbook: Runbook) -> dict[str, Any]:
    patterns = "|".join(f"^{one.id_pattern}$" for one in sharing(runbook.route))
    schema = {"type": "string", "pattern": patterns}
    return {"name": "id", "in": "path", "required": True, "schema": schema}


def _log(runbook: Runbook) -> dict[str, Any]:
    schema = {"enum": [*CONTAINERS], "default": CONTAINERS[0]}
    text = {"description": "its last MiB, without secrets", "content": {"text/plain": {"schema": {"type": "string"}}}}
    return {
        "summary": f"What a container of a {runbook.noun} wrote",
        "description": "As it was kept when the run failed; else as Azure has it now.",
        "parameters": [_id(runbook), {"name": "container", "in": "query", "schema": schema}],
        "responses": {
            "200": text,
            "404": problem_of(f"no such {runbook.noun}, or no log of it; `detail` says why, and what to do"),
            "422": problem_of("a parameter is not valid"),
            "503": problem_of("the task hub, Azure or the storage of logs cannot be asked right now"),
            **UNAUTHORIZED,
        },
    }


def _showing(runbook: Runbook) -> dict[str, Any]:
    return {
        "summary": f"Status of a {runbook.noun}",
        "parameters": [
            _id(runbook),
            {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
        ],
        "responses": {
            "200": json_of("status", runbook.status, {"ETag": _TEXT, "Retry-After": _TEXT}),
            "304": {"description": "as it was when it had that ETag", "headers": {"ETag": _TEXT, "Retry-After": _TEXT}},
            "404": problem_of(f"no such {runbook.noun}"),
            "422": problem_of("there is no such parameter"),
            **_HUB_UNAVAILABLE,
            **UNAUTHORIZED,
        },
    }


def _listing(runbook: Runbook) -> dict[str, Any]:
    paging = {
        "limit": {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT, "default": PAGE_DEFAULT},
        "after": {
            "type": "string",
            "description": f"where to go on, as `next` has it; or the id of a {runbook.noun}, for older ones than it",
        },
    }
    kinds = {"kind": {"enum": [one.name for one in sharing(runbook.route)]}}
    parameters = {**{name: (FILTERS | kinds)[name] for name in runbook.filters}, **paging}
    return {
        "summary": f"List {runbook.noun}s",
        "parameters": [{"name": name, "in": "query", "schema": schema} for name, schema in parameters.items()],
        "responses": {
            "200": json_of("newest first; a page may be short, `next` alone says whether more follow", runbook.listing),
            "422": problem_of("a parameter is not valid"),
            **_HUB_UNAVAILABLE,
            **UNAUTHORIZED,
        },
    }


def _plan() -> dict[str, Any]:
    return {
        "summary": "What a deployment would do",
        "requestBody": _body(plan_request(), EXAMPLE),
        "responses": {
            "200": json_of("plan", Plan),
            **_BODY_PROBLEMS,
            "503": problem_of("Azure cannot be read right now"),
            **UNAUTHORIZED,
        },
    }


def _health() -> dict[str, Any]:
    # The one route without a key.
    responses = {"200": json_of("Liveness", Health), **NO_PARAMETERS}
    return {"summary": "Liveness", "responses": responses, "security": []}


def _openapi_json() -> dict[str, Any]:
    answer = {"description": "this document", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {"summary": "This document", "responses": {"200": answer, **NO_PARAMETERS, **UNAUTHORIZED}}


def _releases() -> dict[str, Any]:
    responses = {
        "200": json_of("the last ones, newest first", ReleaseList),
        "422": problem_of("that is no name of an endpoint"),
        **_HUB_UNAVAILABLE,
        **UNAUTHORIZED,
    }
    return {"summary": "What an endpoint has served", "parameters": [named_in_path("endpoint")], "responses": responses}


_SINGLE = {
    "post_plan": _plan,
    "get_health": _health,
    "get_openapi": _openapi_json,
    "list_releases": _releases,
}


def _body(contract: type[Contract], example: Any = None) -> dict[str, Any]:
    content = {"schema": schema_of(contract)} | ({"example": example} if example else {})
    return {"required": True, "content": {"application/json": content, "application/yaml": content}}


_TEXT = {"schema": {"type": "string"}}
_WHERE_AND_WHEN = {"Location": _TEXT, "Retry-After": _TEXT}
_HUB_UNAVAILABLE = {"503": problem_of("the task hub cannot be asked right now")}
_BODY_PROBLEMS = {
    "400": problem_of("the body is empty, or cannot be read"),
    "413": problem_of("the body is larger than 256 KiB"),
    "422": problem_of("the request is not valid; `problems` lists everything wrong"),
}
