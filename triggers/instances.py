"""What is done with one instance that a path names: it is found, or it is said why it is not."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
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

Answering = Callable[[func.HttpRequest, Any, Runbook, Instance], Awaitable[func.HttpResponse]]


def about_one(runbooks: Sequence[Runbook], answering: Answering, parameters: tuple[str, ...] = ()) -> Any:
    """The function that answers about the instance of the path, one of these runbooks, which share a route.

    `answering` may raise what is told as a problem.
    """

    async def handle(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
        try:
            check_names(req, parameters)
            runbook, instance = await found(runbooks, client, req.route_params["id"])
            if instance is None:
                return _none_of(runbook)
            return await answering(req, client, runbook, instance)
        except RequestProblems as error:
            return problem_of(error)
        except HubUnavailable as error:
            return hub_unavailable(error)

    return handle


async def found(runbooks: Sequence[Runbook], client: Any, instance_id: str) -> tuple[Runbook, Instance | None]:
    """The instance of that id, and which runbook's it is; None when there is none. Raises HubUnavailable."""
    for runbook in runbooks:
        if re.fullmatch(re.escape(runbook.prefix) + _ASKABLE, instance_id):
            instance = await find(client, instance_id)
            return runbook, instance if instance and statuses.is_of(runbook, instance) else None
    return runbooks[0], None


def _none_of(runbook: Runbook) -> func.HttpResponse:
    detail = f"there is no {runbook.noun} with this id (or its record was purged)"
    return problem(404, f"No such {runbook.noun}", detail)
