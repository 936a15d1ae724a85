"""An event subscription: who wants which events, where they go, and how hard to try."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from local.cloud.arm.documents import Json
from local.cloud.arm.states import ProvisioningState
from local.cloud.eventgrid.filters import EventFilter

KIND = "Microsoft.EventGrid/eventSubscriptions"

Schema = Literal["EventGridSchema", "CloudEventSchemaV1_0"]


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long to try. Defaults are Event Grid's own."""

    max_attempts: int = 30
    time_to_live: timedelta = timedelta(minutes=1440)


@dataclass
class Subscription:
    """`topic` is the ARM id whose events are wanted, None for every topic."""

    name: str
    topic: str | None
    endpoint_url: str
    filter: EventFilter = field(default_factory=EventFilter)
    schema: Schema = "EventGridSchema"
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    labels: tuple[str, ...] = ()
    provisioning_state: ProvisioningState = "Creating"
    error: str | None = None
    operation: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def key(self) -> str:
        """What it is stored under."""
        return subscription_key(self.topic, self.name)

    @property
    def id(self) -> str:
        """Its ARM id."""
        return f"{self.topic or ''}/providers/{KIND}/{self.name}"

    @property
    def base_url(self) -> str:
        """Where events go, without the query, which may hold a key."""
        return self.endpoint_url.split("?", maxsplit=1)[0]

    def wants(self, topic: str) -> bool:
        """Whether events of `topic` are asked for at all."""
        return self.topic is None or self.topic.strip("/").lower() == topic.strip("/").lower()

    def to_wire(self) -> Json:
        """The resource as ARM returns it."""
        return {
            "id": self.id,
            "name": self.name,
            "type": KIND,
            "properties": {
                "topic": self.topic or "",
                "provisioningState": self.provisioning_state,
                "destination": {
                    "endpointType": "WebHook",
                    "properties": {
                        "endpointBaseUrl": self.base_url,
                        "maxEventsPerBatch": 1,
                        "preferredBatchSizeInKilobytes": 64,
                    },
                },
                "filter": self.filter.to_json(),
                "labels": list(self.labels),
                "eventDeliverySchema": self.schema,
                "retryPolicy": {
                    "maxDeliveryAttempts": self.retry.max_attempts,
                    "eventTimeToLiveInMinutes": int(self.retry.time_to_live.total_seconds() // 60),
                },
            },
        }


def subscription_key(topic: str | None, name: str) -> str:
    """What makes a subscription one of its kind: its name under its topic, without regard to case."""
    return f"{(topic or '').strip('/').lower()}|{name.lower()}"
