"""The blob service answers as Azurite does: the same calls of azure-storage-blob, recorded there, told here.

`AZURITE=path/to/azurite-blob` compares with that program itself instead of with the recording.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.pipeline.transport import HttpTransport, RequestsTransport
from azure.storage.blob import BlobServiceClient

from local.clock import Clock
from local.cloud.authorization import Authorization, Propagation
from local.cloud.blob.access import BlobAccess
from local.cloud.blob.service import BlobService
from local.cloud.blob.store import BlobStore
from local.cloud.faults import Faults
from local.cloud.gate import Gate
from local.cloud.hosts import blob_url
from local.cloud.identity.tokens import Tokens
from local.cloud.journal import Journal
from local.cloud.world import SUBSCRIPTION, TENANT, WORKSPACE_STORAGE
from tests.local.blob.calls import CALLS
from tests.local.blob.record import RECORDING, listen
from tests.local.blob.wire import Exchange, tell
from tests.local.in_process import Http, InProcess

# Told by Azure in every answer (REST reference, "Common response headers"), and by Azurite in most.
TOLD_BY_AZURE = {"x-ms-version", "x-ms-client-request-id"}
# Azurite says another thing than Azure's documentation; here it is as documented. By call: status and code here.
AS_DOCUMENTED: dict[str, tuple[int, str, str]] = {
    "upload: with an md5 that is wrong": (400, "Md5Mismatch", "Blob service error codes"),
    "if match: any, write what is missing": (412, "ConditionNotMet", "Specifying conditional headers"),
    "list: no results a page": (400, "OutOfRangeQueryParameterValue", "List Blobs: maxresults"),
    "sas: over": (403, "AuthenticationFailed", "Common REST API error codes"),
    "sas: not yet": (403, "AuthenticationFailed", "Common REST API error codes"),
    "sas: for another blob": (403, "AuthenticationFailed", "Common REST API error codes"),
    "sas: of another key": (403, "AuthenticationFailed", "Common REST API error codes"),
    "key: wrong": (403, "AuthenticationFailed", "Common REST API error codes"),
    "key: wrong, write": (403, "AuthenticationFailed", "Common REST API error codes"),
    "key: none": (401, "NoAuthenticationInformation", "Authorize with Microsoft Entra ID: bearer challenge"),
    "version: no date": (400, "InvalidHeaderValue", "Versioning for Azure Storage (Azurite was told not to look)"),
}
REFUSED_BY_NAME = {
    "tier: set",
    "tags: set",
    "snapshot: make",
    "page blob: create",
    "append blob: create",
    "account: information",
    "account: properties",
    "batch: delete two",
    "access policy: read",
}


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    program = os.environ.get("AZURITE")
    told = listen(program, str(tmp_path_factory.mktemp("azurite"))) if program else json.loads(RECORDING.read_text())
    assert isinstance(told, dict)
    return told


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    clock = Clock(stepped=True)
    tokens = Tokens()
    rbac = Authorization(clock, tenant=TENANT, subscription=SUBSCRIPTION, propagation=Propagation.never())
    access = BlobAccess(clock, tokens, rbac)
    store = BlobStore(Path(tmp_path_factory.mktemp("blobs")), clock)
    session = requests.Session()
    session.mount("https://", InProcess(Http(Gate(BlobService(store, access, clock), clock, Journal(), Faults()))))

    def remade(credential: Any, transport: HttpTransport[Any, Any]) -> BlobServiceClient:
        return BlobServiceClient(blob_url(WORKSPACE_STORAGE), credential, transport=transport, retry_total=0)

    transport = RequestsTransport(session=session, session_owner=False)
    yield tell(remade, transport, access.account_key(WORKSPACE_STORAGE))
    clock.close()


def outcome(exchange: Exchange) -> tuple[int, str | None]:
    return exchange["status"], exchange["headers"].get("x-ms-error-code")


@pytest.mark.parametrize("name", [name for name, _ in CALLS])
def test_a_call_is_answered_alike(name: str, azurite: dict[str, Any], ours: dict[str, Any]) -> None:
    theirs, mine = azurite[name], ours[name]

    if name in AS_DOCUMENTED:
        status, code, _source = AS_DOCUMENTED[name]
        assert outcome(mine[-1]) == (status, code)
        assert outcome(theirs[-1]) != (status, code), "Azurite now says so too: compare them"
        return
    if name in REFUSED_BY_NAME:
        assert outcome(mine[0]) == (501, "NotEmulatedLocally")
        return
    assert [outcome(one) for one in mine] == [outcome(one) for one in theirs]
    for one, other in zip(mine, theirs, strict=True):
        extra = {header for header in TOLD_BY_AZURE if header not in other["headers"]}
        assert {header: value for header, value in one["headers"].items() if header not in extra} == other["headers"]
        assert one.get("body") == other.get("body")


def test_the_recording_is_of_these_calls(azurite: dict[str, Any]) -> None:
    assert set(azurite) == {name for name, _ in CALLS}
    assert AS_DOCUMENTED.keys() | REFUSED_BY_NAME <= set(azurite)
    assert len(CALLS) - len(AS_DOCUMENTED) - len(REFUSED_BY_NAME) >= 60
