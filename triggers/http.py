"""The front door: every route of the app. Each answer is documented in `GET /api/openapi.json`."""

from __future__ import annotations

from functools import cache
from typing import Any

import azure.functions as func

from contracts.errors import DeploymentError
from contracts.problems import RequestProblems
from contracts.status import Health
from orchestrations.runbooks import RUNBOOKS
from settings import settings
from triggers.answers import answer, azure_unavailable, json_answer, problem_of
from triggers.body import BodyTooLarge, parse_body
from triggers.endpoint_routes import ENDPOINT_ROUTES
from triggers.openapi import document
from triggers.parameters import check_names
from triggers.plans import plan
from triggers.releases import list_releases
from triggers.requests import to_be_planned
from triggers.routes import Route
from triggers.runbook_routes import routes_of
from version import VERSION


def post_plan(req: func.HttpRequest) -> func.HttpResponse:
    """POST /api/plans: what a deployment would do, and every problem in its way; nothing is written."""
    try:
        check_names(req)
        order = to_be_planned(parse_body(req.get_body()))
    except (BodyTooLarge, RequestProblems) as error:
        return problem_of(error)
    try:
        return answer(plan(order))
    except DeploymentError as error:
        return azure_unavailable(error)


def get_openapi(req: func.HttpRequest) -> func.HttpResponse:
    """GET /api/openapi.json: this API, generated from its contracts."""
    return _refused(req) or json_answer(openapi())


@cache
def openapi() -> dict[str, Any]:
    """This API, made once per process."""
    return document(ROUTES)


def get_health(req: func.HttpRequest) -> func.HttpResponse:
    """GET /api/health: the process is up and configured; says nothing about Azure."""
    return _refused(req) or answer(Health(status="ok", version=VERSION, workspace=settings().workspace))


def _refused(req: func.HttpRequest) -> func.HttpResponse | None:
    """The answer to a call with query parameters, where there are none."""
    try:
        check_names(req)
    except RequestProblems as error:
        return problem_of(error)
    return None


ROUTES: tuple[Route, ...] = (
    *routes_of(RUNBOOKS),
    Route("GET", "endpoints/{endpoint}/releases", list_releases, asks_hub=True),
    *ENDPOINT_ROUTES,
    Route("POST", "plans", post_plan),
    Route("GET", "openapi.json", get_openapi),
    Route("GET", "health", get_health, anonymous=True),
)
