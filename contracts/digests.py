"""A digest of JSON content: the one way Slipway tells that two things say the same."""

from __future__ import annotations

import hashlib
import json
import re

from contracts.base import Json

LENGTH = 32


def is_digest(text: str) -> bool:
    """Whether a text can be a digest of that length."""
    return re.fullmatch(f"[0-9a-f]{{{LENGTH}}}", text) is not None


def digest(content: Json, length: int = LENGTH) -> str:
    """The first `length` hex digits of a SHA-256 over `content`, independent of key order."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:length]
