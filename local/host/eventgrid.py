"""The Event Grid webhook: `/runtime/webhooks/eventgrid?functionName=...`.

As the true host with the extension 3.3 was recorded to answer: the validation code at once; 202 when every event's
function returned; 500, upon which Event Grid delivers the whole request again, when one raised or when there is no
making sense of the body. One invocation per event, all at the same time.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from azure.functions import meta
from starlette.requests import Request
from starlette.responses import Response

from local.host.auth import Doors, guarded
from local.host.index import Function, FunctionIndex
from local.host.invoke import Invoker
from local.host.pages import Page
from local.host.worker import Call

WEBHOOKS = "/runtime/webhooks"
_log = logging.getLogger("local.host")
PATH = f"{WEBHOOKS}/eventgrid"


class EventGridWebhook:
    """Receives events for the app's Event Grid functions."""

    def __init__(self, index: FunctionIndex, invoker: Invoker, doors: Doors | None) -> None:
        self._index = index
        self._invoker = invoker
        self._doors = doors

    def pages(self) -> list[Page]:
        """The webhook, whatever the method and what follows its path."""
        receive = guarded(self._doors, "eventgrid_extension", self._receive)
        return [Page("*", PATH, receive), Page("*", PATH + "/{rest:.*}", receive)]

    async def _receive(self, request: Request) -> Response:
        name = request.query_params.get("functionName", "")
        function = self._index.functions.get(name)
        if function is None or function.kind != "eventgrid":
            return Response(f"cannot find function: '{name}'", 404, media_type="text/plain")
        if request.method == "OPTIONS":
            return Response(headers={"WebHook-Allowed-Origin": "eventgrid.azure.net"})
        kind = request.headers.get("aeg-event-type", "").lower()
        try:
            if kind == "subscriptionvalidation":
                return _validated(_events(await request.body()))
            if kind == "notification":
                return await self._deliver(function, _events(await request.body()))
        except (ValueError, LookupError, TypeError):
            _log.warning("no sense in the body of a delivery to %s", name)
            return Response(status_code=500)
        return Response(status_code=202 if kind == "unsubscribe" else 400)

    async def _deliver(self, function: Function, events: list[dict[str, Any]]) -> Response:
        calls = [Call(function, meta.Datum(json.dumps(event), "json")) for event in events]
        outcomes = await asyncio.gather(*(asyncio.wrap_future(self._invoker.submit(call)) for call in calls))
        if any(outcome.error is not None for outcome in outcomes):
            failed = f"Exception while executing function: Functions.{function.name}"
            return Response(failed, 500, media_type="text/plain")
        return Response(status_code=202)


def _validated(events: list[dict[str, Any]]) -> Response:
    code = events[0]["data"]["validationCode"]
    return Response(json.dumps({"validationResponse": code}, separators=(",", ":")), media_type="text/plain")


def _events(body: bytes) -> list[dict[str, Any]]:
    """The events of a request: an array, or a single object. Raises ValueError."""
    found = json.loads(body.decode(errors="replace"))
    events = found if isinstance(found, list) else [found]
    if not all(isinstance(event, dict) for event in events):
        raise ValueError("the body must be an event or an array of events")
    return events
