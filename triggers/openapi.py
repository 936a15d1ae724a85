"""The OpenAPI document of the front door, generated from the contracts."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from contracts.activities import Plan
from contracts.request import DeploymentRequest
from contracts.status import DeploymentList, DeploymentStatus, EventList, Health
from triggers.answers import ProblemBody
from version import VERSION

REF = "#/components/schemas/{model}"
PARAMETERS = {
    "endpoint": {"type": "string"},
    "model": {"type": "string", "description": "name, or name:version"},
    "status": {"enum": ["Pending", "Running", "Suspended", "Succeeded", "Failed", "Canceled"]},
    "limit": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
    "after": {"type": "string", "description": "id of the last deployment of the page before"},
}


@cache
def openapi() -> dict[str, Any]:
    """The document, OpenAPI 3.1."""
    _, schemas = models_json_schema(
        [
            (DeploymentRequest, "validation"),
            *((model, "serialization") for model in (DeploymentStatus, DeploymentList, Plan, EventList, Health)),
            (ProblemBody, "serialization"),
        ],
        ref_template=REF,
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Slipway",
            "version": VERSION,
            "description": "Deploys Azure Machine Learning models behind online endpoints.",
        },
        "paths": {
            "/api/deployments": {"post": _post_deployment(), "get": _list_deployments()},
            "/api/deployments/{id}": {"get": _get_deployment()},
            "/api/plans": {"post": _post_plan()},
            "/api/events": {"get": _list_events()},
            "/api/health": {"get": _health()},
            "/api/openapi.json": {"get": _openapi_json()},
        },
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-functions-key"}},
        },
        "security": [{"key": []}],
    }


def _schema(model: str) -> dict[str, Any]:
    return {"$ref": REF.format(model=model)}


def _json(description: str, model: str, headers: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = {"description": description, "content": {"application/json": {"schema": _schema(model)}}}
    return answer | ({"headers": headers} if headers else {})


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"schema": _schema("ProblemBody")}}}


UNAUTHORIZED = {"401": {"description": "no function key, or a wrong one"}}
BODY_PROBLEMS = {
    "400": _problem("the body cannot be read"),
    "413": _problem("the body is larger than 256 KiB"),
    "422": _problem("the request is not valid; `problems` lists everything wrong"),
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


def _request_body() -> dict[str, Any]:
    content = {"schema": _schema("DeploymentRequest"), "example": EXAMPLE}
    return {"required": True, "content": {"application/json": content, "application/yaml": content}}


def _query(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": PARAMETERS[name]} for name in names]


def _simple(operation: str, summary: str, model: str) -> dict[str, Any]:
    return {"operationId": operation, "summary": summary, "responses": {"200": _json(summary, model), **UNAUTHORIZED}}


def _post_deployment() -> dict[str, Any]:
    location = {"Location": {"schema": {"type": "string"}}, "Retry-After": {"schema": {"type": "string"}}}
    key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
    return {
        "operationId": "post_deployment",
        "summary": "Ask for a deployment",
        "parameters": [{"name": "Idempotency-Key", "in": "header", "schema": key}],
        "requestBody": _request_body(),
        "responses": {
            "202": _json("accepted, or accepted before", "DeploymentStatus", location),
            "409": _problem("the Idempotency-Key was used with another body"),
            **BODY_PROBLEMS,
            **UNAUTHORIZED,
        },
    }


def _list_deployments() -> dict[str, Any]:
    responses = {
        "200": _json("newest first", "DeploymentList"),
        "422": _problem("a parameter is not valid"),
        **UNAUTHORIZED,
    }
    return {
        "operationId": "list_deployments",
        "summary": "List deployments",
        "parameters": _query(*PARAMETERS),
        "responses": responses,
    }


def _get_deployment() -> dict[str, Any]:
    path = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^dep-[0-9a-f]{32}$"}}
    return {
        "operationId": "get_deployment",
        "summary": "Status of a deployment",
        "parameters": [path],
        "responses": {
            "200": _json("status", "DeploymentStatus"),
            "404": _problem("no such deployment"),
            **UNAUTHORIZED,
        },
    }


def _post_plan() -> dict[str, Any]:
    unavailable = {"503": _problem("Azure cannot be read right now")}
    return {
        "operationId": "post_plan",
        "summary": "What a deployment would do",
        "requestBody": _request_body(),
        "responses": {"200": _json("plan", "Plan"), **BODY_PROBLEMS, **unavailable, **UNAUTHORIZED},
    }


def _list_events() -> dict[str, Any]:
    listing = _simple("list_events", "What became of model registrations", "EventList")
    return listing | {"parameters": _query("model")}


def _health() -> dict[str, Any]:
    # The one route without a key.
    responses = {"200": _json("Liveness", "Health")}
    return {"operationId": "health", "summary": "Liveness", "responses": responses, "security": []}


def _openapi_json() -> dict[str, Any]:
    answer = {"description": "this document", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {"operationId": "get_openapi", "summary": "This document", "responses": {"200": answer, **UNAUTHORIZED}}
