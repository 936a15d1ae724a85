"""Where the files of models and code lie."""

from __future__ import annotations

import re
from typing import NamedTuple

from local.cloud.hosts import BLOB_SUFFIX
from local.cloud.world import BLOB_CONTAINER, DATASTORE, WORKSPACE_STORAGE

_DATASTORE_PATH = re.compile(rf"azureml://(?:.*/)?datastores/{DATASTORE}/paths/(?P<path>.+)", re.IGNORECASE)
_BLOB_URL = re.compile(rf"https://(?P<account>[^./]+){re.escape(BLOB_SUFFIX)}/(?P<container>[^/]+)/?(?P<path>.*)")


class Place(NamedTuple):
    """A blob, or a folder of blobs."""

    account: str
    container: str
    path: str


def blob_place(uri: str) -> Place | None:
    """What a model or code address means; None for one that is not in a blob store here."""
    path = _DATASTORE_PATH.fullmatch(uri)
    if path:
        return Place(WORKSPACE_STORAGE, BLOB_CONTAINER, path["path"].strip("/"))
    url = _BLOB_URL.fullmatch(uri)
    return Place(url["account"], url["container"], url["path"].strip("/")) if url else None
