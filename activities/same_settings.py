"""Whether a setting of Azure Monitor says what is wanted, and how it was before it was changed.

Azure writes durations and words in forms of its own and adds what was left out, so that settings are compared by
meaning. What it adds was never seen in live Azure: an addition that is not known here counts as somebody's change.
"""

from __future__ import annotations

import base64
import json
import zlib
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from contracts.digests import digest
from contracts.marks import BEFORE_TAG

# What Azure may add by itself.
_ADDED = frozenset(
    {
        "metricresourcelocation",
        "metricnamespace",
        "targetresourcetype",
        "targetresourceregion",
        "lastupdatedtime",
        "ismigrated",
        "skipmetricvalidation",
    }
)
_DURATION = TypeAdapter(timedelta)
# Characters of a tag's value, and tags of that kind.
LONGEST_TAG, MOST_TAGS = 256, 6


def says(found: Any, wanted: Any) -> bool:
    """Whether all that is wanted is in what was found."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(says(found.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(says(one, other) for one, other in zip(found, wanted, strict=True))
        )
    return bool(_meant(found) == _meant(wanted))


def meaning(properties: dict[str, Any]) -> str:
    """A digest of what a setting says, the same for every way of writing it."""
    return digest(_meant(properties))


def _meant(value: Any) -> Any:
    if isinstance(value, dict):
        meant = {name.lower(): _meant(one) for name, one in value.items() if name.lower() not in _ADDED}
        return {name: one for name, one in meant.items() if one not in (None, "", [], {}, False)}
    if isinstance(value, list):
        return [_meant(one) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return float(value)
    text = str(value)
    if text[:1] == "P":
        try:
            return _DURATION.validate_python(text).total_seconds()
        except ValidationError:
            pass
    return text.lower()


def kept(properties: dict[str, Any]) -> dict[str, str]:
    """Tags that hold what a setting says; none where it is too long for them."""
    packed = base64.b64encode(zlib.compress(json.dumps(properties).encode(), 9)).decode()
    parts = [packed[at : at + LONGEST_TAG] for at in range(0, len(packed), LONGEST_TAG)]
    if len(parts) > MOST_TAGS:
        return {}
    return {f"{BEFORE_TAG}{index}": part for index, part in enumerate(parts)}


def kept_in(tags: dict[str, str]) -> dict[str, Any] | None:
    """What such tags hold; None without them."""
    parts = [tags[name] for name in (f"{BEFORE_TAG}{index}" for index in range(MOST_TAGS)) if name in tags]
    if not parts:
        return None
    found: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode("".join(parts))))
    return found


def without_kept(tags: dict[str, str]) -> dict[str, str]:
    """Tags without those that hold something."""
    return {name: value for name, value in tags.items() if not name.startswith(BEFORE_TAG)}
