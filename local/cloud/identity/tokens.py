"""Access tokens of the local Azure: JSON Web Tokens, signed with a key that lives as long as the process.

Clients treat them as opaque, apart from prompt flow, which compares `aud` with the resource it asked for.
Every emulated service verifies signature, expiry and audience, so an ARM token is no use at the blob store.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from functools import lru_cache

from local.cloud.world import TENANT, Identity

# Azure AD's tokens for managed identities live 24 hours. Real time, because the clients' caches use real time.
LIFETIME_SECONDS = 24 * 3600


class TokenRefused(Exception):
    """A token that does not admit its bearer: `code` and `message` as Azure answers with 401."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Claims:
    """Whom a valid token stands for."""

    name: str
    principal_id: str
    client_id: str


class Tokens:
    """Issues and verifies the tokens of one run of the local Azure."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        # A client shows the same token with each request.
        self._signed = lru_cache(maxsize=1024)(self._read)

    def issue(self, identity: Identity, resource: str) -> tuple[str, int]:
        """A token for `identity` at `resource`, and its expiry in real seconds since the epoch."""
        issued = int(time.time())
        expires = issued + LIFETIME_SECONDS
        claims = {
            "aud": resource,
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": issued,
            "nbf": issued,
            "exp": expires,
            "appid": identity.client_id,
            "oid": identity.principal_id,
            "sub": identity.principal_id,
            "tid": TENANT,
            "name": identity.name,
        }
        if identity.resource_id:
            claims["xms_mirid"] = identity.resource_id
        signed = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
        return f"{signed}.{self._signature(signed)}", expires

    def bearer(self, header: str | None, audiences: frozenset[str]) -> Claims:
        """Whom an `Authorization` header stands for; TokenRefused when it admits nobody to `audiences`."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            message = "Authentication failed. The 'Authorization' header is missing."
            raise TokenRefused("AuthenticationFailed", message)
        claims = self._verified(token)
        audience = str(claims["aud"]).rstrip("/")
        if audience not in audiences:
            allowed = ", ".join(f"'{value}'" for value in sorted(audiences))
            message = (
                f"The access token has been obtained for wrong audience or resource '{audience}'. It should exactly "
                f"match with one of the allowed audiences {allowed}."
            )
            raise TokenRefused("InvalidAuthenticationTokenAudience", message)
        return Claims(name=str(claims["name"]), principal_id=str(claims["oid"]), client_id=str(claims["appid"]))

    def _verified(self, token: str) -> dict[str, object]:
        claims = self._signed(token)
        if not isinstance(claims["exp"], int) or claims["exp"] < time.time():
            raise TokenRefused("ExpiredAuthenticationToken", "The access token expiry is in the past.")
        return claims

    def _read(self, token: str) -> dict[str, object]:
        """What a token says that was signed here. Raises TokenRefused."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(signed).encode(), signature.encode()):
            raise TokenRefused("InvalidAuthenticationToken", "The access token is invalid.")
        payload = signed.partition(".")[2]
        claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    def _signature(self, signed: str) -> str:
        digest = hmac.new(self._key, signed.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _encode(document: dict[str, object] | dict[str, str]) -> str:
    text = json.dumps(document, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()
