"""Routes of management.azure.com, and the checks every one of them shares.

ARM ids are not case-sensitive, so neither is this table. Order of the checks, as ARM has it: api-version, token,
permission, then the resource provider.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.clock import Clock
from local.cloud.arm.actions import Target, target_of
from local.cloud.arm.errors import ArmError, authorization_failed, not_emulated
from local.cloud.exchange import Exchange
from local.cloud.identity.tokens import Claims, TokenRefused, Tokens

Json: TypeAlias = dict[str, object]

AUDIENCES = frozenset({"https://management.azure.com", "https://management.core.windows.net"})


@dataclass(frozen=True)
class Call:
    """One admitted ARM request: who calls, what the path and query said, and the JSON body (empty when none)."""

    caller: Claims
    target: Target
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    body: Json
    now: datetime

    @property
    def api_version(self) -> str:
        """The `api-version` the client sent."""
        return self.query["api-version"]


@dataclass(frozen=True)
class Answer:
    """What a handler says: `body` None means an empty response, `null` is `NULL_BODY`."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


# The service answers a delete with the JSON document `null` (recorded).
NULL_BODY = object()

Handler: TypeAlias = Callable[[Call], Answer]


class ArmRoute:
    """`method` and `pattern` (an ARM path with {parameters}), the api-versions it speaks, and its handler."""

    def __init__(self, method: str, pattern: str, versions: frozenset[str], handler: Handler) -> None:
        self.method = method
        self.pattern = pattern
        self.versions = versions
        self.handler = handler
        expression = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(pattern))
        self._expression = re.compile(f"{expression}/?", re.IGNORECASE)

    def parameters(self, path: str) -> dict[str, str] | None:
        """The values of the pattern's parameters when it is this path's, else None."""
        found = self._expression.fullmatch(path)
        return found.groupdict() if found else None


class Permissions(Protocol):
    """Who may do what (`local.cloud.authorization`)."""

    def allowed(self, principal_id: str, action: str, scope: str, *, data: bool = False) -> bool:
        """Whether the principal has an effective assignment that allows `action` over `scope`."""
        ...


class ArmRouter:
    """Admits requests and hands them to their route's handler, one at a time under `lock`."""

    def __init__(
        self,
        routes: Sequence[ArmRoute],
        *,
        clock: Clock,
        tokens: Tokens,
        permissions: Permissions,
        lock: threading.RLock,
    ) -> None:
        self.routes = routes
        self._clock = clock
        self._tokens = tokens
        self._permissions = permissions
        self._lock = lock

    async def dispatch(self, request: Request) -> Response:
        """Answer one request for management.azure.com."""
        try:
            route, parameters = self._route(request)
            _check_version(request, route)
            claims = self.claims(request)
            path = str(request.scope["path"])
            target = target_of(request.method, path)
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
                answer = route.handler(call)
        except ArmError as error:
            response: Response = JSONResponse(error.body(self._clock.now()), error.status, headers=error.headers)
        else:
            response = _response(answer)
        response.headers["x-ms-request-id"] = response.headers["x-ms-correlation-request-id"] = str(uuid4())
        return response

    def claims(self, request: Request) -> Claims:
        """Who calls, from the bearer token. Raises ArmError 401 as ARM does without a good one."""
        try:
            claims = self._tokens.bearer(request.headers.get("authorization"), AUDIENCES)
        except TokenRefused as refused:
            challenge = 'Bearer authorization_uri="https://login.windows.net/", error="invalid_token"'
            raise ArmError(401, refused.code, refused.message, headers={"WWW-Authenticate": challenge}) from None
        Exchange.of(request.scope).caller = claims.name
        return claims

    def _route(self, request: Request) -> tuple[ArmRoute, dict[str, str]]:
        path = str(request.scope["path"])
        other_methods = []
        for route in self.routes:
            parameters = route.parameters(path)
            if parameters is None:
                continue
            if route.method == request.method:
                return route, parameters
            other_methods.append(route.method)
        if other_methods:
            raise not_emulated(f"{request.method} {path}", f"It emulates {', '.join(sorted(other_methods))} there.")
        raise not_emulated(
            f"{request.method} {path}", "What it does emulate is listed at GET /local/routes of its control URL."
        )

    def _permit(self, claims: Claims, target: Target) -> None:
        # Any authenticated caller may follow an operation: ARM signs those URLs. Not compared with live Azure
        # for the unsigned form that a resource shows in its properties.
        if "/locations/mfeoperation" in target.action.lower():
            return
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
