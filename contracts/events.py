"""The registration event: what Event Grid says when a model version has been registered, read tolerantly.

The documents show PascalCase data, the published schema camelCase with an integer version; v2 versions are text. So
both casings are taken, and the subject `models/<name>:<version>` where the data says nothing.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from contracts.assets import Tags
from contracts.base import Contract
from contracts.names import ASSET
from contracts.redaction import redact, secret_in
from contracts.secrets import without_secrets

EVENT_TYPE = "Microsoft.MachineLearningServices.ModelRegistered"
# Of tags and of properties: what is kept of an event must be bounded, whoever writes it.
LABELS_KEPT = 200


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
        raise UnreadableEvent(f"event type {shown(event_type)} is not {EVENT_TYPE}")
    values = {str(key).lower(): value for key, value in data.items()} if isinstance(data, dict) else {}
    name, _, version = subject.removeprefix("models/").rpartition(":")
    name = str(values.get("modelname") or name)
    version = str(values.get("modelversion") or version)
    if secret_in(name) or secret_in(version):
        raise UnreadableEvent("the name or version of the model looks like a secret: register it under another one")
    if not re.fullmatch(ASSET, name) or not re.fullmatch(ASSET, version):
        named = shown(subject.removeprefix("models/"))
        raise UnreadableEvent(f"neither data nor subject {named} names a model and a version")
    return ModelRegistered(
        workspace_id=topic,
        model=name,
        version=version,
        tags=_texts(values.get("modeltags")),
        properties=_texts(values.get("modelproperties")),
    )


def shown(foreign: object) -> str:
    """What others wrote, as one short line without secrets."""
    return repr(redact(str(foreign)[:2000])[:200])


def _texts(value: Any) -> dict[str, str]:
    # Others write these: what looks like a secret in them is masked before anything is decided, told or stored.
    pairs = islice(value.items(), LABELS_KEPT) if isinstance(value, dict) else ()
    clean = without_secrets({str(key): str(item) for key, item in pairs})
    return {key[:512]: item[:256] for key, item in clean.items()}
