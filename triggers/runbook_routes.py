"""What can be done with each runbook over HTTP: start an instance, look at one, list them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any, get_args
from urllib.parse import urlencode

import azure.durable_functions as df
import azure.functions as func

from contracts.digests import digest
from contracts.problems import Problem, RequestProblems
from contracts.status import DeploymentState
from orchestrations.runbooks import Runbook
from triggers import statuses
from triggers.answers import answer, problem, problem_of
from triggers.body import BodyTooLarge, parse_body
from triggers.guard import carry_on
from triggers.requests import judged
from triggers.routes import Route
from triggers.starting import KeyReused, find, start_once

# Of an Idempotency-Key: printable ASCII without spaces.
KEY_CHARACTERS, LONGEST_KEY = "[!-~]", 255
PAGE_LIMIT, PAGE_DEFAULT = 200, 50


def routes_of(runbook: Runbook) -> Iterator[Route]:
    """The routes that a runbook's registration gives it."""
    if runbook.asked_with is not None:
        yield Route("POST", runbook.route, _named(f"post_{runbook.noun}", _starting(runbook)), runbook)
        yield Route("GET", f"{runbook.route}/{{id}}", _named(f"get_{runbook.noun}", _showing(runbook)), runbook)
    yield Route("GET", runbook.route, _named(f"list_{runbook.noun}s", _listing(runbook)), runbook)


def _named(name: str, handler: Any) -> Any:
    # The Functions worker calls a function by its name.
    handler.__name__ = handler.__qualname__ = name
    return handler


def _starting(runbook: Runbook) -> Any:
    async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
        try:
            key = _idempotency_key(req)
            request = judged(parse_body(req.get_body()), runbook)
        except (BodyTooLarge, RequestProblems) as error:
            return problem_of(error)
        instance_id = runbook.prefix + (digest(["key", key]) if key else uuid.uuid4().hex)
        order = runbook.order.from_wire({"request": request, "digest": digest(request)})
        try:
            await start_once(client, runbook.name, instance_id, order.to_wire())
        except KeyReused:
            detail = "this Idempotency-Key was used with another body: use a new key for a new request"
            return problem(409, "Key reused", detail)
        instance = await find(client, instance_id)
        location = f"/api/{runbook.route}/{instance_id}"
        return answer(statuses.shown(runbook, instance), 202, {"Location": location, "Retry-After": "5"})

    return start


def _showing(runbook: Runbook) -> Any:
    async def show(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
        instance_id = req.route_params["id"]
        instance = None
        if re.fullmatch(runbook.id_pattern, instance_id):
            instance = await find(client, instance_id)
        if instance is None:
            detail = f"there is no {runbook.noun} with this id (or its record was purged)"
            return problem(404, f"No such {runbook.noun}", detail)
        if await carry_on(client, runbook, instance):
            instance = await find(client, instance_id) or instance
        return answer(statuses.shown(runbook, instance))

    return show


def _listing(runbook: Runbook) -> Any:
    async def list_all(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
        try:
            limit = _limit(req)
            _check_status(req.params.get("status") if "status" in runbook.filters else None)
        except RequestProblems as error:
            return problem_of(error)
        found = await client.get_status_by(instance_id_prefix=runbook.prefix)
        listed = [statuses.shown(runbook, instance, brief=True) for instance in found]
        listed.sort(key=lambda status: (str(status.created), status.id), reverse=True)
        wanted = {name: req.params[name] for name in runbook.filters if req.params.get(name)}
        matching = [one for one in listed if all(statuses.fits(one, name, value) for name, value in wanted.items())]
        after = req.params.get("after")
        ids = [status.id for status in matching]
        if after and after not in ids:
            # Beginning anew would send a caller who follows `next` round in circles.
            message = f"no {runbook.noun} of this list has this id: begin again without `after`"
            return problem_of(_refused("after", message))
        start = ids.index(after) + 1 if after else 0
        page = matching[start : start + limit]
        query = urlencode({"limit": limit, "after": page[-1].id if page else "", **wanted})
        following = f"/api/{runbook.route}?{query}" if start + limit < len(matching) else None
        return answer(runbook.listing.model_validate({runbook.route: page, "next": following}))

    return list_all


def _idempotency_key(req: func.HttpRequest) -> str | None:
    key: str | None = req.headers.get("Idempotency-Key")
    if key is None or re.fullmatch(f"{KEY_CHARACTERS}{{1,{LONGEST_KEY}}}", key):
        return key
    raise _refused("Idempotency-Key", f"send 1 to {LONGEST_KEY} printable ASCII characters without spaces")


def _limit(req: func.HttpRequest) -> int:
    text = req.params.get("limit", str(PAGE_DEFAULT))
    if re.fullmatch(r"[0-9]{1,3}", text) and 1 <= int(text) <= PAGE_LIMIT:
        return int(text)
    raise _refused("limit", f"send a whole number from 1 to {PAGE_LIMIT}")


def _check_status(text: str | None) -> None:
    states = get_args(DeploymentState)
    if text and text.lower() not in map(str.lower, states):
        raise _refused("status", f"send one of {', '.join(states)}")


def _refused(path: str, message: str) -> RequestProblems:
    return RequestProblems([Problem(path=path, code="invalid_value", message=message)])
