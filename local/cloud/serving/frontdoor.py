"""The scoring front door: `https://<endpoint>.<region>.inference.ml.azure.com`.

Sources: the status table of "Troubleshoot online endpoints", a recorded scoring answer (headers), the Envoy script of
Azure ML's public assets (424, its two headers, the 429), and texts quoted in public issues (401, 404, 408). The bodies
of 401 for tokens and of a pin to an unknown deployment were never compared with live Azure.
"""

from __future__ import annotations

import random
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from local.clock import Clock
from local.cloud.serving.answered import Answered, Watching, nobody_watches
from local.cloud.serving.forwarding import PIN, Rejection, forward, nobody_there
from local.cloud.serving.process import ServingProcess

# What the front door of a scoring script lets through: score, liveness, and the generated description.
ROUTES = {"/score": ("POST", "GET", "OPTIONS"), "/": ("GET",), "/swagger.json": ("GET",)}
# More than twice what a deployment may work on at once is turned away (status table, 429).
QUEUE_FACTOR = 2


@dataclass(frozen=True)
class EndpointView:
    """What the front door needs to know of an endpoint.

    `accepts(credential)` says whether the bearer credential may score (a key, an endpoint token, or an Entra token
    of a principal that may). `traffic` is percent by deployment, `mirror` percent of the live requests that a
    deployment gets a copy of; `deployments` holds those that have succeeded.
    """

    name: str
    auth_mode: str
    accepts: Callable[[str], bool]
    traffic: Mapping[str, int]
    deployments: Mapping[str, ServingProcess]
    mirror: Mapping[str, int] = field(default_factory=dict)


class Directory(Protocol):
    """Where the front door looks endpoints up."""

    def endpoint(self, name: str) -> EndpointView | None:
        """The endpoint of that name, or None."""


class FrontDoor:
    """ASGI application for every endpoint's host. `seed` makes the split of traffic repeatable."""

    def __init__(
        self, directory: Directory, clock: Clock, *, seed: int = 7, watching: Watching = nobody_watches
    ) -> None:
        self._directory = directory
        self._watching = watching
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - a repeatable split of traffic, no secret
        self._pending: Counter[int] = Counter()
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with the clock held meanwhile."""
        request = Request(scope, receive)
        headers = {"Server": "azureml-frontdoor", "X-Request-ID": str(uuid.uuid4())}
        given = re.sub(r"[^A-Za-z0-9_-]", "", request.headers.get("x-ms-client-request-id", ""))[:40]
        if given:
            headers["x-ms-client-request-id"] = given
        with self._clock.busy(f"scoring at {request.url.hostname}"):
            began = time.perf_counter()
            try:
                response = await self._answer(request)
            except Rejection as rejection:
                response = PlainTextResponse(rejection.body, rejection.status, rejection.headers)
            self._watching(_endpoint_of(request), Answered.by(response, time.perf_counter() - began))
            response.headers.update(headers)
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        endpoint = self._directory.endpoint(_endpoint_of(request))
        if endpoint is None:
            raise Rejection(404, "")
        _check_credential(endpoint, request)
        if not any(one.spec.serves_itself for one in endpoint.deployments.values()):
            _check_route(request)
        pin = request.headers.get(PIN)
        name = self._choose(endpoint, pin)
        process = endpoint.deployments[name]
        if not process.spec.serves_itself:
            _check_route(request)
        response = await self._admitted(process, name, request)
        if pin is None:
            response.background = BackgroundTask(self._mirrored, endpoint, request)
        return response

    async def _mirrored(self, endpoint: EndpointView, request: Request) -> None:
        """Send a copy to the deployment that traffic is mirrored to; its answer is nobody's."""
        for name, share in endpoint.mirror.items():
            with self._lock:
                drawn = self._random.uniform(0, 100) < share
            if drawn and name in endpoint.deployments:
                with suppress(Rejection):
                    await self._admitted(endpoint.deployments[name], name, request)

    def _choose(self, endpoint: EndpointView, pin: str | None) -> str:
        """The deployment that serves a request: the pinned one, or one drawn by traffic."""
        if pin is not None:
            if pin not in endpoint.deployments:
                raise Rejection(404, f"The specified deployment {pin!r} could not be found or is not ready")
            return pin
        weights = {n: w for n, w in endpoint.traffic.items() if w > 0 and n in endpoint.deployments}
        if not weights:
            raise Rejection(404, "No valid deployments to route to")
        with self._lock:
            return self._random.choices(list(weights), list(weights.values()))[0]

    async def _admitted(self, process: ServingProcess, name: str, request: Request) -> Response:
        limit = QUEUE_FACTOR * process.spec.max_concurrent * process.spec.instance_count
        key = id(process)
        with self._lock:
            if self._pending[key] >= limit:
                reason = {"ms-azureml-model-error-reason": "too_many_pending_request", PIN: name}
                raise Rejection(429, "", reason)
            self._pending[key] += 1
        try:
            if not process.ready:
                process.suspect()
                raise nobody_there(name)
            return await forward(process, name, request)
        finally:
            with self._lock:
                self._pending[key] -= 1
                self._pending += Counter()  # drops what has come down to zero


def _endpoint_of(request: Request) -> str:
    return request.headers.get("host", "").split(".")[0].lower()


def _check_route(request: Request) -> None:
    methods = ROUTES.get(request.url.path)
    if methods is None:
        raise Rejection(404, "")
    if request.method not in methods:
        raise Rejection(405, "", {"Allow": ", ".join(methods)})


def _check_credential(endpoint: EndpointView, request: Request) -> None:
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    prefix = "key_auth" if endpoint.auth_mode.lower() == "key" else "token_auth"
    if scheme.lower() != "bearer" or not credential.strip():
        raise Rejection(401, f"{prefix}_bad_header_forbidden", {"WWW-Authenticate": "Bearer"})
    if not endpoint.accepts(credential.strip()):
        raise Rejection(401, f"{prefix}_access_denied", {"WWW-Authenticate": "Bearer"})
