"""The managed identity endpoint: the one place where a process of the local Azure gets its tokens.

Contract: App Service's (`IDENTITY_ENDPOINT`, header `X-IDENTITY-HEADER`, api-version 2019-08-01) and the older
one that Azure ML sets for scoring containers (`MSI_ENDPOINT`, header `secret`, api-version 2017-09-01), as
azure-identity 1.27 speaks them. The secret in the header decides whose tokens may be had.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.cloud.exchange import Exchange
from local.cloud.identity import audiences
from local.cloud.identity.tokens import Tokens
from local.cloud.world import Identity


class IdentityEndpoint:
    """Answers token requests; each secret it hands out stands for the identities attached to one process."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._attached: dict[str, tuple[Identity, ...]] = {}
        self._lock = threading.Lock()

    def attach(self, identities: Sequence[Identity]) -> str:
        """The header secret for a process that may act as any of `identities` (the system-assigned one first)."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._attached[secret] = tuple(identities)
        return secret

    def detach(self, held: Iterable[str]) -> None:
        """Make these secrets useless."""
        with self._lock:
            for secret in held:
                self._attached.pop(secret, None)

    async def token(self, request: Request) -> Response:
        """GET a token for `resource`, as the default identity or the one named by id."""
        secret = request.headers.get("x-identity-header") or request.headers.get("secret") or ""
        with self._lock:
            attached = self._attached.get(secret)
        if attached is None:
            return _refusal(401, "The identity header is missing or unknown.")
        identity = _choose(attached, request)
        if isinstance(identity, str):
            return _refusal(400, identity)
        Exchange.of(request.scope).caller = identity.name
        resource = request.query_params.get("resource", "")
        if resource.rstrip("/") not in audiences.KNOWN:
            return _refusal(400, f"AADSTS500011: The resource principal named {resource} was not found in the tenant.")
        token, expires = self._tokens.issue(identity, resource)
        answer = {
            "access_token": token,
            "expires_on": str(expires),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": identity.client_id,
        }
        return JSONResponse(answer)


def _choose(attached: tuple[Identity, ...], request: Request) -> Identity | str:
    """The identity asked for, or why there is none."""
    query = request.query_params
    client_id = query.get("client_id") or query.get("clientid")
    asked = client_id or query.get("mi_res_id") or query.get("object_id") or query.get("principal_id")
    if not asked:
        # Azure has no default among several user-assigned identities.
        if len(attached) > 1 and attached[0].resource_id:
            return "Several user-assigned identities are attached; say which one with client_id."
        return attached[0] if attached else "No managed identity is attached."
    for identity in attached:
        known = (identity.client_id, identity.principal_id, identity.resource_id or "")
        if asked.lower() in (value.lower() for value in known if value):
            return identity
    return (
        f"No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId: {asked}"
    )


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"statusCode": status, "message": message}, status)
