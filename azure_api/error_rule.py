"""One rule about Azure's errors, and the names of the documents that rules come from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from contracts.errors import DeploymentError

GUIDE = "learn.microsoft.com: how-to-troubleshoot-online-endpoints"
ARM = "learn.microsoft.com: azure-resource-manager/troubleshooting/common-deployment-errors"
RBAC = "learn.microsoft.com: role-based-access-control/troubleshooting"
STORAGE = "learn.microsoft.com: rest/api/storageservices/blob-service-error-codes"


@dataclass(frozen=True)
class AzureError:
    """An Azure error, unwrapped: HTTP status (200 for a failed long operation), most telling code, message."""

    status: int
    code: str
    message: str
    retry_after: float | None = None


@dataclass(frozen=True)
class Rule:
    """When all given parts match, the error is `error`: the whole code, whatever its case, and some of the text."""

    error: type[DeploymentError]
    source: str
    status: tuple[int, ...] = ()
    code: str = ""
    text: str = ""

    def matches(self, seen: AzureError) -> bool:
        """Whether this rule is about that error."""
        return (
            (not self.status or seen.status in self.status)
            and (not self.code or self.is_about(seen.code))
            and (not self.text or self._text.search(seen.message) is not None)
        )

    def is_about(self, code: str) -> bool:
        """Whether this rule asks for that code."""
        return bool(self.code) and self._code.fullmatch(code) is not None

    # Compiled when the first error comes, not when the app starts.
    @cached_property
    def _code(self) -> re.Pattern[str]:
        return re.compile(self.code, re.IGNORECASE)

    @cached_property
    def _text(self) -> re.Pattern[str]:
        return re.compile(self.text, re.IGNORECASE)
