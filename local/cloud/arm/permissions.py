"""Who may do what, as the emulated services ask for it."""

from __future__ import annotations

from typing import Protocol


class Permissions(Protocol):
    """Answered by `local.cloud.authorization`."""

    def allowed(self, principal_id: str, action: str, scope: str, *, data: bool = False) -> bool:
        """Whether the principal has an effective assignment that allows `action` over `scope`."""
        ...
