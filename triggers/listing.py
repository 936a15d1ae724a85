"""Listing the instances of the runbooks that share a route, newest first, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from os.path import commonprefix
from typing import Any
from urllib.parse import urlencode

import azure.durable_functions as df
import azure.functions as func

from contracts.problems import RequestProblems
from orchestrations.runbooks import Runbook
from triggers import statuses
from triggers.answers import answer, problem_of
from triggers.conditional import hub_unavailable
from triggers.hub import Hub, HubUnavailable, Instance
from triggers.instances import found
from triggers.newest import Position, Wanted, newest, with_inputs
from triggers.parameters import check_names, check_state, limit_of, refused

PAGING = ("limit", "after")


def listing(*runbooks: Runbook) -> Any:
    """The function that answers GET of all."""
    filters = runbooks[0].filters

    async def list_all(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
        try:
            check_names(req, (*filters, *PAGING))
            limit = limit_of(req)
            wanted = {name: req.params[name] for name in filters if req.params.get(name)}
            check_state(wanted.get("status"))
            asked = _of_kind(runbooks, wanted.get("kind"))
            after = await _position(runbooks, client, req.params.get("after"))
            return answer(await _page(asked, client, limit, wanted, after))
        except RequestProblems as error:
            return problem_of(error)
        except HubUnavailable as error:
            return hub_unavailable(error)

    return list_all


def _of_kind(runbooks: Sequence[Runbook], kind: str | None) -> Sequence[Runbook]:
    if not kind:
        return runbooks
    found = [runbook for runbook in runbooks if runbook.name == kind.lower()]
    if not found:
        raise refused("kind", f"send one of {', '.join(runbook.name for runbook in runbooks)}")
    return found


async def _page(
    runbooks: Sequence[Runbook], client: Any, limit: int, wanted: dict[str, str], after: Position | None
) -> Any:
    of = partial(_runbook_of, runbooks)

    def fits(instance: Instance) -> bool | None:
        runbook = of(instance)
        return statuses.fits(runbook, instance, wanted) if runbook else False

    def is_silent(instance: Instance) -> bool:
        runbook = of(instance)
        return instance.input is None and runbook is not None and statuses.names_of(runbook, instance) is None

    states = statuses.runtime_statuses(wanted["status"]) if "status" in wanted else ()
    async with Hub(client) as hub:
        asked = Wanted(_beginning(runbooks), states, fits)
        instances, following = await newest(hub, asked, limit, after, datetime.now(UTC))
        # Before its first turn, and when the platform ended it early, only its input says what an instance is about.
        silent = [one for one in instances if is_silent(one)]
        whole = {one.id: one for one in await with_inputs(hub, silent)}
    told = [(runbook, whole.get(one.id, one)) for one in instances if (runbook := of(one))]
    page = [statuses.shown(runbook, one, brief=True) for runbook, one in told]
    query = urlencode({"limit": limit, "after": str(following), **wanted})
    route = runbooks[0].route
    url = f"/api/{route}?{query}" if following else None
    return runbooks[0].listing.model_validate({route: page, "next": url})


def _beginning(runbooks: Sequence[Runbook]) -> str:
    """What the ids of all of them begin with."""
    return commonprefix([runbook.prefix for runbook in runbooks])  # noqa: RUF071 - of names, which are no paths


def _runbook_of(runbooks: Sequence[Runbook], instance: Instance) -> Runbook | None:
    return next((runbook for runbook in runbooks if instance.id.startswith(runbook.prefix)), None)


async def _position(runbooks: Sequence[Runbook], client: Any, text: str | None) -> Position | None:
    """Where a page begins: as an earlier one said it, or after the instance of an id."""
    if not text:
        return None
    position = Position.read(text)
    if position is None:
        _, instance = await found(runbooks, client, text)
        if instance is not None and instance.created is not None:
            return Position(instance.created, instance.id)
        # Beginning anew would send a caller who follows `next` round in circles.
        message = f"neither what a page gave out nor the id of a {runbooks[0].noun}: begin again without `after`"
        raise refused("after", message)
    return position
