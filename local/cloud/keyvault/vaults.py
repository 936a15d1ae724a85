"""The vaults of this world with their secrets: those it begins with, and those made since.

What is deleted stays for the vault's days of retention, can be recovered or purged until then, and keeps its name
(Microsoft Learn, "Azure Key Vault soft-delete overview").
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.clock import Clock
from local.cloud.arm.documents import Json, as_json
from local.cloud.world import TENANT, WORKSPACE_VAULT, vault_id

MOST_DAYS = 90


@dataclass(frozen=True)
class SecretVersion:
    """One value of a secret. `not_before` and `expires`, in seconds since 1970, are told, and no read minds them."""

    version: str
    value: str = field(repr=False)
    content_type: str | None
    tags: Mapping[str, str]
    enabled: bool
    not_before: int | None
    expires: int | None
    created: datetime
    updated: datetime


@dataclass
class Secret:
    """A secret with its versions, oldest first; `deleted` is when somebody deleted it, while it is still held."""

    name: str
    versions: dict[str, SecretVersion] = field(default_factory=dict)
    deleted: datetime | None = None

    @property
    def current(self) -> SecretVersion:
        """The newest version."""
        return next(reversed(self.versions.values()))


@dataclass
class Vault:
    """A vault: `told` are the properties that it was made with, `deleted` when somebody deleted it."""

    name: str
    told: Json
    tags: Mapping[str, str] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    deleted: datetime | None = None

    @property
    def is_made(self) -> bool:
        """Whether somebody has made it, and so may delete it."""
        return self.name != WORKSPACE_VAULT

    @property
    def id(self) -> str:
        """Its ARM id."""
        return vault_id(self.name)

    @property
    def asks_roles(self) -> bool:
        """Whether role assignments open it, and not its access policies."""
        return bool(self.told.get("enableRbacAuthorization"))

    @property
    def retention(self) -> timedelta:
        """How long what was deleted is held."""
        days = self.told.get("softDeleteRetentionInDays")
        return timedelta(days=days if isinstance(days, int) else MOST_DAYS)

    @property
    def is_protected(self) -> bool:
        """Whether nobody may purge it, nor what was in it."""
        return bool(self.told.get("enablePurgeProtection"))

    def permissions(self, principal_id: str) -> set[str]:
        """What its access policies let a principal do with secrets, in small letters."""
        policies = self.told.get("accessPolicies")
        of_principal = [
            as_json(one).get("permissions")
            for one in (policies if isinstance(policies, list) else [])
            if str(as_json(one).get("objectId")).lower() == principal_id.lower()
        ]
        found = [as_json(one).get("secrets") for one in of_principal]
        return {str(word).lower() for words in found if isinstance(words, list) for word in words}

    def version(self, name: str, version: str | None) -> SecretVersion | None:
        """A version of a secret, or its newest; None without it, or once the secret is deleted."""
        secret = self.secrets.get(name.lower())
        if secret is None or secret.deleted:
            return None
        return secret.versions.get(version) if version else secret.current

    def forget_what_is_over(self, now: datetime) -> None:
        """Drop the deleted secrets whose days are over."""
        for key, one in list(self.secrets.items()):
            if one.deleted and now >= one.deleted + self.retention:
                del self.secrets[key]


class Vaults:
    """Vaults by name, in any case. Hold `lock` to look and act in one; who may is asked before, without it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.lock = threading.RLock()
        self._held: dict[str, Vault] = {}
        self.reset()

    def reset(self) -> None:
        """Back to the workspace's own vault, which is empty and asks roles."""
        sku: Json = {"family": "A", "name": "standard"}
        told: Json = {"tenantId": TENANT, "sku": sku, "accessPolicies": [], "enableRbacAuthorization": True}
        with self.lock:
            self._held = {WORKSPACE_VAULT: Vault(WORKSPACE_VAULT, told)}

    def __contains__(self, name: object) -> bool:
        """Whether there is a vault of that name, which is not deleted."""
        return self.named(str(name)) is not None

    def __iter__(self) -> Iterator[Vault]:
        """All that are there, oldest first."""
        return (one for one in self._all() if one.deleted is None)

    def deleted(self) -> list[Vault]:
        """Those that were deleted and are still held."""
        return [one for one in self._all() if one.deleted is not None]

    def named(self, name: str) -> Vault | None:
        """One that is there."""
        return next((one for one in self if one.name.lower() == name.lower()), None)

    def put(self, vault: Vault) -> None:
        """Have it there."""
        with self.lock:
            self._held[vault.name.lower()] = vault

    def purge(self, vault: Vault) -> None:
        """Take it away for good."""
        with self.lock:
            self._held.pop(vault.name.lower(), None)

    def has(self, scope: str) -> bool:
        """Whether an ARM id in small letters is one of a vault, or of a secret in one."""
        for vault in self:
            whole, _, secret = scope.partition("/secrets/")
            if whole == vault.id.lower():
                return not secret or any(name == secret and not one.deleted for name, one in vault.secrets.items())
        return False

    def _all(self) -> list[Vault]:
        now = self._clock.now()
        with self.lock:
            for one in list(self._held.values()):
                if one.deleted and now >= one.deleted + one.retention:
                    self.purge(one)
                one.forget_what_is_over(now)
            return list(self._held.values())


def new_version() -> str:
    """A version's name: 32 hexadecimal digits, drawn at random."""
    return secrets.token_hex(16)
