"""One request to the blob service, and the store that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from local.cloud.blob.access import Target
from local.cloud.blob.conditions import check_conditions
from local.cloud.blob.errors import BlobError
from local.cloud.blob.leases import check_reader, check_writer
from local.cloud.blob.store import Blob, BlobStore

_METADATA = "x-ms-meta-"


@dataclass(frozen=True)
class Asked:
    """An admitted request: `target` says what of, `body` is all of it, `now` the virtual moment."""

    request: Request
    target: Target
    body: bytes
    store: BlobStore
    now: datetime

    @property
    def headers(self) -> Mapping[str, str]:
        """The request's headers, by names in small letters."""
        return self.request.headers

    @property
    def query(self) -> Mapping[str, str]:
        """The request's query."""
        return self.request.query_params

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata that the request carries; its names arrive in small letters, and stay so."""
        return {
            name.removeprefix(_METADATA): value for name, value in self.headers.items() if name.startswith(_METADATA)
        }

    @property
    def place(self) -> tuple[str, str]:
        """Account and container."""
        return self.target.account, self.target.container

    def readable(self) -> Blob:
        """The blob, which the request's conditions and lease let it read; BlobError otherwise."""
        blob = self.store.get(*self.target)
        check_conditions(blob, self.headers, reads=True)
        check_reader(blob.lease, self.headers.get("x-ms-lease-id"), self.now)
        return blob

    def writable(self) -> Blob | None:
        """The blob, if there is one, which the request's conditions and lease let it write; BlobError otherwise."""
        blob = self.store.find(*self.target)
        check_conditions(blob, self.headers, reads=False)
        if blob:
            check_writer(blob.lease, self.headers.get("x-ms-lease-id"), self.now)
        return blob

    def changeable(self) -> Blob:
        """The same for what can only be done to a blob that is there."""
        self.store.get(*self.target)
        blob = self.writable()
        assert blob is not None
        return blob


def not_emulated(what: str) -> BlobError:
    """501 for an operation of the blob service that has no counterpart here."""
    message = (
        f"The local Azure does not emulate {what}. It serves containers and block blobs: upload, blocks, list, read, "
        "metadata, headers, leases, copies within an account, and delete."
    )
    return BlobError(501, "NotEmulatedLocally", message)
