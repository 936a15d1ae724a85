"""What an endpoint has served: `GET /api/endpoints/{endpoint}/releases`."""

from __future__ import annotations

import azure.durable_functions as df
import azure.functions as func

from contracts.problems import RequestProblems
from contracts.releases import ReleaseList
from settings import settings
from triggers.answers import answer, problem_of
from triggers.conditional import hub_unavailable
from triggers.hub import HubUnavailable
from triggers.line import queue_of
from triggers.parameters import check_names
from triggers.requests import named


async def list_releases(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """GET: the last releases of an endpoint, newest first; none of one that Slipway has never changed."""
    try:
        check_names(req)
        endpoint = named({"endpoint": req.route_params["endpoint"]})["endpoint"]
        queue = await queue_of(client, endpoint)
    except RequestProblems as error:
        return problem_of(error)
    except HubUnavailable as error:
        return hub_unavailable(error)
    workspace_id = settings().workspace_id
    return answer(ReleaseList(releases=[one.for_people(workspace_id) for one in queue.releases] if queue else []))
