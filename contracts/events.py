"""The registration event: what Event Grid says when a model version has been registered, read tolerantly.

The documents show PascalCase data, the published schema camelCase with an integer version; v2 versions are text. So
both casings are taken, and the subject `models/<name>:<version>` where the data says nothing.
"""

from __future__ import annotations

from typing import Any

from contracts.base import Contract
from contracts.online import Tags

EVENT_TYPE = "Microsoft.MachineLearningServices.ModelRegistered"


class UnreadableEvent(Exception):
    """An event that is not a model registration; the message says what is wrong."""


class ModelRegistered(Contract):
    """One model version was registered in a workspace."""

    workspace_id: str
    model: str
    version: str
    tags: Tags = {}
    properties: Tags = {}


def read_event(*, event_type: str, topic: str, subject: str, data: Any) -> ModelRegistered:
    """The event as a contract; raises UnreadableEvent, which no redelivery would mend."""
    if event_type != EVENT_TYPE:
        raise UnreadableEvent(f"event type {event_type!r} is not {EVENT_TYPE}")
    values = {str(key).lower(): value for key, value in data.items()} if isinstance(data, dict) else {}
    name, _, version = subject.removeprefix("models/").rpartition(":")
    name = str(values.get("modelname") or name)
    version = str(values.get("modelversion") or version)
    if not name or not version or "\x00" in name + version:
        raise UnreadableEvent(f"neither data nor subject {subject!r} names a model and a version")
    return ModelRegistered(
        workspace_id=topic,
        model=name[:255],
        version=version[:255],
        tags=_texts(values.get("modeltags")),
        properties=_texts(values.get("modelproperties")),
    )


def _texts(value: Any) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {str(key)[:512]: str(item)[:256] for key, item in pairs}
