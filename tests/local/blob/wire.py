"""What came over the wire in a call, with what differs from run to run left out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from xml.etree import ElementTree as Xml

from azure.core.exceptions import AzureError
from azure.core.pipeline.transport import HttpTransport, RequestsTransport
from azure.storage.blob import BlobServiceClient

from tests.local.blob.calls import CALLS, Story

# Of a server or a connection rather than of the blob service.
_NOT_OURS = {"connection", "keep-alive", "server", "transfer-encoding", "date", "content-length", "vary", "etag-server"}
# Told by everyone, and different each time.
_CHANGING = {
    "etag",
    "last-modified",
    "x-ms-request-id",
    "x-ms-version",
    "x-ms-client-request-id",
    "x-ms-creation-time",
    "x-ms-copy-id",
    "x-ms-copy-source",
    "x-ms-copy-completion-time",
    "x-ms-lease-id",
    "x-ms-lease-time",
    "x-ms-snapshot",
    "x-ms-version-id",
    "x-ms-access-tier-change-time",
    "www-authenticate",
    "x-ms-content-crc64",
    "content-type",
}
_CHANGING_ELEMENTS = {
    "AccessTierChangeTime",
    "Etag",
    "Last-Modified",
    "Creation-Time",
    "Message",
    "NextMarker",
    "Marker",
    "Url",
}
Exchange = dict[str, Any]


class Noting(HttpTransport[Any, Any]):
    """A transport that notes what it was answered."""

    def __init__(self, transport: RequestsTransport) -> None:
        self._transport = transport
        self.noted: list[Exchange] = []

    def __enter__(self) -> Noting:
        return self

    def __exit__(self, *_reason: object) -> None:
        """Nothing is held."""

    def open(self) -> None:
        """The one behind opens by itself."""

    def close(self) -> None:
        """It is used by other clients too."""

    def send(self, request: Any, **kwargs: Any) -> Any:
        """Pass on a request, and keep its answer."""
        response = self._transport.send(request, **kwargs)
        if request.method != "HEAD" and not kwargs.get("stream"):
            response.load_body() if hasattr(response, "load_body") else None
        self.noted.append(_exchange(request.method, response))
        return response


def _exchange(method: str, response: Any) -> Exchange:
    headers = {name.lower(): value for name, value in response.headers.items()}
    told = {
        name: "*" if name in _CHANGING else value
        for name, value in sorted(headers.items())
        if name not in _NOT_OURS and not (name == "content-type" and response.status_code >= 400)
    }
    noted: Exchange = {"method": method, "status": response.status_code, "headers": told}
    kind = headers.get("content-type", "")
    if method != "HEAD" and "xml" in kind:
        noted["body"] = _elements(response.internal_response.content)
    return noted


def _elements(content: bytes) -> Any:
    with suppress(Xml.ParseError):
        return _told(Xml.fromstring(content.decode("utf-8-sig")))
    return content.decode()


def _told(element: Xml.Element) -> Any:
    if element.tag in _CHANGING_ELEMENTS:
        return [element.tag, "*" if (element.text or "") else ""]
    inside = [_told(child) for child in element]
    return [element.tag, inside or (element.text or "")]


def tell(
    remade: Callable[[Any, HttpTransport[Any, Any]], BlobServiceClient], transport: RequestsTransport, key: str
) -> dict[str, Any]:
    """Tell the story to whoever answers; by call, what came over the wire."""
    noting = Noting(transport)
    story = Story(remade(key, noting), lambda credential: remade(credential, noting), key)
    heard: dict[str, Any] = {}
    for name, call in CALLS:
        noting.noted = []
        with suppress(AzureError, ValueError):
            call(story)
        heard[name] = noting.noted
    return heard
