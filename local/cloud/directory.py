"""The identities of this world: those it begins with, and the user-assigned ones made since."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from local.cloud.world import USER_ASSIGNED, Identity, user_assigned_identity


@dataclass
class UserAssigned:
    """A user-assigned identity as a resource."""

    identity: Identity
    tags: Mapping[str, str] = field(default_factory=dict)


class Directory:
    """User-assigned identities by name, in any case. Methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, UserAssigned] = {}
        # How often a name has been used: each use is another principal.
        self._uses: dict[str, int] = {}
        self.reset()

    def reset(self) -> None:
        """Back to the identities this world begins with."""
        with self._lock:
            self._uses.clear()
            self._held = {identity.name: UserAssigned(identity) for identity in USER_ASSIGNED}

    def every(self) -> list[UserAssigned]:
        """All of them, oldest first."""
        with self._lock:
            return list(self._held.values())

    def named(self, name: str) -> UserAssigned | None:
        """One of them by name."""
        return self._held.get(name.lower())

    def with_id(self, resource_id: str) -> Identity | None:
        """One of them by ARM id."""
        wanted = resource_id.rstrip("/").lower()
        return next((one.identity for one in self.every() if str(one.identity.resource_id).lower() == wanted), None)

    def add(self, name: str, tags: Mapping[str, str]) -> UserAssigned:
        """Make one; a name used again is another principal."""
        with self._lock:
            use = self._uses[name.lower()] = self._uses.get(name.lower(), 0) + 1
            made = self._held[name.lower()] = UserAssigned(user_assigned_identity(name, use), tags)
            return made

    def remove(self, name: str) -> UserAssigned | None:
        """Take one away."""
        with self._lock:
            return self._held.pop(name.lower(), None)
