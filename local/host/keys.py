"""The host's access keys: made once per data folder, checked only with `enable_auth`.

As in Azure: a master key opens everything, the default host key opens functions of level `function`, and each
extension has a system key for its webhook. Keys of single functions are not made; the host key does for them.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Keys:
    """The keys of one host."""

    master: str
    default: str
    eventgrid_extension: str
    durabletask_extension: str

    @classmethod
    def of(cls, folder: Path) -> Keys:
        """The folder's keys, made (readable by the owner only) if it has none."""
        path = folder / "keys.json"
        if not path.exists():
            made = cls(*(secrets.token_urlsafe(32) for _ in range(4)))
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(asdict(made), file)
        return cls(**json.loads(path.read_text()))

    def opens(self, level: str, given: str) -> bool:
        """Whether the key suffices for `anonymous`, `function`, `admin`, or a system key's name."""
        level = level.lower()
        if level == "anonymous":
            return True
        accepted = [self.master]
        if level == "function":
            accepted.append(self.default)
        elif level != "admin":
            accepted.append(getattr(self, level))
        return any(hmac.compare_digest(key.encode(), given.encode()) for key in accepted)
