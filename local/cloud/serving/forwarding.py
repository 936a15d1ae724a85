"""From the front door to a scoring process and back, in the words of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from weakref import WeakKeyDictionary

import httpx
from starlette.requests import Request
from starlette.responses import Response

from local.cloud.serving.process import ServingProcess
from local.loopback import ADDRESS

PIN = "azureml-model-deployment"
# Which status the model gave, where it was another one than 200.
MODEL_STATUS = "ms-azureml-model-error-statuscode"
_NOT_FORWARDED = {"host", "connection", "authorization", "content-length", "transfer-encoding", "accept-encoding", PIN}
_NOT_RETURNED = {
    "connection",
    "content-length",
    "transfer-encoding",
    "server",
    "date",
    "x-request-id",
    "x-ms-request-id",
}


class Rejection(Exception):
    """An answer of the front door itself."""

    def __init__(self, status: int, body: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(body)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


async def forward(process: ServingProcess, name: str, request: Request) -> Response:
    """Pass the request to the scoring process and its answer back, as the service words it."""
    routing = {PIN: name, "azureml-model-session": name}
    # `/score` of the endpoint is the scoring route of the container. Not compared with live Azure.
    path = process.spec.scoring_path if request.url.path == "/score" else request.url.path
    url = f"http://{ADDRESS}:{process.port}{path}"
    headers = {key: value for key, value in request.headers.items() if key not in _NOT_FORWARDED}
    sent = _asking().build_request(
        request.method, url, params=request.url.query, headers=headers, content=await request.body()
    )
    try:
        # request_timeout_ms bounds real work of a real process, so it is real time, whatever the clock's speed.
        async with asyncio.timeout(process.spec.request_timeout.total_seconds()):
            answer = await _sending().handle_async_request(sent)
            try:
                await answer.aread()
            finally:
                await answer.aclose()
    except TimeoutError:
        process.suspect()
        raise Rejection(408, "upstream request timeout", routing) from None
    except httpx.HTTPError:
        process.suspect()
        raise nobody_there(name) from None
    kept = {key: value for key, value in answer.headers.items() if key.lower() not in _NOT_RETURNED}
    if answer.status_code == 200:
        return Response(answer.content, 200, {**kept, **routing})
    return Response(answer.content, 424, {**kept, **_model_error(answer.status_code), **routing})


@cache
def _asking() -> httpx.AsyncClient:
    """Writes requests, and sends none: it would keep cookies of one for the next.

    To make one for each request takes longer than the request does.
    """
    return httpx.AsyncClient(transport=_sending(), timeout=None, trust_env=False)  # noqa: S113 - `forward` has one


def _sending() -> httpx.AsyncHTTPTransport:
    """Sends each request on a connection of its own; plain HTTP on the loopback interface: nothing to verify.

    One for each loop: its connections may not come and go in two threads at once.
    """
    loop = asyncio.get_running_loop()
    if loop not in _of_loops:
        _of_loops[loop] = httpx.AsyncHTTPTransport(
            verify=False, limits=httpx.Limits(max_connections=None, max_keepalive_connections=0)
        )
    return _of_loops[loop]


_of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncHTTPTransport] = WeakKeyDictionary()


def nobody_there(name: str) -> Rejection:
    """The process died or dropped the connection, or is not ready. That Azure says 503 here was never compared."""
    return Rejection(424, "", {**_model_error(503), PIN: name, "azureml-model-session": name})


def _model_error(status: int) -> dict[str, str]:
    return {MODEL_STATUS: str(status), "ms-azureml-model-error-reason": "model_error"}
