"""Who may touch which container: the account's key, shared access signatures, or a token with a role assignment."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request

from local.clock import Clock
from local.cloud.arm.permissions import Permissions
from local.cloud.blob import signatures
from local.cloud.blob.errors import SERVICE_VERSION, BlobError, permission_mismatch, unauthenticated
from local.cloud.exchange import Exchange
from local.cloud.hosts import blob_url
from local.cloud.identity import audiences
from local.cloud.identity.tokens import TokenRefused, Tokens
from local.cloud.world import storage_id

_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"


class Right(NamedTuple):
    """What an operation needs: one of the letters in a SAS (`sp`), or a role's (data) action.

    `level` is what an account SAS must be for (`srt`): the service, a container or an object.
    """

    letters: str
    action: str
    data: bool = True
    level: Literal["s", "c", "o"] = "o"


READ = Right("r", f"{_CONTAINERS}/blobs/read")
LIST = Right("l", f"{_CONTAINERS}/blobs/read", level="c")
WRITE = Right("cw", f"{_CONTAINERS}/blobs/write")
OVERWRITE = Right("w", f"{_CONTAINERS}/blobs/write")
DELETE = Right("d", f"{_CONTAINERS}/blobs/delete")
LIST_CONTAINERS = Right("l", f"{_CONTAINERS}/read", data=False, level="s")
READ_CONTAINER = Right("rl", f"{_CONTAINERS}/read", data=False, level="c")
CREATE_CONTAINER = Right("cw", f"{_CONTAINERS}/write", data=False, level="c")
DELETE_CONTAINER = Right("d", f"{_CONTAINERS}/delete", data=False, level="c")


class Target(NamedTuple):
    """The account, container and blob a request is about."""

    account: str
    container: str
    blob: str


class BlobAccess:
    """Issues signatures and checks every request's right."""

    def __init__(self, clock: Clock, tokens: Tokens, permissions: Permissions) -> None:
        self._clock = clock
        self._tokens = tokens
        self._permissions = permissions
        self._keys: dict[str, str] = {}

    def account_key(self, account: str) -> str:
        """The account's key: drawn once a run, for as long as there is the account."""
        return self._keys.setdefault(account, base64.b64encode(secrets.token_bytes(64)).decode())

    def forget(self, account: str) -> None:
        """Have the key of an account that is gone open nothing."""
        self._keys.pop(account, None)

    def signature(self, account: str, *, container: str = "", lifetime: timedelta) -> str:
        """A SAS query (without `?`) to read, list and write the account, or one container of it."""
        expiry = (self._clock.now() + lifetime).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = {"sv": SERVICE_VERSION, "sp": "rcuwdl", "se": expiry}
        query |= {"sr": "c"} if container else {"ss": "b", "srt": "sco"}
        text = signatures.service_text(account, container, "", query)
        if not container:
            text = signatures.account_text(account, query)
        return urlencode({**query, "sig": signatures.signed(self.account_key(account), text)})

    def check(self, request: Request, target: Target, right: Right) -> None:
        """Return when the request has `right` to its target; BlobError 401 or 403 otherwise."""
        exchange, header = Exchange.of(request.scope), request.headers.get("authorization")
        if "sig" in request.query_params:
            exchange.caller = "shared access signature"
            self._check_signature(dict(request.query_params), target, right)
        elif header and header.lower().startswith("sharedkey "):
            exchange.caller = "account key"
            self._check_key(request, header, target.account)
        elif header:
            self._check_token(header, exchange, target, right)
        else:
            message = (
                "Server failed to authenticate the request. Please refer to the information in the www-authenticate "
                "header."
            )
            raise BlobError(401, "NoAuthenticationInformation", message)

    def _check_token(self, header: str, exchange: Exchange, target: Target, right: Right) -> None:
        accepted = audiences.STORAGE | {blob_url(target.account)}
        try:
            claims = self._tokens.bearer(header, accepted)
        except TokenRefused as refused:
            raise BlobError(401, "InvalidAuthenticationInfo", refused.message) from None
        exchange.caller = claims.name
        scope = f"{storage_id(target.account)}/blobServices/default"
        if target.container:
            scope = f"{scope}/containers/{target.container}"
        if not self._permissions.allowed(claims.principal_id, right.action, scope, data=right.data):
            raise permission_mismatch()

    def _check_key(self, request: Request, header: str, account: str) -> None:
        named, _, given = header.partition(" ")[2].partition(":")
        raw_path = bytes(request.scope["raw_path"]).partition(b"?")[0].decode("ascii")
        query = request.query_params.multi_items()
        text = signatures.request_text(request.method, account, raw_path, query, request.headers)
        expected = signatures.signed(self.account_key(account), text)
        if named != account or not hmac.compare_digest(expected.encode(), given.encode()):
            raise unauthenticated("The MAC signature found in the HTTP request is not the same as any computed one.")

    def _check_signature(self, query: Mapping[str, str], target: Target, right: Right) -> None:
        if "skoid" in query:
            raise BlobError(501, "NotEmulatedLocally", "The local Azure does not emulate user delegation signatures.")
        of_account = "ss" in query
        text = (
            signatures.account_text(target.account, query)
            if of_account
            else signatures.service_text(target.account, target.container, target.blob, query)
        )
        expected = signatures.signed(self.account_key(target.account), text)
        if not hmac.compare_digest(expected.encode(), query["sig"].encode()):
            raise unauthenticated("Signature did not match.")
        self._check_time(query)
        if of_account and not ("b" in query["ss"] and right.level in query.get("srt", "")):
            message = "This request is not authorized to perform this operation using this resource type."
            raise BlobError(403, "AuthorizationResourceTypeMismatch", message)
        if not of_account and right.level == "s":
            raise permission_mismatch()
        if not set(right.letters) & set(query.get("sp", "")):
            raise permission_mismatch()

    def _check_time(self, query: Mapping[str, str]) -> None:
        for name, comes_first in (("st", True), ("se", False)):
            text = query.get(name)
            if text and (_moment(text) > self._clock.now()) == comes_first:
                bounds = f"Start [{query.get('st', '')}] - Expiry [{query.get('se', '')}]"
                raise unauthenticated(f"Signature not valid in the specified time frame: {bounds}.")
        if "se" not in query:
            raise unauthenticated("Signature has no expiry, and access policies are not emulated.")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
