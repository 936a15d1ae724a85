"""The Event Grid webhook: `/runtime/webhooks/eventgrid?functionName=...`.

As Azure/azure-functions-eventgrid-extension answers: the validation code at once, 202 when every event's function
returned, 500 when one raised (Event Grid then delivers the whole request again). One invocation per event, all at
the same time. The CloudEvents handshake (OPTIONS) follows the specification, not a comparison with a live host.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from azure.functions import meta
from starlette.requests import Request
from starlette.responses import Response

from local.host.auth import guarded
from local.host.index import Function, FunctionIndex
from local.host.invoke import Invoker
from local.host.keys import Keys
from local.host.pages import Json, Page
from local.host.worker import Call

PATH = "/runtime/webhooks/eventgrid"


class EventGridWebhook:
    """Receives events for the app's Event Grid functions."""

    def __init__(self, index: FunctionIndex, invoker: Invoker, keys: Keys | None) -> None:
        self._index = index
        self._invoker = invoker
        self._keys = keys

    def pages(self) -> list[Page]:
        """The webhook."""
        receive = guarded(self._keys, "eventgrid_extension", self._receive)
        return [Page("POST", PATH, receive), Page("OPTIONS", PATH, self._handshake)]

    async def _handshake(self, request: Request) -> Response:
        origin = request.headers.get("WebHook-Request-Origin", "*")
        return Response(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})

    async def _receive(self, request: Request) -> Response:
        name = request.query_params.get("functionName", "")
        function = self._index.find("eventgrid", name)
        if function is None:
            return Response(status_code=404, content=f"cannot find function: '{name}'")
        kind = request.headers.get("aeg-event-type", "")
        if kind == "Unsubscribe":
            return Response(status_code=202)
        try:
            events = _events((await request.body()).decode())
        except ValueError as error:
            return Response(status_code=400, content=str(error))
        if kind == "SubscriptionValidation":
            return _validation(events)
        if kind == "Notification":
            return await self._deliver(function, events)
        return Response(
            status_code=400, content="aeg-event-type must be SubscriptionValidation, Notification or Unsubscribe"
        )

    async def _deliver(self, function: Function, events: list[dict[str, Any]]) -> Response:
        calls = [Call(function, meta.Datum(json.dumps(event), "json")) for event in events]
        outcomes = await asyncio.gather(*(asyncio.wrap_future(self._invoker.submit(call)) for call in calls))
        failed = [outcome.error for outcome in outcomes if outcome.error is not None]
        if failed:
            return Response(status_code=500, content=f"{len(failed)} of {len(events)} events failed: {failed[0]}")
        return Response(status_code=202)


def _validation(events: list[dict[str, Any]]) -> Response:
    code = events[0].get("data", {}).get("validationCode") if events else None
    if code is None:
        return Response(status_code=400, content="the validation event carries no data.validationCode")
    return Json({"validationResponse": code})


def _events(body: str) -> list[dict[str, Any]]:
    """The events of a request: an array, or a single object (CloudEvents). Raises ValueError."""
    found = json.loads(body)
    events = found if isinstance(found, list) else [found]
    if not all(isinstance(event, dict) for event in events):
        raise ValueError("the body must be an event or an array of events")
    return events
