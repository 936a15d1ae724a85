"""What is in a blob container, as far as Slipway's own identity may look.

A token for storage opens every account that the identity may read, and the address is out of a datastore's document:
so it is sent to nobody but Azure Storage of a known cloud.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from azure_api.clients import clients
from azure_api.errors import translated
from contracts.azure_refusals import FilesNotDownloaded, NetworkBlocked

SUFFIXES = ("core.windows.net", "core.usgovcloudapi.net", "core.chinacloudapi.cn")
# Empty pages that lead to others are allowed; so many of them are not worth more of a plan's time.
PAGES = 3
# A description of a model, or an example of what to ask it, is no longer.
READ_BYTES = 256 * 1024


def holds(account: str, suffix: str, container: str, path: str) -> bool:
    """Whether the container has a blob of that name, or blobs below it.

    Raises FilesNotDownloaded when there is no such container, and other deployment errors when it cannot be told.
    """
    path = path.rstrip("/")
    for prefix in (path, f"{path}/"):
        first = next(_names(account, suffix, container, prefix), None)
        if first is None:
            return False
        if first == path or first.startswith(f"{path}/"):
            return True
        # A name that goes on otherwise, such as `model-2`, comes before `model/…`.
    return False


def beginning(account: str, suffix: str, container: str, path: str) -> str:
    """The first `READ_BYTES` of a blob, as text. Raises deployment errors, FilesNotDownloaded where there is none."""
    url = f"{_container(account, suffix, container)}/{quote(path)}"
    with translated(not_found=FilesNotDownloaded):
        return clients().get_from_storage(url, first=READ_BYTES)


def _container(account: str, suffix: str, container: str) -> str:
    if suffix not in SUFFIXES or not re.fullmatch(r"[a-z0-9]{3,24}", account):
        raise NetworkBlocked(f"{account}.blob.{suffix} is no Azure Storage of a known cloud; no token is sent there")
    return f"https://{account}.blob.{suffix}/{quote(container)}"


def _names(account: str, suffix: str, container: str, prefix: str) -> Iterator[str]:
    where, marker = _container(account, suffix, container), ""
    for _ in range(PAGES):
        query = {"restype": "container", "comp": "list", "prefix": prefix, "maxresults": "1"}
        with translated():
            text = clients().get_from_storage(f"{where}?{urlencode(query | ({'marker': marker} if marker else {}))}")
        page = ElementTree.fromstring(text)  # noqa: S314 - written by Azure Storage, over TLS
        yield from (str(name.text) for name in page.iterfind("./Blobs/Blob/Name"))
        marker = page.findtext("NextMarker") or ""
        if not marker:
            return
