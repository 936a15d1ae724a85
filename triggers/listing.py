"""Listing the instances of a runbook, newest first, page by page."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

import azure.durable_functions as df
import azure.functions as func

from contracts.problems import RequestProblems
from orchestrations.runbooks import Runbook
from triggers import statuses
from triggers.answers import answer, problem_of
from triggers.conditional import hub_unavailable
from triggers.hub import Hub, HubUnavailable
from triggers.instances import found
from triggers.newest import Position, Wanted, newest, with_inputs
from triggers.parameters import check_names, check_state, limit_of, refused

PAGING = ("limit", "after")


def listing(runbook: Runbook) -> Any:
    """The function that answers GET of all."""

    async def list_all(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
        try:
            check_names(req, (*runbook.filters, *PAGING))
            limit = limit_of(req)
            wanted = {name: req.params[name] for name in runbook.filters if req.params.get(name)}
            check_state(wanted.get("status"))
            after = await _position(runbook, client, req.params.get("after"))
            return answer(await _page(runbook, client, limit, wanted, after))
        except RequestProblems as error:
            return problem_of(error)
        except HubUnavailable as error:
            return hub_unavailable(error)

    return list_all


async def _page(runbook: Runbook, client: Any, limit: int, wanted: dict[str, str], after: Position | None) -> Any:
    fits = partial(statuses.fits, runbook, wanted=wanted)
    states = statuses.runtime_statuses(wanted["status"]) if "status" in wanted else ()
    async with Hub(client) as hub:
        asked = Wanted(runbook.prefix, states, fits)
        instances, following = await newest(hub, asked, limit, after, datetime.now(UTC))
        # Before its first turn, and when the platform ended it early, only its input says what an instance is about.
        silent = [one for one in instances if one.input is None and statuses.names_of(runbook, one) is None]
        whole = {one.id: one for one in await with_inputs(hub, silent)}
    page = [statuses.shown(runbook, whole.get(one.id, one), brief=True) for one in instances]
    query = urlencode({"limit": limit, "after": str(following), **wanted})
    url = f"/api/{runbook.route}?{query}" if following else None
    return runbook.listing.model_validate({runbook.route: page, "next": url})


async def _position(runbook: Runbook, client: Any, text: str | None) -> Position | None:
    """Where a page begins: as an earlier one said it, or after the instance of an id."""
    if not text:
        return None
    position = Position.read(text)
    if position is None:
        instance = await found(runbook, client, text)
        if instance is not None and instance.created is not None:
            return Position(instance.created, instance.id)
        # Beginning anew would send a caller who follows `next` round in circles.
        message = f"neither what a page gave out nor the id of a {runbook.noun}: begin again without `after`"
        raise refused("after", message)
    return position
