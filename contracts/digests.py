"""A digest of JSON content: the one way Slipway tells that two things say the same."""

from __future__ import annotations

import hashlib
import json

from contracts.base import Json


def digest(content: Json, length: int = 32) -> str:
    """The first `length` hex digits of a SHA-256 over `content`, independent of key order."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:length]
