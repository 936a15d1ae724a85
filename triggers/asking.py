"""Asking for an instance of a runbook, with a key that makes it safe to repeat."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from activities.departing_runtimes import runtime_teardown_plan
from activities.teardown import teardown_plan
from contracts.base import Contract
from contracts.digests import digest
from contracts.errors import DeploymentError
from contracts.findings import RemovalRequest
from contracts.problems import RequestProblems
from contracts.runtime_deletion import DepartingRuntimeInput, RuntimeTeardownPlan
from contracts.teardown import DepartingInput, TeardownPlan
from orchestrations.runbooks import Runbook
from triggers import statuses
from triggers.answers import answer, azure_unavailable, problem, problem_of
from triggers.body import BodyTooLarge, parse_body
from triggers.conditional import headers_of, hub_unavailable
from triggers.hub import HubUnavailable, Instance
from triggers.parameters import check_names, flags, refused
from triggers.removing import removal_plan
from triggers.requests import body_contract, judged, named
from triggers.starting import KeyNotComparable, KeyReused, find, start_once

# Of an Idempotency-Key: printable ASCII without spaces.
KEY_CHARACTERS, LONGEST_KEY = "[!-~]", 255
KEY_REUSED = "this Idempotency-Key was used with another body: use a new key for a new request"
NOT_YET_COMPARABLE = (
    "this Idempotency-Key was used before, and with which body cannot be read yet: "
    "send the same request again in some seconds"
)
NOT_COMPARABLE = (
    "this Idempotency-Key was used before, and with which body cannot be read any more: look for what it started in "
    "the list, or send the request with a new key"
)


def starting(runbook: Runbook) -> Any:
    """The function that answers the runbook's call."""

    async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
        try:
            asked = Asked(runbook, req)
        except (BodyTooLarge, RequestProblems) as error:
            return problem_of(error)
        if asked.request.get("plan") is True:
            return await _planned(runbook, asked, client)
        instance_id, order = asked.instance_id, asked.order
        try:
            await start_once(client, runbook.name, instance_id, order)
        except KeyReused:
            return problem(409, "Key reused", KEY_REUSED)
        except KeyNotComparable as error:
            headers = {"Retry-After": "5"} if error.passing else None
            detail = NOT_YET_COMPARABLE if error.passing else NOT_COMPARABLE
            return problem(503, "Key not comparable", detail, headers=headers)
        except HubUnavailable as error:
            return hub_unavailable(error)
        return await _accepted(runbook, client, instance_id, order)

    return start


class Asked:
    """What a call asks a runbook for; raises BodyTooLarge, and RequestProblems with all that is wrong.

    Attributes:
        request: the body, or the query parameters of a method without one, as it is stored.
        names: what the path names.
        order: the instance's input.
    """

    def __init__(self, runbook: Runbook, req: func.HttpRequest) -> None:
        call = runbook.call
        assert call is not None, f"{runbook.name} is not started over HTTP"
        bodiless = call.method == "DELETE"
        fields = tuple(body_contract(runbook).model_fields) if bodiless else ()
        check_names(req, fields)
        key = _idempotency_key(req)
        self.names = named({name: req.route_params[name] for name in call.names})
        if bodiless and req.get_body().strip():
            raise refused("(body)", f"this call has no body: send {', '.join(fields)} as query parameters")
        self.request = judged(flags(req, fields) if bodiless else parse_body(req.get_body()), runbook)
        said = digest([runbook.name, self.names, self.request] if self.names else self.request)
        self.instance_id = runbook.prefix + (digest(["key", key]) if key else uuid.uuid4().hex)
        accepted = datetime.now(UTC).isoformat()
        order = {**self.names, "request": self.request, "digest": said, "accepted": accepted}
        self.order = runbook.order.from_wire(order).to_wire()


def _departing_runtime(asked: Asked) -> Contract:
    taking = asked.request.get("with_compute") is True
    return runtime_teardown_plan(DepartingRuntimeInput(**asked.names, with_compute=taking))


# By what a runbook says that it answers.
PLANNED: dict[type[Contract], Callable[[Asked], Contract]] = {
    TeardownPlan: lambda asked: teardown_plan(DepartingInput(**asked.names)),
    RuntimeTeardownPlan: _departing_runtime,
}


async def _planned(runbook: Runbook, asked: Asked, client: Any) -> func.HttpResponse:
    """200: what would go, and nothing does."""
    assert runbook.plans is not None, f"{runbook.name} has no plan"
    try:
        if runbook.asked_with is RemovalRequest:
            return answer(await removal_plan(client, asked.names["endpoint"], asked.request.get("id")))
        # The Azure libraries wait for their answers, and the other calls must not wait for them.
        return answer(await asyncio.to_thread(PLANNED[runbook.plans], asked))
    except HubUnavailable as error:
        return hub_unavailable(error)
    except DeploymentError as error:
        return azure_unavailable(error)


async def _accepted(runbook: Runbook, client: Any, instance_id: str, order: dict[str, Any]) -> func.HttpResponse:
    """202: the run lives, whatever the hub says of it right after its start."""
    try:
        found = await find(client, instance_id)
    except HubUnavailable:
        found = None
    instance = found or Instance(id=instance_id, name=runbook.name, runtime_status="Pending", input=order)
    location = {"Location": f"/api/{runbook.route}/{instance_id}"}
    return answer(statuses.shown(runbook, instance), 202, location | headers_of(instance))


def _idempotency_key(req: func.HttpRequest) -> str | None:
    key: str | None = req.headers.get("Idempotency-Key")
    if key is None or re.fullmatch(f"{KEY_CHARACTERS}{{1,{LONGEST_KEY}}}", key):
        return key
    raise refused("Idempotency-Key", f"send 1 to {LONGEST_KEY} printable ASCII characters without spaces")
