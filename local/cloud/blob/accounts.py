"""The storage accounts of this world: those it begins with, and those made since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from local.cloud.world import STORAGE_ACCOUNTS


@dataclass
class Account:
    """A storage account as a resource; `sku` is its replication, `told` the properties it was made with."""

    name: str
    sku: str = "Standard_LRS"
    kind: str = "StorageV2"
    tags: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_made(self) -> bool:
        """Whether somebody has made it, and so may delete it."""
        return self.name not in STORAGE_ACCOUNTS


class Accounts:
    """Storage accounts by name, in small letters. Methods may be called from any thread."""

    def __init__(self) -> None:
        self._held: dict[str, Account] = {}
        self.reset()

    def reset(self) -> None:
        """Back to the accounts this world begins with."""
        self._held = {name: Account(name) for name in STORAGE_ACCOUNTS}

    def __contains__(self, name: object) -> bool:
        """Whether there is an account of that name."""
        return name in self._held

    def __iter__(self) -> Iterator[Account]:
        """All of them, oldest first."""
        return iter(tuple(self._held.values()))

    def put(self, account: Account) -> None:
        """Make or replace one."""
        self._held[account.name] = account

    def remove(self, name: str) -> None:
        """Take one away; nothing when there is none."""
        self._held.pop(name, None)
