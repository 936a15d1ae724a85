"""Who may do what with a vault's secrets: its access policies say, or role assignments where it asks those.

Sources: Microsoft Learn, "Provide access to Key Vault with Azure role-based access control" (data actions), "Assign a
Key Vault access policy", and the REST reference of secrets, which names the permission that each operation needs.
"""

from __future__ import annotations

from typing import NamedTuple

from local.cloud.arm.permissions import Permissions
from local.cloud.identity.tokens import Claims
from local.cloud.keyvault.errors import VaultError, forbidden_by_policy, forbidden_by_role
from local.cloud.keyvault.vaults import Vault

_SECRETS = "Microsoft.KeyVault/vaults/secrets"
# Nobody may purge by default, and not with `all`; purging has to be granted by its own name. Not compared with Azure.
_NOT_IN_ALL = frozenset({"purge"})


class Right(NamedTuple):
    """What an operation needs: a permission of an access policy, or a role's data action."""

    permission: str
    action: str


READ = Right("get", f"{_SECRETS}/getSecret/action")
READ_DELETED = Right("get", f"{_SECRETS}/readMetadata/action")
LIST = Right("list", f"{_SECRETS}/readMetadata/action")
SET = Right("set", f"{_SECRETS}/setSecret/action")
UPDATE = Right("set", f"{_SECRETS}/update/action")
DELETE = Right("delete", f"{_SECRETS}/delete")
RECOVER = Right("recover", f"{_SECRETS}/recover/action")
PURGE = Right("purge", f"{_SECRETS}/purge/action")


def may(permissions: Permissions, principal_id: str, vault: Vault, right: Right, secret: str = "") -> bool:
    """Whether the principal has `right` to that secret, or to the whole vault."""
    if vault.asks_roles:
        scope = f"{vault.id}/secrets/{secret}" if secret else vault.id
        return permissions.allowed(principal_id, right.action, scope, data=True)
    granted = vault.permissions(principal_id)
    return right.permission in granted or ("all" in granted and right.permission not in _NOT_IN_ALL)


def refusal(caller: Claims, vault: Vault, right: Right, secret: str = "") -> VaultError:
    """What a caller is told who may not."""
    if vault.asks_roles:
        resource = f"{vault.id}/secrets/{secret}" if secret else vault.id
        return forbidden_by_role(caller, right.action, resource, vault.name)
    return forbidden_by_policy(caller, right.permission, vault.name)
