"""What answers at a vault's own host, `{vault}.vault.azure.net`: its secrets, to whom its policies or a role let.

A request without a token is told where to get one, and for what: clients ask so before they send a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from local.clock import Clock
from local.cloud.arm.documents import Json
from local.cloud.arm.permissions import Permissions
from local.cloud.exchange import Exchange
from local.cloud.identity import audiences
from local.cloud.identity.tokens import Claims, TokenRefused, Tokens
from local.cloud.keyvault import access, errors, secrets
from local.cloud.keyvault.access import Right, may, refusal
from local.cloud.keyvault.errors import VaultError
from local.cloud.keyvault.secrets import Asked
from local.cloud.keyvault.vaults import Vaults
from local.cloud.world import REGION

_Operation: TypeAlias = Callable[[Asked], Json | None]
# Those that azure-keyvault-secrets 4.12 speaks.
_VERSION = re.compile(r"2016-10-01|7\.[0-6](-preview(\.\d)?)?|2025-\d\d-\d\d(-preview.*)?|2026-04-01")
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_PATH = re.compile(r"/(?P<kind>secrets|deletedsecrets)(?:/(?P<name>[^/]+)(?:/(?P<rest>[^/]+))?)?/?", re.IGNORECASE)


class _Served(NamedTuple):
    right: Right
    operation: _Operation


# (method, collection, does the path name a secret, and what else).
_OPERATIONS: Mapping[tuple[str, str, bool, str], _Served] = {
    ("GET", "secrets", False, ""): _Served(access.LIST, secrets.every),
    ("GET", "secrets", True, ""): _Served(access.READ, secrets.get),
    ("GET", "secrets", True, "versions"): _Served(access.LIST, secrets.versions),
    ("PUT", "secrets", True, ""): _Served(access.SET, secrets.set_secret),
    ("PATCH", "secrets", True, ""): _Served(access.UPDATE, secrets.update),
    ("DELETE", "secrets", True, ""): _Served(access.DELETE, secrets.delete),
    ("GET", "deletedsecrets", False, ""): _Served(access.LIST, secrets.every_deleted),
    ("GET", "deletedsecrets", True, ""): _Served(access.READ_DELETED, secrets.get_deleted),
    ("DELETE", "deletedsecrets", True, ""): _Served(access.PURGE, secrets.purge),
    ("POST", "deletedsecrets", True, "recover"): _Served(access.RECOVER, secrets.recover),
}
_OF_A_VERSION = (secrets.get, secrets.update)
_WORDS = ("versions", "backup", "recover")


class VaultService:
    """ASGI application that answers for the vaults that there are."""

    def __init__(self, vaults: Vaults, tokens: Tokens, permissions: Permissions, clock: Clock) -> None:
        self._vaults = vaults
        self._tokens = tokens
        self._permissions = permissions
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        try:
            response = self._answer(request, await request.body())
        except VaultError as error:
            response = JSONResponse(error.body(), error.status, headers=error.headers())
        response.headers["x-ms-keyvault-region"] = REGION
        response.headers["x-ms-request-id"] = str(uuid4())
        await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        exchange = Exchange.of(request.scope)
        caller = self._caller(request, exchange)
        _check_version(exchange.api_version)
        found, served, version = _asked_for(request)
        vault = self._vaults.named(exchange.host.partition(".")[0])
        if vault is None:
            raise VaultError(404, "VaultNotFound", f"There is no vault at {exchange.host}.")
        if not may(self._permissions, caller.principal_id, vault, served.right, found):
            raise refusal(caller, vault, served.right, found)
        query = dict(request.query_params)
        with self._vaults.lock:
            told = served.operation(Asked(vault, found, version, query, _document(body), self._clock.now()))
        return Response(status_code=204) if told is None else JSONResponse(told)

    def _caller(self, request: Request, exchange: Exchange) -> Claims:
        header = request.headers.get("authorization")
        if not header:
            raise errors.unauthorized("AKV10000: Request is missing a Bearer or PoP token.")
        try:
            claims = self._tokens.bearer(header, audiences.VAULTS)
        except TokenRefused as refused:
            wrong = refused.code == "InvalidAuthenticationTokenAudience"
            code = f"AKV10022: Invalid audience. Expected {errors.RESOURCE}. " if wrong else "AKV10032: "
            raise errors.unauthorized(f"{code}{refused.message}") from None
        exchange.caller = claims.name
        return claims


def _check_version(version: str | None) -> None:
    if not version:
        raise errors.bad_parameter("api-version must be specified")
    if not _VERSION.fullmatch(version):
        raise errors.not_emulated(f"the api-version '{version}' of Key Vault")


def _asked_for(request: Request) -> tuple[str, _Served, str]:
    """The secret that a request names, who serves it, and the version."""
    path = str(request.scope["path"])
    found = _PATH.fullmatch(path)
    if found is None:
        raise errors.not_emulated(f"{request.method} {path} of a vault")
    name, rest = found["name"] or "", found["rest"] or ""
    word = rest.lower() if rest.lower() in _WORDS else ""
    served = _OPERATIONS.get((request.method, found["kind"].lower(), bool(name), word))
    of_version = bool(rest) and not word
    if served is None or (of_version and served.operation not in _OF_A_VERSION):
        raise errors.not_emulated(f"{request.method} {path} of a vault")
    if name and not _NAME.fullmatch(name):
        message = f"The request URI contains an invalid name: {name}"
        raise errors.bad_parameter(message)
    return name, served, "" if word else rest


def _document(body: bytes) -> Json:
    if not body:
        return {}
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise errors.bad_parameter("The request body is no JSON object.")
    return document
