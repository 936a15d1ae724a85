"""What does not fit together by now: `GET /api/findings`, and a timer where the operator wants one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from typing import Any, get_args

import azure.functions as func

from activities.removing import Compared
from activities.strays import (
    Things,
    about_endpoint,
    grants_without_identity,
    read_things,
    removing,
    settings_without_deployment,
)
from contracts.errors import DeploymentError
from contracts.findings import FindingList, Stray
from contracts.ledger import LedgerEntry
from contracts.problems import RequestProblems
from contracts.queue import EndpointQueue
from contracts.releases import Release
from contracts.runtimes import QUEUE
from contracts.status import DeploymentState
from orchestrations.runbooks import runbook_of
from triggers.answers import answer, azure_unavailable, problem_of
from triggers.claims import Claims, read_claims
from triggers.conditional import hub_unavailable
from triggers.hub import REQUESTS_AT_ONCE, Hub, HubUnavailable, Instance
from triggers.line import queue_of
from triggers.parameters import check_names
from triggers.statuses import RUNNING, names_of, state_of

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
            strays += () if queue and queue.askers else _of_endpoint(things, name, _releases(queue))
    async with Hub(client) as hub:
        strays = [one for one in strays if not await _works(hub, one)]
        grants = [one async for one in _grants(hub, things)]
    return FindingList(findings=[*strays, *grants], unchecked=things.unchecked)


async def found_at(client: Any, endpoint: str, mark: str | None) -> Compared:
    """The same of one endpoint, whoever stands in its line; raises what `found_now` does.

    `mark` is that of the run that asks.
    """
    things = await asyncio.to_thread(read_things, endpoint)
    releases = _releases(await queue_of(client, endpoint))
    strays = [*settings_without_deployment(things)]
    for name in things.deployments:
        strays += _of_endpoint(things, name, releases)
    in_use: dict[str, str] = {}
    async with Hub(client) as hub:
        in_use |= {one.id: str(one.made_by) for one in strays if await _works(hub, one)}
        grants = [one async for one in _grants(hub, things) if one.endpoint == endpoint]
    claims = await read_claims(Hub(client), for_good=True, roles=True) if grants else Claims({})
    for one in grants:
        relying = claims.on(LedgerEntry(kind="role_assignment", id=one.id), mark or "")
        in_use |= {one.id: relying} if relying else {}
    return Compared(endpoint, things, releases, [*strays, *grants], in_use)


def _releases(queue: EndpointQueue | None) -> list[Release]:
    return queue.releases if queue else []


def _of_endpoint(things: Things, name: str, releases: list[Release]) -> Iterable[Stray]:
    return about_endpoint(things.endpoints[name], things.deployments[name], releases)


async def _works(hub: Hub, stray: Stray) -> bool:
    """Whether the run that made it has not ended."""
    instance = await hub.instance(stray.made_by) if stray.made_by else None
    return instance is not None and state_of(instance) in RUNNING


async def _grants(hub: Hub, things: Things) -> AsyncIterator[Stray]:
    """Roles that runs of this Slipway gave, with the endpoint that they gave them for."""
    for one in grants_without_identity(things):
        instance = await hub.instance(str(one.made_by))
        # Another workspace's Slipway signs its grants too: only a run that this hub knows is this one's.
        if instance is None or state_of(instance) not in _ENDED:
            continue
        endpoint = _endpoint_of(instance)
        told = {"endpoint": endpoint, "command": removing(endpoint, one.id)} if endpoint else {}
        yield one.model_copy(update=told)


def _endpoint_of(instance: Instance) -> str | None:
    """The endpoint that a run wrote to; None for one that wrote to a compute."""
    runbook = runbook_of(instance.id)
    names = names_of(runbook, instance) if runbook else None
    endpoint = (names or {}).get("endpoint") or ""
    return None if not endpoint or endpoint.startswith(QUEUE) else endpoint.lower()
