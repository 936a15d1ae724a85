"""What the containers of a deployment wrote: as it was kept when the run failed, else as Azure has it now."""

from __future__ import annotations

import asyncio
from typing import Any

import azure.functions as func

from activities.container_logs import find_log
from contracts.container_log import CONTAINERS, Container
from contracts.errors import DeploymentError
from orchestrations.runbooks import Runbook
from orchestrations.steps import KEEP_LOGS
from triggers import statuses
from triggers.answers import azure_unavailable, problem
from triggers.hub import Instance
from triggers.instances import about_one
from triggers.parameters import refused

# A browser must not take for a page what a stranger's script has printed.
AS_TEXT = {"X-Content-Type-Options": "nosniff"}


def reading_logs(*runbooks: Runbook) -> Any:
    """The function that answers GET of a log."""

    async def read_log(req: func.HttpRequest, _: Any, __: Runbook, instance: Instance) -> func.HttpResponse:
        container = _container(req.params.get("container"))
        entry = statuses.deployment_left(statuses.progress_of(instance))
        try:
            # The Azure libraries wait for their answers, and the other calls must not wait for them.
            text = await asyncio.to_thread(find_log, instance.id, entry, container)
        except DeploymentError as error:
            return azure_unavailable(error)
        if text is None:
            return problem(404, "No log", _why_none(instance, container))
        return func.HttpResponse(text, headers=AS_TEXT, mimetype="text/plain", charset="utf-8")

    return about_one(runbooks, read_log, ("container",))


def _container(text: str | None) -> Container:
    for container in CONTAINERS:
        if (text or CONTAINERS[0]) == container:
            return container
    raise refused("container", f"send one of {', '.join(CONTAINERS)}")


def _why_none(instance: Instance, container: Container) -> str:
    """Why there is no log, and what to do next."""
    progress = statuses.progress_of(instance)
    kept = next((step for step in progress.steps if step.name == KEEP_LOGS.activity), None)
    if kept is None and not any(entry.kind == statuses.DEPLOYMENT for entry in progress.ledger):
        return "the run has made no deployment, so that no container was started: its status says how far it came"
    if (kept is not None and kept.state == "succeeded") or statuses.deployment_left(progress):
        other = next(one for one in CONTAINERS if one != container)
        return f"{container} wrote nothing, or its deployment is gone: ask for `?container={other}`"
    why = kept.detail if kept and kept.detail else "the run ended before it could be"
    return f"none was kept ({why}): send the request again, with `on_failure: keep` to look at the deployment itself"
