"""The requests that a subscriber gets: its handshake, and events.

Source: Microsoft Learn, "Webhook event delivery" and "Event Grid message delivery and retry" (2026-02).
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta

import httpx

from local import loopback
from local.cloud.eventgrid.events import Event
from local.cloud.eventgrid.subscriptions import Subscription
from local.cloud.moments import with_zulu

# A subscriber has 30 s of real time, whatever the clock's speed: its work is real.
RESPONSE_TIMEOUT = timedelta(seconds=30)
_CLOUD_EVENT = "application/cloudevents+json; charset=utf-8"
_ORIGIN = "eventgrid.azure.net"


class Webhooks:
    """Talks to subscribers. Never through a proxy, never further than this machine."""

    def __init__(self) -> None:
        self._client = loopback.client()
        self.patience = RESPONSE_TIMEOUT
        """How long an answer is waited for; may be changed at any time."""

    def close(self) -> None:
        """Drop connections."""
        self._client.close()

    def deliver(self, subscription: Subscription, event: Event, earlier_attempts: int) -> int | None:
        """Post one event; the status, or None without an answer in time."""
        headers = {
            "aeg-event-type": "Notification",
            "aeg-subscription-name": subscription.name,
            "aeg-delivery-count": str(earlier_attempts),
            "aeg-data-version": event.data_version,
            "aeg-metadata-version": "1",
        }
        if subscription.schema == "CloudEventSchemaV1_0":
            body, kind = json.dumps(event.cloud_event()), _CLOUD_EVENT
        else:
            body, kind = json.dumps([event.event_grid()]), "application/json; charset=utf-8"
        answer = self._send("POST", subscription.endpoint_url, {**headers, "Content-Type": kind}, body)
        return answer.status_code if answer is not None else None

    def validate(self, subscription: Subscription, now: datetime) -> str | None:
        """Prove that the endpoint wants events; None when it does, else why the proof failed."""
        if subscription.schema == "CloudEventSchemaV1_0":
            return self._validate_cloud_events(subscription)
        code = str(uuid.uuid4())
        answer = self._send("POST", subscription.endpoint_url, _VALIDATION, _validation_event(subscription, code, now))
        if answer is None:
            return "Http POST request failed with response code Unknown."
        if answer.status_code != 200:
            return f"Http POST request failed with response code {answer.status_code}; only 200 is accepted."
        try:
            echoed = answer.json().get("validationResponse")
        except (ValueError, AttributeError):
            echoed = None
        return None if echoed == code else "The answer did not repeat the validation code as validationResponse."

    def _validate_cloud_events(self, subscription: Subscription) -> str | None:
        answer = self._send("OPTIONS", subscription.endpoint_url, {"WebHook-Request-Origin": _ORIGIN}, "")
        if answer is None or answer.status_code != 200:
            return f"Http OPTIONS request failed with response code {answer.status_code if answer else 'Unknown'}."
        if answer.headers.get("WebHook-Allowed-Origin") not in ("*", _ORIGIN):
            return f"The answer did not allow the origin {_ORIGIN} in WebHook-Allowed-Origin."
        return None

    def _send(self, method: str, url: str, headers: dict[str, str], body: str) -> httpx.Response | None:
        try:
            return self._client.request(
                method, url, headers=headers, content=body.encode(), timeout=self.patience.total_seconds()
            )
        except httpx.HTTPError:
            return None


_VALIDATION = {"aeg-event-type": "SubscriptionValidation", "Content-Type": "application/json; charset=utf-8"}


def _validation_event(subscription: Subscription, code: str, now: datetime) -> str:
    # Azure also offers a validationUrl to visit by hand within five minutes. Not offered here, so not named.
    return json.dumps(
        [
            {
                "id": str(uuid.uuid4()),
                "topic": subscription.topic or "",
                "subject": "",
                "data": {"validationCode": code},
                "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
                "eventTime": with_zulu(now),
                "metadataVersion": "1",
                "dataVersion": "1",
            }
        ]
    )
