"""The front of management.azure.com: one route table, and the checks that every line of it shares.

ARM ids are not case-sensitive, so neither is the table. Order of the checks, as ARM has it: api-version, token,
permission, then the resource provider.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from local.clock import Clock
from local.cloud.arm.actions import Target, target_of
from local.cloud.arm.call import NULL_BODY, Answer, Call
from local.cloud.arm.documents import Json
from local.cloud.arm.errors import ArmError, authorization_failed, not_emulated
from local.cloud.arm.permissions import Permissions
from local.cloud.arm.route import ArmRoute
from local.cloud.exchange import Exchange
from local.cloud.identity import audiences
from local.cloud.identity.tokens import Claims, TokenRefused, Tokens


class ArmRouter:
    """ASGI application: admits requests and hands them to their route's handler, one at a time under `lock`."""

    def __init__(
        self,
        routes: Sequence[ArmRoute],
        *,
        clock: Clock,
        tokens: Tokens,
        permissions: Permissions,
        lock: threading.RLock,
    ) -> None:
        self._routes = routes
        self._clock = clock
        self._tokens = tokens
        self._permissions = permissions
        self._lock = lock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            response = _response(await self._answer(Request(scope, receive)))
        except ArmError as error:
            response = JSONResponse(error.body(self._clock.now()), error.status, headers=error.headers)
        response.headers["x-ms-request-id"] = response.headers["x-ms-correlation-request-id"] = str(uuid4())
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Answer:
        path = str(request.scope["path"])
        route, parameters = self._route(request.method, path)
        _check_version(request, route)
        claims = self._claims(request)
        target = Target(route.action, target_of(request.method, path).scope)
        if route.checked_by == "router":
            self._permit(claims, target)
        call = Call(
            caller=claims,
            target=target,
            path=path.rstrip("/"),
            parameters=parameters,
            query=dict(request.query_params),
            body=await _json_body(request),
            now=self._clock.now(),
        )
        with self._lock:
            return route.handler(call)

    def _route(self, method: str, path: str) -> tuple[ArmRoute, dict[str, str]]:
        """The first route of this method and path; 501, saying what is emulated there, without one."""
        other_methods = set()
        for route in self._routes:
            parameters = route.parameters(path)
            if parameters is None:
                continue
            if route.method == method:
                return route, parameters
            other_methods.add(route.method)
        instead = "What it does emulate is listed at GET /local/routes of its control URL."
        if other_methods:
            instead = f"It emulates {', '.join(sorted(other_methods))} there."
        raise not_emulated(f"{method} {path}", instead)

    def _claims(self, request: Request) -> Claims:
        """Who calls, from the bearer token. Raises ArmError 401 as ARM does without a good one."""
        try:
            claims = self._tokens.bearer(request.headers.get("authorization"), audiences.MANAGEMENT)
        except TokenRefused as refused:
            challenge = 'Bearer authorization_uri="https://login.windows.net/", error="invalid_token"'
            raise ArmError(401, refused.code, refused.message, headers={"WWW-Authenticate": challenge}) from None
        Exchange.of(request.scope).caller = claims.name
        return claims

    def _permit(self, claims: Claims, target: Target) -> None:
        if not self._permissions.allowed(claims.principal_id, target.action, target.scope):
            raise authorization_failed(claims.client_id, claims.principal_id, target.action, target.scope)


def _check_version(request: Request, route: ArmRoute) -> None:
    version = request.query_params.get("api-version")
    if not version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise ArmError(400, "MissingApiVersionParameter", message)
    if version not in route.versions:
        supported = ",".join(sorted(route.versions, reverse=True))
        message = f"The api-version '{version}' is invalid. The supported versions are '{supported}'."
        raise ArmError(400, "InvalidApiVersionParameter", message)


async def _json_body(request: Request) -> Json:
    raw = await request.body()
    if not raw:
        return {}
    try:
        document = json.loads(raw)
    except ValueError as reason:
        message = f"The request content was invalid and could not be deserialized: '{reason}'."
        raise ArmError(400, "InvalidRequestContent", message) from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ArmError(400, "InvalidRequestContent", "The request content must be a JSON object.")
    return document


def _response(answer: Answer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status, headers=answer.headers)
    body = None if answer.body is NULL_BODY else answer.body
    headers = {"Cache-Control": "no-cache", "x-ms-response-type": "standard", **answer.headers}
    return JSONResponse(body, answer.status, headers=headers)
