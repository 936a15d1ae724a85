"""Showing one instance of a runbook."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from contracts.problems import RequestProblems
from orchestrations.runbooks import Runbook
from triggers import statuses
from triggers.answers import problem, problem_of
from triggers.conditional import headers_of, hub_unavailable, unless_known
from triggers.guard import carry_on
from triggers.hub import HubUnavailable, Instance
from triggers.parameters import check_names
from triggers.starting import find

# What the hub can be asked for; somebody else may have given an instance an id that Slipway would not.
_ASKABLE = r"[A-Za-z0-9_.-]{1,100}"


def showing(runbook: Runbook) -> Any:
    """The function that answers GET of one."""

    async def show(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
        try:
            check_names(req)
            instance = await found(runbook, client, req.route_params["id"])
        except RequestProblems as error:
            return problem_of(error)
        except HubUnavailable as error:
            return hub_unavailable(error)
        if instance is not None and await carry_on(client, runbook, instance):
            instance = await _again(client, instance)
        if instance is None:
            return none_of(runbook)
        return unless_known(req, statuses.shown(runbook, instance), headers_of(instance))

    return show


def none_of(runbook: Runbook) -> func.HttpResponse:
    """404: the hub knows no such instance."""
    detail = f"there is no {runbook.noun} with this id (or its record was purged)"
    return problem(404, f"No such {runbook.noun}", detail)


async def _again(client: Any, instance: Instance) -> Instance:
    with suppress(HubUnavailable):
        return await find(client, instance.id) or instance
    return instance


async def found(runbook: Runbook, client: Any, instance_id: str) -> Instance | None:
    """The runbook's instance of that id; None when there is none. Raises HubUnavailable."""
    if not re.fullmatch(re.escape(runbook.prefix) + _ASKABLE, instance_id):
        return None
    instance = await find(client, instance_id)
    return instance if instance and statuses.is_of(runbook, instance) else None
