"""What is done with one instance that a path names: it is found, or it is said why it is not."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from contracts.problems import RequestProblems
from orchestrations.runbooks import Runbook
from triggers import statuses
from triggers.answers import problem, problem_of
from triggers.conditional import hub_unavailable
from triggers.hub import HubUnavailable, Instance
from triggers.parameters import check_names
from triggers.starting import find

# What the hub can be asked for; somebody else may have given an instance an id that Slipway would not.
_ASKABLE = r"[A-Za-z0-9_.-]{1,100}"

Answering = Callable[[func.HttpRequest, Any, Instance], Awaitable[func.HttpResponse]]


def about_one(runbook: Runbook, answering: Answering, parameters: tuple[str, ...] = ()) -> Any:
    """The function that answers about the instance of the path; `answering` may raise what is told as a problem."""

    async def handle(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
        try:
            check_names(req, parameters)
            instance = await found(runbook, client, req.route_params["id"])
            if instance is None:
                return _none_of(runbook)
            return await answering(req, client, instance)
        except RequestProblems as error:
            return problem_of(error)
        except HubUnavailable as error:
            return hub_unavailable(error)

    return handle


async def found(runbook: Runbook, client: Any, instance_id: str) -> Instance | None:
    """The runbook's instance of that id; None when there is none. Raises HubUnavailable."""
    if not re.fullmatch(re.escape(runbook.prefix) + _ASKABLE, instance_id):
        return None
    instance = await find(client, instance_id)
    return instance if instance and statuses.is_of(runbook, instance) else None


def _none_of(runbook: Runbook) -> func.HttpResponse:
    detail = f"there is no {runbook.noun} with this id (or its record was purged)"
    return problem(404, f"No such {runbook.noun}", detail)
