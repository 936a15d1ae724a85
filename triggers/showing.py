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
from triggers.line import in_line
from triggers.starting import find


def showing(*runbooks: Runbook) -> Any:
    """The function that answers GET of one."""

    async def show(req: func.HttpRequest, client: Any, runbook: Runbook, instance: Instance) -> func.HttpResponse:
        if await carry_on(client, runbook, instance):
            with suppress(HubUnavailable):
                instance = await find(client, instance.id) or instance
        told = await in_line(client, instance, statuses.shown(runbook, instance))
        return unless_known(req, told, headers_of(instance))

    return about_one(runbooks, show)
