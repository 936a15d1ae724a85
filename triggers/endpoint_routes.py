"""What can be read of online endpoints over HTTP, and asked of their models.

What answers is imported with the first call: a cold start pays for none of it.
"""

from __future__ import annotations

import azure.durable_functions as df
import azure.functions as func

from triggers.routes import Route


def list_endpoints(req: func.HttpRequest) -> func.HttpResponse:
    """GET /api/endpoints: the workspace's endpoints, in Azure's pages."""
    from triggers import endpoint_answers

    return endpoint_answers.listed(req)


def get_endpoint(req: func.HttpRequest) -> func.HttpResponse:
    """GET /api/endpoints/{endpoint}: what is there."""
    from triggers import endpoint_answers

    return endpoint_answers.shown(req)


def get_endpoint_log(req: func.HttpRequest) -> func.HttpResponse:
    """GET /api/endpoints/{endpoint}/deployments/{deployment}/logs: what its containers have written, as of now."""
    from triggers import endpoint_answers

    return endpoint_answers.log(req)


def consume_endpoint(req: func.HttpRequest) -> func.HttpResponse:
    """GET /api/endpoints/{endpoint}/consume: all that it takes to call it, but its key."""
    from triggers import endpoint_answers

    return endpoint_answers.consumption(req)


async def invoke_endpoint(req: func.HttpRequest) -> func.HttpResponse:
    """POST /api/endpoints/{endpoint}/invoke: a request to its model, without its key."""
    from triggers import invoking

    return await invoking.invoked(req)


async def look_for_findings(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Timer function: what `GET /api/findings` would tell goes to the log, where it has changed."""
    from triggers import findings

    await findings.look(timer, client)


async def list_findings(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """GET /api/findings: what Slipway made and nothing needs, and traffic that somebody else has changed."""
    from triggers import findings

    return await findings.listed(req, client)


ENDPOINT = "endpoints/{endpoint}"
ENDPOINT_ROUTES = (
    Route("GET", "endpoints", list_endpoints),
    Route("GET", ENDPOINT, get_endpoint),
    Route("GET", f"{ENDPOINT}/deployments/{{deployment}}/logs", get_endpoint_log),
    Route("POST", f"{ENDPOINT}/invoke", invoke_endpoint),
    Route("GET", f"{ENDPOINT}/consume", consume_endpoint),
    Route("GET", "findings", list_findings, asks_hub=True),
)
