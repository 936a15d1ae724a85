"""Secrets that a text refers to as `${{keyvault:https://<vault>.vault.azure.net/secrets/<name>[/<version>]}}`.

Source: Microsoft Learn, "Secret injection in online endpoints". Not compared with live Azure.
"""

from __future__ import annotations

import re

from local.cloud.arm.permissions import Permissions
from local.cloud.hosts import VAULT_SUFFIX
from local.cloud.keyvault.access import READ, may
from local.cloud.keyvault.vaults import Vaults

_REFERENCE = re.compile(
    r"\$\{\{keyvault:https://(?P<vault>[a-zA-Z0-9-]+)"
    + re.escape(VAULT_SUFFIX)
    + r"/secrets/(?P<name>[0-9a-zA-Z-]+)(?:/(?P<version>[0-9a-f]+))?/?\}\}",
    re.IGNORECASE,
)


class SecretOutOfReach(Exception):
    """What is referred to cannot be read; the message says which and why."""


def are_in(value: str) -> bool:
    """Whether a text refers to a secret of a vault."""
    return _REFERENCE.search(value) is not None


def filled_in(value: str, vaults: Vaults, permissions: Permissions, principal_id: str) -> str:
    """The text with each reference replaced by its secret, as that principal may read it. Raises SecretOutOfReach."""

    def read(found: re.Match[str]) -> str:
        vault = vaults.named(found["vault"])
        if vault is None:
            raise SecretOutOfReach(f"There is nothing at {found[0]}.")
        if not may(permissions, principal_id, vault, READ, found["name"]):
            raise SecretOutOfReach(f"{principal_id} may not read {found[0]}.")
        with vaults.lock:
            version = vault.version(found["name"], found["version"])
        if version is None or not version.enabled:
            raise SecretOutOfReach(f"There is nothing at {found[0]}.")
        return version.value

    return _REFERENCE.sub(read, value)
