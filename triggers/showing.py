"""Showing one instance of a runbook."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import azure.functions as func

from orchestrations.runbooks import Runbook
from triggers import statuses
from triggers.conditional import headers_of, unless_known
from triggers.guard import carry_on
from triggers.hub import HubUnavailable, Instance
from triggers.instances import about_one
from triggers.starting import find


def showing(runbook: Runbook) -> Any:
    """The function that answers GET of one."""

    async def show(req: func.HttpRequest, client: Any, instance: Instance) -> func.HttpResponse:
        if await carry_on(client, runbook, instance):
            with suppress(HubUnavailable):
                instance = await find(client, instance.id) or instance
        return unless_known(req, statuses.shown(runbook, instance), headers_of(instance))

    return about_one(runbook, show)
