"""Events of a machine learning workspace, in the two schemas Event Grid delivers.

Source: Microsoft Learn, "Azure Machine Learning as Event Grid source" (samples; keys of `data` in PascalCase, model
versions as they were given) and the CloudEvents 1.0 JSON format.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.cloud.moments import with_zulu

MODEL_REGISTERED = "Microsoft.MachineLearningServices.ModelRegistered"


@dataclass(frozen=True)
class Event:
    """One thing that happened. `topic` is the ARM id of the resource it happened in; `time` is aware UTC."""

    topic: str
    subject: str
    event_type: str
    time: datetime
    data: Mapping[str, Any]
    id: str
    data_version: str = ""

    def event_grid(self) -> dict[str, Any]:
        """The event in Event Grid's own schema."""
        return {
            "topic": self.topic,
            "subject": self.subject,
            "eventType": self.event_type,
            "eventTime": with_zulu(self.time),
            "id": self.id,
            "data": dict(self.data),
            "dataVersion": self.data_version,
            "metadataVersion": "1",
        }

    def cloud_event(self) -> dict[str, Any]:
        """The event as a CloudEvent 1.0."""
        return {
            "source": self.topic,
            "subject": self.subject,
            "type": self.event_type,
            "time": with_zulu(self.time),
            "id": self.id,
            "data": dict(self.data),
            "specversion": "1.0",
        }


def model_registered(
    workspace_id: str,
    name: str,
    version: str | int,
    tags: Mapping[str, str],
    properties: Mapping[str, str],
    now: datetime,
) -> Event:
    """A model version was registered in the workspace."""
    data = {
        "ModelName": name,
        "ModelVersion": version,
        "ModelTags": dict(tags),
        "ModelProperties": dict(properties),
    }
    return Event(workspace_id, f"models/{name}:{version}", MODEL_REGISTERED, now, data, str(uuid.uuid4()))


def read_event(topic: str, document: Mapping[str, Any], now: datetime) -> Event:
    """An event given in Event Grid's schema; `ValueError` without subject, eventType and an object as data.

    `id` and `eventTime` are filled in when they are left out.
    """
    subject, kind, data = document.get("subject"), document.get("eventType"), document.get("data")
    if not isinstance(subject, str) or not isinstance(kind, str) or not isinstance(data, Mapping):
        raise ValueError("an event needs subject, eventType and an object as data")  # noqa: TRY004 - bad JSON is a bad value
    given = document.get("eventTime")
    time = datetime.fromisoformat(given) if isinstance(given, str) else now
    identifier = document.get("id")
    return Event(
        topic, subject, kind, time, data, str(identifier or uuid.uuid4()), str(document.get("dataVersion", ""))
    )
