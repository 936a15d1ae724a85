"""The host's access keys: made once per data folder.

As in Azure: a master key opens everything, the default host key opens functions of level `function`, each HTTP
function has a key of its own, and each extension a system key for its webhook.
"""

from __future__ import annotations

import base64
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

    def of_function(self, name: str) -> str:
        """The key of one HTTP function."""
        digest = hmac.digest(self.master.encode(), name.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def extensions(self) -> dict[str, str]:
        """The system keys of the extensions, by their names."""
        return {
            "eventgrid_extension": self.eventgrid_extension,
            "durabletask_extension": self.durabletask_extension,
        }
