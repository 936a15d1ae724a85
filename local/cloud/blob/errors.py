"""Errors of the storage data plane: an XML document, and its code again in a header."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4
from xml.sax.saxutils import escape

from starlette.responses import Response

from local.cloud.moments import with_zulu

# The version of the storage REST API that answers are in, unless a request names one.
SERVICE_VERSION = "2025-01-05"


class BlobError(Exception):
    """A refusal by the blob service: `code` is one of its documented error codes."""

    def __init__(self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def response(self, now: datetime, *, head: bool) -> Response:
        """This error on the wire; a HEAD request gets the header alone."""
        headers = {"x-ms-error-code": self.code, "x-ms-request-id": str(uuid4()), "x-ms-version": SERVICE_VERSION}
        if self.status == 401:
            headers["WWW-Authenticate"] = (
                "Bearer authorization_uri=https://login.microsoftonline.com/ resource_id=https://storage.azure.com"
            )
        headers |= self.headers
        if head or self.status == 304:
            # Azurite says what kind of body there would be to a 304, as to an error.
            kind = {} if head else {"Content-Type": "application/xml"}
            return Response(status_code=self.status, headers={**headers, **kind})
        text = f"{self.message}\nRequestId:{headers['x-ms-request-id']}\nTime:{with_zulu(now)}"
        body = (
            '<?xml version="1.0" encoding="utf-8"?>'
            f"<Error><Code>{self.code}</Code><Message>{escape(text)}</Message></Error>"
        )
        return Response(body, self.status, headers, media_type="application/xml")


def missing_container() -> BlobError:
    """404 for a container nobody created."""
    return BlobError(404, "ContainerNotFound", "The specified container does not exist.")


def missing_blob() -> BlobError:
    """404 for a blob that is not there."""
    return BlobError(404, "BlobNotFound", "The specified blob does not exist.")


def permission_mismatch() -> BlobError:
    """403 for a known caller without the role; the same text while a role has yet to take effect (observed)."""
    message = "This request is not authorized to perform this operation using this permission."
    return BlobError(403, "AuthorizationPermissionMismatch", message)


def unauthenticated(detail: str) -> BlobError:
    """403 for a signature that does not hold."""
    message = (
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
        f"including the signature. {detail}"
    )
    return BlobError(403, "AuthenticationFailed", message)


def invalid_header(name: str) -> BlobError:
    """400 for a header that says nothing sensible."""
    message = f"The value for one of the HTTP headers is not in the correct format: {name}."
    return BlobError(400, "InvalidHeaderValue", message)
