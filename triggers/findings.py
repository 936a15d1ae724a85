"""What does not fit together by now: `GET /api/findings`, and a timer where the operator wants one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, get_args

import azure.functions as func

from activities.strays import (
    Things,
    about_endpoint,
    grants_without_identity,
    read_things,
    settings_without_deployment,
)
from contracts.errors import DeploymentError
from contracts.findings import FindingList, Stray
from contracts.problems import RequestProblems
from contracts.queue import EndpointQueue
from contracts.status import DeploymentState
from triggers.answers import answer, azure_unavailable, problem_of
from triggers.conditional import hub_unavailable
from triggers.hub import REQUESTS_AT_ONCE, Hub, HubUnavailable
from triggers.line import queue_of
from triggers.parameters import check_names
from triggers.statuses import RUNNING, state_of

log = logging.getLogger("slipway.findings")

# What this process has logged.
_told: set[str] = set()
_ENDED = frozenset(get_args(DeploymentState)) - RUNNING


async def listed(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    """All that is found now."""
    try:
        check_names(req)
        return answer(await found_now(client))
    except RequestProblems as error:
        return problem_of(error)
    except HubUnavailable as error:
        return hub_unavailable(error)
    except DeploymentError as error:
        return azure_unavailable(error)


async def look(timer: func.TimerRequest, client: Any) -> None:
    """Timer function: log what is found and was not before, and what is gone; a new process tells all of it."""
    try:
        page = await found_now(client)
    except (HubUnavailable, DeploymentError) as error:
        log.warning("findings could not be looked for: %s", type(error).__name__)
        return
    now = {f"{one.kind} {one.id}": one for one in page.findings}
    for key in now.keys() - _told:
        log.warning("found: %s (%s): %s", now[key].kind, now[key].detail, now[key].command)
    for key in _told - now.keys():
        log.info("not found any more: %s", key)
    _told.clear()
    _told.update(now)


async def found_now(client: Any) -> FindingList:
    """What Slipway made, compared with what is there; raises HubUnavailable and deployment errors.

    What a run works on is left alone: it is about to be something else.
    """
    # The Azure libraries wait for their answers, and the other calls must not wait for them.
    things = await asyncio.to_thread(read_things)
    strays = [*settings_without_deployment(things)]
    every = [*things.endpoints]
    for begin in range(0, len(every), REQUESTS_AT_ONCE):
        names = every[begin : begin + REQUESTS_AT_ONCE]
        queues = await asyncio.gather(*(queue_of(client, name) for name in names))
        for name, queue in zip(names, queues, strict=True):
            strays += _of_endpoint(things, name, queue)
    strays = [one for one in strays if not (one.made_by and await _state(client, one.made_by) in RUNNING)]
    # Another workspace's Slipway signs its grants too: only a run that this hub knows is this one's.
    grants = [one for one in grants_without_identity(things) if await _state(client, str(one.made_by)) in _ENDED]
    return FindingList(findings=[*strays, *grants], unchecked=things.unchecked)


def _of_endpoint(things: Things, name: str, queue: EndpointQueue | None) -> Iterable[Stray]:
    if queue is not None and queue.askers:
        return ()
    return about_endpoint(things.endpoints[name], things.deployments[name], queue.releases if queue else [])


async def _state(client: Any, run: str) -> str | None:
    async with Hub(client) as hub:
        instance = await hub.instance(run)
    return state_of(instance) if instance else None
