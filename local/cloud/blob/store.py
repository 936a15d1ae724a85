"""Containers and block blobs. Content lies on disk under the data directory, the index in memory."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from local.clock import Clock
from local.cloud.blob.accounts import Accounts
from local.cloud.blob.errors import BlobError, missing_blob, missing_container
from local.cloud.blob.leases import NO_LEASE, Lease

CONTAINER_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
NO_HEADERS: Mapping[str, str] = {"Content-Type": "application/octet-stream"}


@dataclass(frozen=True)
class Copy:
    """Where a blob was copied from, and when that was done."""

    id: str
    source: str
    done: datetime


@dataclass(frozen=True)
class Blob:
    """One blob: where its content lies and what is known about it; `path` None while no block is committed.

    `headers` are those that come back with its content, by their HTTP names; `blocks` are its block ids and sizes.
    """

    name: str
    path: Path | None
    size: int
    etag: str
    modified: datetime
    created: datetime
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)
    metadata: Mapping[str, str] = field(default_factory=dict)
    md5: str | None = None
    blocks: tuple[tuple[str, int], ...] = ()
    lease: Lease = NO_LEASE
    copy: Copy | None = None

    def content(self) -> bytes:
        """What is in it."""
        return self.path.read_bytes() if self.path else b""


@dataclass
class Container:
    """A container; `staged` holds uncommitted blocks by blob and block id."""

    modified: datetime
    etag: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    blobs: dict[str, Blob] = field(default_factory=dict)
    staged: dict[str, dict[str, bytes]] = field(default_factory=dict)


class BlobStore:
    """All containers of all emulated accounts. Hold `lock` to look and act in one."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.accounts = Accounts()
        self._root = root
        self._clock = clock
        self._containers: dict[tuple[str, str], Container] = {}
        self._number = 0

    def clear(self) -> None:
        """Forget and delete everything."""
        with self.lock:
            self.accounts.reset()
            self._containers.clear()
            shutil.rmtree(self._root, ignore_errors=True)

    def containers(self, account: str) -> list[str]:
        """The names of an account's containers, in order."""
        with self.lock:
            return sorted(name for of, name in self._containers if of == account)

    def container(self, account: str, name: str) -> Container:
        """One container; BlobError 404 without it."""
        with self.lock:
            try:
                return self._containers[account, name]
            except KeyError:
                raise missing_container() from None

    def create_container(self, account: str, name: str, metadata: Mapping[str, str] | None = None) -> bool:
        """Make a container; False when it was there."""
        with self.lock:
            if (account, name) in self._containers:
                return False
            self._containers[account, name] = Container(self._clock.now(), self._etag(), metadata or {})
            return True

    def describe_container(self, account: str, name: str, metadata: Mapping[str, str]) -> Container:
        """Replace a container's metadata."""
        with self.lock:
            held = self.container(account, name)
            held.metadata, held.modified, held.etag = metadata, self._clock.now(), self._etag()
            return held

    def delete_account(self, name: str) -> None:
        """Remove an account with everything in it."""
        with self.lock:
            for container in self.containers(name):
                self.delete_container(name, container)
            self.accounts.remove(name)

    def delete_container(self, account: str, name: str) -> bool:
        """Remove a container and what is in it; False when there was none."""
        with self.lock:
            held = self._containers.pop((account, name), None)
            for blob in held.blobs.values() if held else ():
                _discard(blob)
            return held is not None

    def put(
        self,
        account: str,
        container: str,
        name: str,
        content: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
        blocks: tuple[tuple[str, int], ...] = (),
        copy: Copy | None = None,
    ) -> Blob:
        """Write a whole blob; what was staged for it is forgotten, and a lease on it stays."""
        with self.lock:
            held = self.container(account, container)
            old, now = held.blobs.get(name), self._clock.now()
            path = self._root / account / container / f"{self._next():08d}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            blob = Blob(
                name=name,
                path=path,
                size=len(content),
                etag=self._etag(),
                modified=now,
                created=old.created if old else now,
                headers=headers or NO_HEADERS,
                metadata=metadata or {},
                md5=None if blocks or copy else md5_of(content),
                blocks=blocks,
                lease=old.lease if old else NO_LEASE,
                copy=copy,
            )
            held.blobs[name] = blob
            held.staged.pop(name, None)
            if old:
                _discard(old)
            return blob

    def change(self, account: str, container: str, blob: Blob, *, touch: bool = True) -> Blob:
        """Keep what has changed about a blob; without `touch` it counts as unmodified (a lease was taken)."""
        with self.lock:
            changed = replace(blob, etag=self._etag(), modified=self._clock.now()) if touch else blob
            self.container(account, container).blobs[blob.name] = changed
            return changed

    def stage(self, account: str, container: str, name: str, block: str, content: bytes) -> None:
        """Hold one uncommitted block of a blob."""
        with self.lock:
            self.container(account, container).staged.setdefault(name, {})[block] = content

    def staged(self, account: str, container: str, name: str) -> Mapping[str, bytes]:
        """The uncommitted blocks of a blob."""
        return self.container(account, container).staged.get(name, {})

    def assembled(self, account: str, container: str, name: str, blocks: Sequence[tuple[str, str]]) -> list[bytes]:
        """The content of these (list, block id) pairs in order; BlobError 400 for a block that is not there.

        The list is `Committed`, `Uncommitted`, or `Latest`: uncommitted if there is one, else committed.
        """
        with self.lock:
            held = self.container(account, container)
            staged, committed = held.staged.get(name, {}), _committed(held.blobs.get(name))
            found = []
            for where, block in blocks:
                places = {"Committed": (committed,), "Uncommitted": (staged,)}.get(where, (staged, committed))
                content = next((one[block] for one in places if block in one), None)
                if content is None:
                    raise BlobError(400, "InvalidBlockList", "The specified block list is invalid.")
                found.append(content)
            return found

    def find(self, account: str, container: str, name: str) -> Blob | None:
        """One blob, or None; BlobError 404 without its container."""
        return self.container(account, container).blobs.get(name)

    def get(self, account: str, container: str, name: str) -> Blob:
        """One blob; BlobError 404 without it."""
        blob = self.find(account, container, name)
        if blob is None:
            raise missing_blob()
        return blob

    def delete(self, account: str, container: str, name: str) -> None:
        """Remove one blob; BlobError 404 without it."""
        with self.lock:
            blob = self.get(account, container, name)
            del self.container(account, container).blobs[name]
            _discard(blob)

    def list(self, account: str, container: str, prefix: str = "") -> list[Blob]:
        """The blobs whose names begin with `prefix`, by name."""
        with self.lock:
            blobs = self.container(account, container).blobs
            return [blobs[name] for name in sorted(blobs) if name.startswith(prefix)]

    def materialise(self, account: str, container: str, prefix: str, destination: Path) -> int:
        """Copy the blob named `prefix`, or those in that folder, into `destination`; how many files that were.

        A single blob keeps its last name part; a folder's content goes in without the folder's name.
        Raises ValueError for a name that would leave `destination`.
        """
        prefix = prefix.strip("/")
        with self.lock:
            single = self.find(account, container, prefix)
            chosen = (
                [(PurePosixPath(prefix).name, single)]
                if single
                else [(blob.name[len(prefix) + 1 :], blob) for blob in self.list(account, container, f"{prefix}/")]
            )
            for name, blob in chosen:
                if ".." in PurePosixPath(name).parts or name.startswith("/"):
                    raise ValueError(f"the blob name {blob.name!r} leaves its folder")
                target = destination / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(blob.content())
        return len(chosen)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _etag(self) -> str:
        """A new one for each write, whatever was written."""
        return f'"0x8D{self._next():013X}"'


def md5_of(content: bytes) -> str:
    """The MD5 of some content as headers carry it."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def _committed(blob: Blob | None) -> dict[str, bytes]:
    found, position, content = {}, 0, blob.content() if blob and blob.blocks else b""
    for block, size in blob.blocks if blob else ():
        found[block] = content[position : position + size]
        position += size
    return found


def _discard(blob: Blob) -> None:
    if blob.path:
        blob.path.unlink(missing_ok=True)
