"""Errors of a vault's own host: JSON with an inner code that says more than the outer one.

Sources: the recordings in Azure/azure-sdk-for-js (401), and answers quoted in public issues and programs (the rest).
"""

from __future__ import annotations

from local.cloud.identity.tokens import Claims
from local.cloud.world import REGION, TENANT

RESOURCE = "https://vault.azure.net"


class VaultError(Exception):
    """A refusal: `status`, `code`, a sentence, and the inner code where Azure has one."""

    def __init__(self, status: int, code: str, message: str, inner: str | None = None) -> None:
        super().__init__(f"{inner or code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.inner = inner

    def body(self) -> dict[str, object]:
        """The JSON document of this error."""
        inner = {"innererror": {"code": self.inner}} if self.inner else {}
        return {"error": {"code": self.code, "message": self.message, **inner}}

    def headers(self) -> dict[str, str]:
        """What a client learns from a 401: where to get a token, and for what."""
        if self.status != 401:
            return {}
        challenge = f'Bearer authorization="https://login.windows.net/{TENANT}", resource="{RESOURCE}"'
        return {"WWW-Authenticate": challenge}


def unauthorized(message: str) -> VaultError:
    """401 for a caller nobody vouches for."""
    return VaultError(401, "Unauthorized", message)


def forbidden_by_role(caller: Claims, action: str, resource: str, vault: str) -> VaultError:
    """403 of a vault that asks roles; the same words while a role has yet to take effect."""
    message = (
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role "
        f"definitions were changed recently, please observe propagation time.\r\nCaller: {_told(caller)}\r\n"
        f"Action: '{action}'\r\nResource: '{resource.lower()}'\r\nAssignment: (not found)\r\n"
        f"DenyAssignmentId: null\r\nDecisionReason: null \r\nVault: {vault};location={REGION}\r\n"
    )
    return VaultError(403, "Forbidden", message, "ForbiddenByRbac")


def forbidden_by_policy(caller: Claims, permission: str, vault: str) -> VaultError:
    """403 of a vault that asks its access policies."""
    message = (
        f"The user, group or application '{_told(caller)}' does not have secrets {permission} permission on key vault "
        f"'{vault};location={REGION}'. For help resolving this issue, please see "
        "https://go.microsoft.com/fwlink/?linkid=2125287"
    )
    return VaultError(403, "Forbidden", message, "ForbiddenByPolicy")


def secret_not_found(name: str) -> VaultError:
    """404 for a secret, or a version of one, that is not in the vault."""
    message = (
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may "
        "be able to recover it using the correct recovery command. For help resolving this issue, please see "
        "https://go.microsoft.com/fwlink/?linkid=2125182"
    )
    return VaultError(404, "SecretNotFound", message)


def deleted_but_recoverable(name: str) -> VaultError:
    """409 for a name whose former secret is deleted and still held."""
    message = (
        f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, "
        "the secret can only be recovered or purged."
    )
    return VaultError(409, "Conflict", message, "ObjectIsDeletedButRecoverable")


def deleted_secret_not_found(name: str) -> VaultError:
    """404 for a deleted secret that there is not (words: ours)."""
    return VaultError(404, "SecretNotFound", f"Deleted Secret not found: {name}")


def disabled(operation: str) -> VaultError:
    """403 for the value of a version that is disabled."""
    message = f"Operation {operation} is not allowed on a disabled secret."
    return VaultError(403, "Forbidden", message, "SecretDisabled")


def protected(vault: str) -> VaultError:
    """403 for purging in a vault that is protected against it."""
    message = (
        'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will '
        f"automatically purge it after the retention period has passed. Vault: {vault};location={REGION}"
    )
    return VaultError(403, "Forbidden", message)


def bad_parameter(message: str) -> VaultError:
    """400 for what cannot be read as a request."""
    return VaultError(400, "BadParameter", message)


def not_emulated(what: str) -> VaultError:
    """501 for something that Key Vault can do and this local Azure cannot."""
    return VaultError(501, "NotEmulatedLocally", f"The local Azure does not emulate {what}. It has secrets alone.")


def _told(caller: Claims) -> str:
    return f"appid={caller.client_id};oid={caller.principal_id};iss=https://sts.windows.net/{TENANT}/"
