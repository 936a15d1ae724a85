"""The front door: deployment requests, plans, statuses. Every answer is documented in `GET /api/openapi.json`."""

from __future__ import annotations

import re
import uuid
from typing import get_args
from urllib.parse import urlencode

import azure.durable_functions as df
import azure.functions as func

from activities.planning import plan
from contracts.activities import PlanInput
from contracts.errors import DeploymentError
from contracts.problems import Problem, RequestProblems, read_request
from contracts.status import DeploymentList, DeploymentState, EventList, Health
from settings import settings
from triggers import statuses
from triggers.answers import answer, json_answer, problem, problem_of
from triggers.body import BodyTooLarge, parse_body
from triggers.openapi import openapi
from triggers.starting import KeyReused, digest, find, start_once
from version import VERSION

DEPLOYMENT_PREFIX = "dep-"
EVENT_PREFIX = "event-"
KEY_PATTERN = re.compile(r"[\x21-\x7e]{1,255}")
PAGE_LIMIT = 200


async def post_deployment(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """POST /api/deployments: accept a deployment request; 202 with its status body."""
    try:
        key = _idempotency_key(req)
        request = read_request(parse_body(req.get_body()))
    except (BodyTooLarge, RequestProblems) as error:
        return problem_of(error)
    wire = request.to_wire()
    instance_id = DEPLOYMENT_PREFIX + (digest(["key", key]) if key else uuid.uuid4().hex)
    try:
        await start_once(client, statuses.DEPLOY, instance_id, {"request": wire, "digest": digest(wire)})
    except KeyReused:
        detail = "this Idempotency-Key was used with another body: use a new key for a new request"
        return problem(409, "Key reused", detail)
    instance = await find(client, instance_id)
    location = f"/api/deployments/{instance_id}"
    return answer(statuses.deployment_status(instance), 202, {"Location": location, "Retry-After": "5"})


async def get_deployment(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """GET /api/deployments/{id}: the status of one deployment."""
    instance_id = req.route_params["id"]
    instance = None
    if re.fullmatch(r"dep-[0-9a-f]{32}", instance_id):
        instance = await find(client, instance_id)
    if instance is None:
        return problem(404, "No such deployment", "there is no deployment with this id (or its record was purged)")
    return answer(statuses.deployment_status(instance))


async def list_deployments(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """GET /api/deployments: newest first; `endpoint`, `model` and `status` filter, `limit` and `after` page."""
    try:
        limit = _limit(req)
        _check_status(req.params.get("status"))
    except RequestProblems as error:
        return problem_of(error)
    found = await client.get_status_by(instance_id_prefix=DEPLOYMENT_PREFIX)
    listed = sorted(
        (statuses.deployment_status(instance, brief=True) for instance in found),
        key=lambda status: (str(status.created), status.id),
        reverse=True,
    )
    wanted = {name: req.params[name] for name in ("endpoint", "model", "status") if req.params.get(name)}
    matching = [
        status
        for status in listed
        if wanted.get("endpoint", status.endpoint).lower() == status.endpoint
        and wanted.get("model", status.model) in (status.model, status.model.split(":")[0])
        and wanted.get("status", status.status).lower() == status.status.lower()
    ]
    after = req.params.get("after")
    ids = [status.id for status in matching]
    if after and after not in ids:
        # Beginning anew would send a caller who follows `next` round in circles.
        return problem_of(_refused("after", "no deployment of this list has this id: begin again without `after`"))
    start = ids.index(after) + 1 if after else 0
    page = matching[start : start + limit]
    query = urlencode({"limit": limit, "after": page[-1].id if page else "", **wanted})
    following = f"/api/deployments?{query}" if start + limit < len(matching) else None
    return answer(DeploymentList(deployments=page, next=following))


def post_plan(req: func.HttpRequest) -> func.HttpResponse:
    """POST /api/plans: what a deployment would do, and every problem in its way; nothing is written."""
    try:
        request = read_request(parse_body(req.get_body()))
    except (BodyTooLarge, RequestProblems) as error:
        return problem_of(error)
    try:
        found = plan(PlanInput(request=request))
    except DeploymentError as error:
        headers = {"Retry-After": str(int(error.retry_after or 10))}
        return problem(503, "Azure unavailable", f"{error.message} {error.advice}", headers=headers)
    return answer(found)


async def list_events(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """GET /api/events: what became of each model registration, newest first; `model` filters."""
    found = await client.get_status_by(instance_id_prefix=EVENT_PREFIX)
    events = [statuses.event_outcome(instance) for instance in found]
    model = req.params.get("model")
    chosen = [event for event in events if not model or event.model == model]
    chosen.sort(key=lambda event: (str(event.created), event.id), reverse=True)
    return answer(EventList(events=chosen[:PAGE_LIMIT]))


def get_openapi(req: func.HttpRequest) -> func.HttpResponse:
    """GET /api/openapi.json: this API, generated from its contracts."""
    return json_answer(openapi())


def get_health(req: func.HttpRequest) -> func.HttpResponse:
    """GET /api/health: the process is up and configured; says nothing about Azure."""
    return answer(Health(status="ok", version=VERSION, workspace=settings().workspace))


def _idempotency_key(req: func.HttpRequest) -> str | None:
    key: str | None = req.headers.get("Idempotency-Key")
    if key is None or KEY_PATTERN.fullmatch(key):
        return key
    raise _refused("Idempotency-Key", "send 1 to 255 printable ASCII characters without spaces")


def _limit(req: func.HttpRequest) -> int:
    text = req.params.get("limit", "50")
    if re.fullmatch(r"[0-9]{1,3}", text) and 1 <= int(text) <= PAGE_LIMIT:
        return int(text)
    raise _refused("limit", f"send a whole number from 1 to {PAGE_LIMIT}")


def _check_status(text: str | None) -> None:
    states = get_args(DeploymentState)
    if text and text.lower() not in map(str.lower, states):
        raise _refused("status", f"send one of {', '.join(states)}")


def _refused(path: str, message: str) -> RequestProblems:
    return RequestProblems([Problem(path=path, code="invalid_value", message=message)])
