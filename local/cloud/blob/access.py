"""Who may touch which container: shared access signatures, or a bearer token with a role assignment.

The signed text is this emulator's own (it is the only issuer and the only verifier); the query parameters are those
of an Azure SAS, so that clients carry it unchanged.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from local.clock import Clock
from local.cloud.arm.permissions import Permissions
from local.cloud.blob.errors import SERVICE_VERSION, BlobError, permission_mismatch, unauthenticated
from local.cloud.exchange import Exchange
from local.cloud.hosts import blob_url
from local.cloud.identity import audiences
from local.cloud.identity.tokens import TokenRefused, Tokens
from local.cloud.world import storage_id

_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"


class Right(NamedTuple):
    """What an operation needs: one of the letters in a SAS (`sp`), or a role's (data) action."""

    letters: str
    action: str
    data: bool = True


READ = Right("r", f"{_CONTAINERS}/blobs/read")
LIST = Right("l", f"{_CONTAINERS}/blobs/read")
WRITE = Right("cw", f"{_CONTAINERS}/blobs/write")
DELETE = Right("d", f"{_CONTAINERS}/blobs/delete")
READ_CONTAINER = Right("rl", f"{_CONTAINERS}/read", data=False)
CREATE_CONTAINER = Right("c", f"{_CONTAINERS}/write", data=False)


class BlobAccess:
    """Issues signatures and checks every request's right."""

    def __init__(self, clock: Clock, tokens: Tokens, permissions: Permissions) -> None:
        self._clock = clock
        self._tokens = tokens
        self._permissions = permissions
        self._key = secrets.token_bytes(32)

    def signature(self, account: str, *, container: str = "", lifetime: timedelta) -> str:
        """A SAS query (without `?`) to read, list and write the account, or one container of it."""
        expiry = (self._clock.now() + lifetime).strftime("%Y-%m-%dT%H:%M:%SZ")
        grant = {"sv": SERVICE_VERSION, "sp": "rcuwdl", "se": expiry}
        grant |= {"sr": "c"} if container else {"ss": "bf", "srt": "co"}
        return urlencode({**grant, "sig": self._sign(account, container, grant["sp"], expiry)})

    def check(self, query: Mapping[str, str], header: str | None, exchange: Exchange, target: Target) -> None:
        """Return when the request may do `target.right`; BlobError 401 or 403 otherwise."""
        if "sig" in query:
            exchange.caller = "shared access signature"
            self._check_signature(query, target)
            return
        if not header:
            message = (
                "Server failed to authenticate the request. Please refer to the information in the www-authenticate "
                "header."
            )
            raise BlobError(401, "NoAuthenticationInformation", message)
        accepted = audiences.STORAGE | {blob_url(target.account)}
        try:
            claims = self._tokens.bearer(header, accepted)
        except TokenRefused as refused:
            raise BlobError(401, "InvalidAuthenticationInfo", refused.message) from None
        exchange.caller = claims.name
        scope = f"{storage_id(target.account)}/blobServices/default/containers/{target.container}"
        right = target.right
        if not self._permissions.allowed(claims.principal_id, right.action, scope, data=right.data):
            raise permission_mismatch()

    def _check_signature(self, query: Mapping[str, str], target: Target) -> None:
        permissions, expiry = query.get("sp", ""), query.get("se", "")
        container = target.container if query.get("sr") == "c" else ""
        expected = self._sign(target.account, container, permissions, expiry)
        if not hmac.compare_digest(expected.encode(), query["sig"].encode()):
            raise unauthenticated("Signature did not match.")
        if datetime.fromisoformat(expiry) < self._clock.now():
            raise unauthenticated(f"Signature not valid in the specified time frame: Expiry [{expiry}].")
        if not set(target.right.letters) & set(permissions):
            raise permission_mismatch()

    def _sign(self, account: str, container: str, permissions: str, expiry: str) -> str:
        text = "\n".join((account, container, permissions, expiry))
        return base64.b64encode(hmac.new(self._key, text.encode(), hashlib.sha256).digest()).decode()


class Target(NamedTuple):
    """The container a request is about, and the right it needs there."""

    account: str
    container: str
    right: Right
