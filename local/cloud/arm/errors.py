"""Errors as Azure puts them on the wire.

Three shapes exist (public recordings of the SDK's tests, and issues that quote responses):

* plain ARM `{"error": {code, message}}`: authorization, throttling, conflicts, wrong api-version;
* the machine learning service's envelope, whose outer code is `UserError` or `BadRequest` and whose useful code
  is in `details[0].code`, with `additionalInfo` beside it;
* the failure of a long operation, where `error.code` is null and the code is the prefix of the message
  (`operations.py`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from local.cloud.moments import with_offset
from local.cloud.world import REGION


class ArmError(Exception):
    """A refusal: `status`, a stable `code` and a sentence, rendered by `body` in the plain ARM shape."""

    def __init__(self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def body(self, now: datetime) -> dict[str, object]:
        """The JSON document of this error at the virtual moment `now`."""
        return {"error": {"code": self.code, "message": self.message}}


class ServiceError(ArmError):
    """A refusal by the machine learning service: `detail` is the specific (code, message) under the outer one."""

    def __init__(self, status: int, code: str, message: str, *, detail: tuple[str, str] | None = None) -> None:
        super().__init__(status, code, message)
        self.detail = detail

    def body(self, now: datetime) -> dict[str, object]:
        """The envelope of recording "model versions list, 404": details, then five typed facts."""
        details = []
        if self.detail:
            code, message = self.detail
            details.append({"code": code, "message": message, "details": [], "additionalInfo": []})
        facts: dict[str, object] = {
            "ComponentName": "managementfrontend",
            "Correlation": {"operation": secrets.token_hex(16), "request": secrets.token_hex(8)},
            "Environment": REGION,
            "Location": REGION,
            "Time": with_offset(now),
        }
        additional = [{"type": kind, "info": {"value": value}} for kind, value in facts.items()]
        error = {"code": self.code, "message": self.message, "details": details, "additionalInfo": additional}
        return {"error": error}


def not_found(code: str, message: str) -> ServiceError:
    """404 of the machine learning service; the outer text is always the same, `code` says what is missing."""
    return ServiceError(404, "UserError", "The specified resource was not found.", detail=(code, message))


def resource_not_found(resource: str, group: str) -> ArmError:
    """404 of ARM itself for a resource (`provider/type/name`, as the caller spelled it) that is not in the group."""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{resource}' under resource group '{group}' was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
    )


def invalid(code: str, message: str) -> ServiceError:
    """400 of the machine learning service for a request it understood and will not do."""
    return ServiceError(400, "BadRequest", "The request is invalid.", detail=(code, message))


def malformed(reason: str) -> ArmError:
    """400 of ARM for a body that cannot be read as what the resource is; `reason` says where and why."""
    return ArmError(400, "InvalidRequestContent", f"The request content was invalid: {reason}.")


def conflict(message: str) -> ArmError:
    """409 while another operation runs on the same endpoint (Microsoft Learn, troubleshooting online endpoints)."""
    return ArmError(409, "Conflict", message)


def not_emulated(what: str, instead: str) -> ArmError:
    """501 for something Azure can do and this local Azure cannot; `instead` says what to do next."""
    return ArmError(501, "NotEmulatedLocally", f"The local Azure does not emulate {what}. {instead}")


def authorization_failed(client_id: str, principal_id: str, action: str, scope: str) -> ArmError:
    """403 with ARM's own sentence (quoted in Microsoft Learn, "Troubleshoot Azure RBAC")."""
    return ArmError(
        403,
        "AuthorizationFailed",
        f"The client '{client_id}' with object id '{principal_id}' does not have authorization to perform action "
        f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh "
        "your credentials.",
    )


def linked_authorization_failed(client_id: str, principal_id: str, action: str, scope: str, linked: str) -> ArmError:
    """403 for a resource that names another one the caller may not use (an identity it may not attach)."""
    return ArmError(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{client_id}' with object id '{principal_id}' has permission to perform action '{action}' on "
        f"scope '{scope}'; however, it does not have permission to perform action "
        f"'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s) '{linked}' or the "
        "linked scope(s) are invalid.",
    )
