"""The front of management.azure.com: one route table, and the checks that every line of it shares.

ARM ids are not case-sensitive, so neither is the table. An api-version that this project does not know is served in the
one shape that it does know where it lies between known ones; any other is refused by name, never in Azure's words.
Order of the checks, as ARM has it: api-version, token, permission, the shape of the body, then the resource provider.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Collection, Sequence
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
from local.cloud.arm.route import ArmRoute, Table
from local.cloud.arm.schema import asked_in_vain, problem, unknown
from local.cloud.environment import STRICT, is_strict
from local.cloud.exchange import Exchange
from local.cloud.identity import audiences
from local.cloud.identity.tokens import Claims, TokenRefused, Tokens

_VERSION = re.compile(r"20\d\d-[01]\d-[0-3]\d(-preview)?")
_DAY = len("2024-04-01")


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
        strict: bool | None = None,
    ) -> None:
        """`strict`: whether a field is refused that no official schema has; as this process's environment says."""
        self._routes = Table(routes)
        self._clock = clock
        self._tokens = tokens
        self._permissions = permissions
        self._lock = lock
        self._strict = is_strict() if strict is None else strict

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
            body=await _json_body(request, takes_list=route.takes_list),
            now=self._clock.now(),
        )
        self._judge(route, call)
        with self._lock:
            return route.handler(call)

    def _route(self, method: str, path: str) -> tuple[ArmRoute, dict[str, str]]:
        """The first route of this method and path; 501, saying what is emulated there, without one."""
        other_methods = set()
        for route, parameters in self._routes.of(path):
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

    def _judge(self, route: ArmRoute, call: Call) -> None:
        """Refuse a body that does not have its shape, and a strict one what Azure would pass over as well."""
        if not route.body:
            return
        wrong = problem(route.body, call.body)
        if wrong:
            raise route.refusal(wrong)
        in_vain = asked_in_vain(route.body, call.body)
        if in_vain:
            raise not_emulated(f"{in_vain[0]} of {route.resource}", in_vain[1])
        passed_over = unknown(route.body, call.body) if self._strict else []
        if passed_over:
            message = (
                f"The schema of {route.resource} has no {', '.join(passed_over)}. Azure passes them over; this local"
                f" Azure does not, because {STRICT} is set."
            )
            raise ArmError(400, "UnknownFieldLocally", message)

    def _permit(self, claims: Claims, target: Target) -> None:
        if not self._permissions.allowed(claims.principal_id, target.action, target.scope):
            raise authorization_failed(claims.client_id, claims.principal_id, target.action, target.scope)


def _check_version(request: Request, route: ArmRoute) -> None:
    version = request.query_params.get("api-version")
    if not version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise ArmError(400, "MissingApiVersionParameter", message)
    if version not in route.versions and not _between(version, route.versions):
        known = sorted(route.versions)
        instead = f"It serves {known[0]} to {known[-1]} of {route.provider}."
        raise not_emulated(f"the api-version '{version}' of {route.resource}", instead)


def _between(version: str, known: Collection[str]) -> bool:
    """Whether a version lies between those known: then it has the shape of its neighbours."""
    days = sorted(one[:_DAY] for one in known)
    return _VERSION.fullmatch(version) is not None and days[0] <= version[:_DAY] <= days[-1]


async def _json_body(request: Request, *, takes_list: bool) -> Json:
    raw = await request.body()
    if not raw:
        return {}
    try:
        # Lines within a text are taken: Azure ML's own script for its REST API writes conda files so (deploy-rest.sh).
        document = json.loads(raw, strict=False)
    except ValueError as reason:
        message = f"The request content was invalid and could not be deserialized: '{reason}'."
        raise ArmError(400, "InvalidRequestContent", message) from None
    if document is None:
        return {}
    if takes_list:
        document = {"value": document}
    if not isinstance(document, dict):
        raise ArmError(400, "InvalidRequestContent", "The request content must be a JSON object.")
    return document


def _response(answer: Answer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status, headers=answer.headers)
    body = None if answer.body is NULL_BODY else answer.body
    headers = {"Cache-Control": "no-cache", "x-ms-response-type": "standard", **answer.headers}
    return JSONResponse(body, answer.status, headers=headers)
