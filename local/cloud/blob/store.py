"""Containers and block blobs. Content lies on disk under the data directory, the index in memory."""

from __future__ import annotations

import hashlib
import shutil
import threading
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path, PurePosixPath

from local.clock import Clock
from local.cloud.blob.errors import BlobError, missing_blob, missing_container


@dataclass(frozen=True)
class Blob:
    """One blob: where its content lies and what is known about it."""

    name: str
    path: Path
    size: int
    etag: str
    modified: datetime
    content_type: str
    metadata: dict[str, str]


@dataclass
class _Container:
    created: datetime
    blobs: dict[str, Blob] = field(default_factory=dict)
    blocks: dict[tuple[str, str], bytes] = field(default_factory=dict)


class BlobStore:
    """All containers of all emulated accounts; methods may be called from any thread."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self._root = root
        self._clock = clock
        self._containers: dict[tuple[str, str], _Container] = {}
        self._files = count(1)
        self._lock = threading.RLock()

    def clear(self) -> None:
        """Forget and delete everything."""
        with self._lock:
            self._containers.clear()
            shutil.rmtree(self._root, ignore_errors=True)

    def create_container(self, account: str, name: str) -> bool:
        """Make a container; False when it was there."""
        with self._lock:
            if (account, name) in self._containers:
                return False
            self._containers[account, name] = _Container(self._clock.now())
            return True

    def container_created(self, account: str, name: str) -> datetime:
        """When the container was made; BlobError 404 without it."""
        return self._container(account, name).created

    def put(
        self,
        account: str,
        container: str,
        name: str,
        content: bytes,
        *,
        content_type: str = "application/octet-stream",
        metadata: dict[str, str] | None = None,
        only_new: bool = False,
    ) -> Blob:
        """Write a whole blob; with `only_new` an existing one is BlobError 409."""
        with self._lock:
            held = self._container(account, container)
            old = held.blobs.get(name)
            if old and only_new:
                raise BlobError(409, "BlobAlreadyExists", "The specified blob already exists.")
            path = self._root / account / container / f"{next(self._files):08d}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            blob = Blob(
                name=name,
                path=path,
                size=len(content),
                etag=f'"0x{hashlib.sha256(content).hexdigest()[:16].upper()}"',
                modified=self._clock.now(),
                content_type=content_type,
                metadata=metadata or {},
            )
            held.blobs[name] = blob
            if old:
                old.path.unlink(missing_ok=True)
            return blob

    def put_metadata(self, account: str, container: str, name: str, metadata: dict[str, str]) -> Blob:
        """Replace a blob's metadata."""
        with self._lock:
            old = self.get(account, container, name)
            new = Blob(old.name, old.path, old.size, old.etag, self._clock.now(), old.content_type, metadata)
            self._container(account, container).blobs[name] = new
            return new

    def stage(self, account: str, container: str, name: str, block: str, content: bytes) -> None:
        """Hold one uncommitted block of a blob."""
        with self._lock:
            self._container(account, container).blocks[name, block] = content

    def staged(self, account: str, container: str, name: str, blocks: list[str]) -> bytes:
        """The content of these blocks in order, which are then no longer held; BlobError 400 for an unknown one."""
        with self._lock:
            held = self._container(account, container).blocks
            try:
                content = b"".join(held[name, block] for block in blocks)
            except KeyError:
                raise BlobError(400, "InvalidBlockList", "The specified block list is invalid.") from None
            for key in [key for key in held if key[0] == name]:
                del held[key]
            return content

    def get(self, account: str, container: str, name: str) -> Blob:
        """One blob; BlobError 404 without it."""
        with self._lock:
            try:
                return self._container(account, container).blobs[name]
            except KeyError:
                raise missing_blob() from None

    def delete(self, account: str, container: str, name: str) -> None:
        """Remove one blob; BlobError 404 without it."""
        with self._lock:
            blob = self.get(account, container, name)
            del self._container(account, container).blobs[name]
            blob.path.unlink(missing_ok=True)

    def list(self, account: str, container: str, prefix: str = "") -> list[Blob]:
        """The blobs whose names begin with `prefix`, by name."""
        with self._lock:
            blobs = self._container(account, container).blobs
            return [blobs[name] for name in sorted(blobs) if name.startswith(prefix)]

    def materialise(self, account: str, container: str, prefix: str, destination: Path) -> int:
        """Copy the blob named `prefix`, or those in that folder, into `destination`; how many files that were.

        A single blob keeps its last name part; a folder's content goes in without the folder's name.
        Raises ValueError for a name that would leave `destination`.
        """
        prefix = prefix.strip("/")
        with self._lock:
            blobs = self._container(account, container).blobs
            single = blobs.get(prefix)
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
                shutil.copyfile(blob.path, target)
        return len(chosen)

    def _container(self, account: str, name: str) -> _Container:
        try:
            return self._containers[account, name]
        except KeyError:
            raise missing_container() from None
