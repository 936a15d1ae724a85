"""Canceling an instance: it stops before its next step, and undoes what it has made."""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df
import azure.functions as func

from contracts.orders import CANCEL
from contracts.problems import RequestProblems
from orchestrations.runbooks import Runbook
from triggers import statuses
from triggers.answers import answer, problem_of
from triggers.conditional import headers_of, hub_unavailable
from triggers.hub import HubUnavailable
from triggers.parameters import check_names
from triggers.showing import found, none_of

REASON = "somebody canceled it over the API"


def canceling(runbook: Runbook) -> Any:
    """The function that answers POST of `cancel`: safe to repeat, and without effect on what has ended."""

    async def cancel(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
        try:
            check_names(req)
            instance = await found(runbook, client, req.route_params["id"])
        except RequestProblems as error:
            return problem_of(error)
        except HubUnavailable as error:
            return hub_unavailable(error)
        if instance is None:
            return none_of(runbook)
        runs = statuses.state_of(instance) in statuses.RUNNING
        if runs:
            try:
                await client.raise_event(instance.id, CANCEL, REASON)
            except Exception as error:  # the SDK raises bare Exception; it may have ended in this moment
                return hub_unavailable(HubUnavailable(f"the task hub did not take the event ({type(error).__name__})"))
        location = {"Location": f"/api/{runbook.route}/{instance.id}"}
        return answer(statuses.shown(runbook, instance), 202 if runs else 200, location | headers_of(instance))

    return cancel
