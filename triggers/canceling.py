"""Canceling an instance: it stops before its next step, and undoes what it has made."""

from __future__ import annotations

from typing import Any

import azure.functions as func

from contracts.orders import CANCEL
from orchestrations.runbooks import Runbook
from triggers import statuses
from triggers.answers import answer
from triggers.conditional import headers_of
from triggers.hub import HubUnavailable, Instance
from triggers.instances import about_one

REASON = "somebody canceled it over the API"


def canceling(*runbooks: Runbook) -> Any:
    """The function that answers POST of `cancel`: safe to repeat, and without effect on what has ended."""

    async def cancel(_: func.HttpRequest, client: Any, runbook: Runbook, instance: Instance) -> func.HttpResponse:
        runs = statuses.state_of(instance) in statuses.RUNNING
        if runs:
            try:
                await client.raise_event(instance.id, CANCEL, REASON)
            except Exception as error:  # the SDK raises bare Exception; it may have ended in this moment
                raise HubUnavailable(f"the task hub did not take the event ({type(error).__name__})") from None
        location = {"Location": f"/api/{runbook.route}/{instance.id}"}
        return answer(statuses.shown(runbook, instance), 202 if runs else 200, location | headers_of(instance))

    return about_one(runbooks, cancel)
