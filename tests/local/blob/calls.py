"""Calls of azure-storage-blob that both Azurite and the local Azure answer: one story, told in order.

Each call has a name and may fail; what matters is what came over the wire.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from azure.core import MatchConditions
from azure.storage.blob import (
    AccountSasPermissions,
    BlobBlock,
    BlobLeaseClient,
    BlobSasPermissions,
    BlobServiceClient,
    ContainerSasPermissions,
    ContentSettings,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)

CONTAINER = "story"
PROPOSED = "11111111-2222-4333-8444-555555555555"
OTHER = "99999999-2222-4333-8444-555555555555"
STALE = '"0x8D0000000000000"'
PAST = datetime(2020, 1, 1, tzinfo=UTC)
FAR = datetime(2100, 1, 1, tzinfo=UTC)


class Story:
    """The clients of one account; `remade(credential)` gives the same service with another credential."""

    def __init__(
        self, service: BlobServiceClient, remade: Callable[[Any], BlobServiceClient], account_key: str
    ) -> None:
        self.service = service
        self.remade = remade
        self.key = account_key
        self.container = service.get_container_client(CONTAINER)
        self.etag = ""
        self.lease: Any = None

    def blob(self, name: str) -> Any:
        """A blob of the story's container."""
        return self.container.get_blob_client(name)

    def signed(self, name: str, sas: str) -> Any:
        """The same blob for who has a signature only."""
        return self.remade(sas).get_blob_client(CONTAINER, name)

    def blob_sas(self, permission: str, *, expiry: datetime = FAR, **more: Any) -> str:
        """A signature for the blob `plain`."""
        account, key = str(self.service.account_name), more.pop("key", self.key)
        return generate_blob_sas(
            account, CONTAINER, "plain", account_key=key, permission=BlobSasPermissions.from_string(permission),
            expiry=expiry, **more,
        )  # fmt: skip

    def container_sas(self, permission: str) -> str:
        """A signature for the container."""
        return generate_container_sas(
            str(self.service.account_name), CONTAINER, account_key=self.key, expiry=FAR,
            permission=ContainerSasPermissions.from_string(permission),
        )  # fmt: skip

    def account_sas(self, permission: str, resources: str) -> str:
        """A signature for the account."""
        return generate_account_sas(
            str(self.service.account_name), self.key, ResourceTypes(object="o" in resources, service="s" in resources),
            AccountSasPermissions(read="r" in permission, create="c" in permission), FAR,
        )  # fmt: skip

    def noting_etag(self, name: str) -> None:
        """Remember what the blob's etag is now."""
        self.etag = self.blob(name).get_blob_properties().etag

    def holding(self, name: str) -> None:
        """Take the lease that the calls after this one meet."""
        self.lease = self.blob(name).acquire_lease(15, lease_id=PROPOSED)


def _pages(found: Any) -> list[Any]:
    return [item for page in found.by_page() for item in page]


def _first_page(found: Any) -> list[Any]:
    return list(next(found.by_page()))


def _blocks(*ids: str) -> list[BlobBlock]:
    return [BlobBlock(block_id=one) for one in ids]


def _version(said: str) -> Callable[[Any], None]:
    return lambda request: request.http_request.headers.__setitem__("x-ms-version", said)


_IF, _UNLESS = MatchConditions.IfNotModified, MatchConditions.IfModified
_MISSING, _PRESENT = MatchConditions.IfMissing, MatchConditions.IfPresent
_NEW = {"overwrite": True}

CALLS: list[tuple[str, Callable[[Story], Any]]] = [
    ("container: create", lambda s: s.container.create_container(metadata={"kind": "story"})),
    ("container: create again", lambda s: s.container.create_container()),
    ("container: bad name", lambda s: s.service.create_container("No")),
    ("container: properties", lambda s: s.container.get_container_properties()),
    ("container: missing", lambda s: s.service.get_container_client("nobody").get_container_properties()),
    ("container: exists", lambda s: s.service.get_container_client("nobody").exists()),
    ("container: set metadata", lambda s: s.container.set_container_metadata({"kind": "tale"})),
    ("container: list blobs when empty", lambda s: _pages(s.container.list_blobs())),
    ("upload: small", lambda s: s.blob("plain").upload_blob(b"0123456789")),
    ("upload: there already", lambda s: s.blob("plain").upload_blob(b"x")),
    ("upload: with type, language and metadata", lambda s: s.blob("typed").upload_blob(
        b"{}", metadata={"Team": "risk"}, content_settings=ContentSettings(
            content_type="application/json", content_language="en", cache_control="no-store",
            content_encoding="identity", content_disposition="inline"), **_NEW)),
    ("upload: empty", lambda s: s.blob("empty").upload_blob(b"")),
    ("upload: into no container", lambda s: s.service.get_blob_client("nobody", "x").upload_blob(b"x")),
    ("upload: name with space and umlaut", lambda s: s.blob("a folder/größe.txt").upload_blob(b"x")),
    ("upload: with an md5 that is wrong", lambda s: s.blob("md5").upload_blob(
        b"x", headers={"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="})),
    ("read: whole", lambda s: s.blob("plain").download_blob().readall()),
    ("read: middle", lambda s: s.blob("plain").download_blob(offset=2, length=3).readall()),
    ("read: from", lambda s: s.blob("plain").download_blob(offset=8).readall()),
    ("read: past the end", lambda s: s.blob("plain").download_blob(offset=50, length=5).readall()),
    ("read: range longer than it", lambda s: s.blob("plain").download_blob(offset=5, length=500).readall()),
    ("read: empty", lambda s: s.blob("empty").download_blob().readall()),
    ("read: missing", lambda s: s.blob("nobody").download_blob()),
    ("read: in no container", lambda s: s.service.get_blob_client("nobody", "x").download_blob()),
    ("read: range with its md5", lambda s: s.blob("plain").download_blob(
        offset=0, length=4, validate_content=True).readall()),
    ("properties: of a plain one", lambda s: s.blob("plain").get_blob_properties()),
    ("properties: of a typed one", lambda s: s.blob("typed").get_blob_properties()),
    ("properties: missing", lambda s: s.blob("nobody").get_blob_properties()),
    ("properties: exists", lambda s: s.blob("plain").exists()),
    ("note the etag", lambda s: s.noting_etag("plain")),
    ("if match: the etag, read", lambda s: s.blob("plain").download_blob(
        etag=s.etag, match_condition=_IF).readall()),
    ("if match: stale, read", lambda s: s.blob("plain").download_blob(etag=STALE, match_condition=_IF)),
    ("if none match: the etag, read", lambda s: s.blob("plain").download_blob(
        etag=s.etag, match_condition=_UNLESS)),
    ("if none match: the etag, properties", lambda s: s.blob("plain").get_blob_properties(
        etag=s.etag, match_condition=_UNLESS)),
    ("if match: stale, properties", lambda s: s.blob("plain").get_blob_properties(
        etag=STALE, match_condition=_IF)),
    ("if match: stale, write", lambda s: s.blob("plain").upload_blob(
        b"no", etag=STALE, match_condition=_IF, **_NEW)),
    ("if match: the etag, write", lambda s: s.blob("plain").upload_blob(
        b"0123456789", etag=s.etag, match_condition=_IF, **_NEW)),
    ("if none match: any, write", lambda s: s.blob("plain").upload_blob(
        b"no", match_condition=_MISSING, **_NEW)),
    ("if match: any, write what is missing", lambda s: s.blob("absent").upload_blob(
        b"no", match_condition=_PRESENT, **_NEW)),
    ("modified since: long ago, read", lambda s: s.blob("plain").download_blob(if_modified_since=PAST).readall()),
    ("modified since: to come, read", lambda s: s.blob("plain").download_blob(if_modified_since=FAR)),
    ("unmodified since: long ago, read", lambda s: s.blob("plain").download_blob(if_unmodified_since=PAST)),
    ("unmodified since: long ago, write", lambda s: s.blob("plain").upload_blob(
        b"no", if_unmodified_since=PAST, **_NEW)),
    ("unmodified since: long ago, delete", lambda s: s.blob("plain").delete_blob(if_unmodified_since=PAST)),
    ("if match: stale, delete", lambda s: s.blob("plain").delete_blob(etag=STALE, match_condition=_IF)),
    ("if match: stale, set metadata", lambda s: s.blob("plain").set_blob_metadata(
        {"a": "b"}, etag=STALE, match_condition=_IF)),
    ("metadata: set", lambda s: s.blob("plain").set_blob_metadata({"a": "b", "Case": "Kept"})),
    ("metadata: of a missing one", lambda s: s.blob("nobody").set_blob_metadata({"a": "b"})),
    ("metadata: read", lambda s: s.blob("plain").get_blob_properties()),
    ("headers: set", lambda s: s.blob("plain").set_http_headers(ContentSettings(content_type="text/plain"))),
    ("headers: read", lambda s: s.blob("plain").get_blob_properties()),
    ("blocks: stage", lambda s: [s.blob("blocks").stage_block(one, one.encode()) for one in ("aaaa", "bbbb")]),
    ("blocks: uncommitted", lambda s: s.blob("blocks").get_block_list("all")),
    ("blocks: read before the commit", lambda s: s.blob("blocks").download_blob()),
    ("blocks: commit", lambda s: s.blob("blocks").commit_block_list(
        _blocks("aaaa", "bbbb"), metadata={"made": "of blocks"})),
    ("blocks: committed", lambda s: s.blob("blocks").get_block_list("committed")),
    ("blocks: read", lambda s: s.blob("blocks").download_blob().readall()),
    ("blocks: keep one, add one", lambda s: (
        s.blob("blocks").stage_block("cccc", b"cccc"),
        s.blob("blocks").commit_block_list(_blocks("bbbb", "cccc")))),
    ("blocks: read again", lambda s: s.blob("blocks").download_blob().readall()),
    ("blocks: unknown", lambda s: s.blob("blocks").commit_block_list(_blocks("zzzz"))),
    ("blocks: list of a missing one", lambda s: s.blob("nobody").get_block_list()),
    ("blocks: if none match any", lambda s: s.blob("blocks").commit_block_list(
        _blocks("bbbb"), match_condition=_MISSING)),
    ("blocks: stage with another length of id", lambda s: s.blob("blocks").stage_block("dd", b"dd")),
    ("tree: fill", lambda s: [s.blob(f"tree/{name}").upload_blob(b"x", metadata={"n": name}) for name in (
        "a.txt", "b/1.txt", "b/2.txt", "c/d/3.txt", "e.txt")]),
    ("list: by prefix", lambda s: _pages(s.container.list_blobs(name_starts_with="tree/"))),
    ("list: names only", lambda s: _pages(s.container.list_blob_names(name_starts_with="tree/b"))),
    ("list: by delimiter", lambda s: list(s.container.walk_blobs(name_starts_with="tree/"))),
    ("list: page of two", lambda s: _first_page(s.container.list_blobs(
        name_starts_with="tree/", results_per_page=2))),
    ("list: all pages of two", lambda s: _pages(s.container.list_blobs(
        name_starts_with="tree/", results_per_page=2))),
    ("list: pages by delimiter", lambda s: list(s.container.walk_blobs(
        name_starts_with="tree/", results_per_page=1))),
    ("list: with metadata", lambda s: _pages(s.container.list_blobs(name_starts_with="tree/b", include=["metadata"]))),
    ("list: uncommitted too", lambda s: (
        s.blob("tree/half").stage_block("aaaa", b"a"),
        _pages(s.container.list_blobs(name_starts_with="tree/h", include=["uncommittedblobs"])))),
    ("list: nothing there", lambda s: _pages(s.container.list_blobs(name_starts_with="zzz"))),
    ("list: no such container", lambda s: _pages(s.service.get_container_client("nobody").list_blobs())),
    ("list: no results a page", lambda s: _first_page(s.container.list_blobs(results_per_page=0))),
    ("list: too many a page", lambda s: _first_page(s.container.list_blobs(
        name_starts_with="tree/", results_per_page=9000))),
    ("list: containers", lambda s: _pages(s.service.list_containers(name_starts_with="story", include_metadata=True))),
    ("copy: within the account", lambda s: s.blob("copied").start_copy_from_url(s.blob("plain").url)),
    ("copy: its properties", lambda s: s.blob("copied").get_blob_properties()),
    ("copy: with metadata of its own", lambda s: s.blob("copied").start_copy_from_url(
        s.blob("plain").url, metadata={"own": "yes"})),
    ("copy: of a missing one", lambda s: s.blob("copied").start_copy_from_url(s.blob("nobody").url)),
    ("copy: abort what is over", lambda s: s.blob("copied").abort_copy(PROPOSED)),
    ("lease: take", lambda s: s.holding("plain")),
    ("lease: properties show it", lambda s: s.blob("plain").get_blob_properties()),
    ("lease: write without it", lambda s: s.blob("plain").upload_blob(b"no", **_NEW)),
    ("lease: metadata without it", lambda s: s.blob("plain").set_blob_metadata({})),
    ("lease: delete without it", lambda s: s.blob("plain").delete_blob()),
    ("lease: write with another", lambda s: s.blob("plain").upload_blob(b"no", lease=OTHER, **_NEW)),
    ("lease: write with it", lambda s: s.blob("plain").upload_blob(b"0123456789", lease=s.lease, **_NEW)),
    ("lease: take it twice", lambda s: s.blob("plain").acquire_lease(15, lease_id=OTHER)),
    ("lease: renew", lambda s: s.lease.renew()),
    ("lease: change", lambda s: s.lease.change(OTHER)),
    ("lease: release", lambda s: s.lease.release()),
    ("lease: release again", lambda s: BlobLeaseClient(s.blob("plain"), OTHER).release()),
    ("lease: endless, and broken", lambda s: (s.blob("plain").acquire_lease(), _broken(s.blob("plain")))),
    ("lease: too short", lambda s: s.blob("plain").acquire_lease(3)),
    ("lease: of a missing one", lambda s: s.blob("nobody").acquire_lease(15)),
    ("lease: given and none held", lambda s: s.blob("typed").upload_blob(b"no", lease=OTHER, **_NEW)),
    ("sas: read", lambda s: s.signed("plain", s.blob_sas("r")).download_blob().readall()),
    ("sas: write with a right to read", lambda s: s.signed("plain", s.blob_sas("r")).upload_blob(b"x", **_NEW)),
    ("sas: over", lambda s: s.signed("plain", s.blob_sas("r", expiry=PAST)).download_blob()),
    ("sas: not yet", lambda s: s.signed("plain", s.blob_sas("r", start=FAR)).download_blob()),
    ("sas: for another blob", lambda s: s.signed("typed", s.blob_sas("r")).download_blob()),
    ("sas: of another key", lambda s: s.signed("plain", s.blob_sas("r", key="d3Jvbmc=")).download_blob()),
    ("sas: with headers of its own", lambda s: s.signed("plain", s.blob_sas(
        "r", content_type="text/csv", cache_control="no-cache")).download_blob().readall()),
    ("sas: container, list", lambda s: _pages(
        s.remade(s.container_sas("l")).get_container_client(CONTAINER).list_blobs(name_starts_with="tree/b"))),
    ("sas: container, read without the right", lambda s: s.signed("plain", s.container_sas("l")).download_blob()),
    ("sas: container, delete", lambda s: s.signed("copied", s.container_sas("rd")).delete_blob()),
    ("sas: account, read", lambda s: s.signed("plain", s.account_sas("r", "o")).download_blob().readall()),
    ("sas: account, no objects", lambda s: s.signed("plain", s.account_sas("r", "s")).download_blob()),
    ("sas: account, write without the right", lambda s: s.signed("plain", s.account_sas("r", "o")).upload_blob(
        b"x", **_NEW)),
    ("sas: account, create what is new", lambda s: s.signed("made", s.account_sas("c", "o")).upload_blob(b"x")),
    ("sas: account, overwrite with the right to create", lambda s: s.signed(
        "made", s.account_sas("c", "o")).upload_blob(b"y", **_NEW)),
    ("key: wrong", lambda s: s.remade("d3Jvbmc=").get_blob_client(CONTAINER, "plain").download_blob()),
    ("key: wrong, write", lambda s: s.remade("d3Jvbmc=").get_blob_client(CONTAINER, "x").upload_blob(b"x")),
    ("key: none", lambda s: s.remade(None).get_blob_client(CONTAINER, "plain").download_blob()),
    ("version: older", lambda s: s.blob("plain").download_blob(raw_request_hook=_version("2019-12-12")).readall()),
    ("version: no date", lambda s: s.blob("plain").download_blob(raw_request_hook=_version("banana")).readall()),
    ("request id: comes back", lambda s: s.blob("plain").get_blob_properties(
        headers={"x-ms-client-request-id": "mine"})),
    ("tier: set", lambda s: s.blob("plain").set_standard_blob_tier("Cool")),
    ("tags: set", lambda s: s.blob("plain").set_blob_tags({"a": "b"})),
    ("snapshot: make", lambda s: s.blob("plain").create_snapshot()),
    ("page blob: create", lambda s: s.blob("page").create_page_blob(512)),
    ("append blob: create", lambda s: s.blob("append").create_append_blob()),
    ("account: information", lambda s: s.service.get_account_information()),
    ("account: properties", lambda s: s.service.get_service_properties()),
    ("batch: delete two", lambda s: list(s.container.delete_blobs("made", "empty"))),
    ("access policy: read", lambda s: s.container.get_container_access_policy()),
    ("delete: a blob", lambda s: s.blob("typed").delete_blob()),
    ("delete: it again", lambda s: s.blob("typed").delete_blob()),
    ("delete: with snapshots", lambda s: s.blob("blocks").delete_blob(delete_snapshots="include")),
    ("container: delete", lambda s: s.container.delete_container()),
    ("container: delete again", lambda s: s.container.delete_container()),
]  # fmt: skip


def _broken(blob: Any) -> Any:
    return BlobLeaseClient(blob).break_lease(0)
