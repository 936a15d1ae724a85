"""Delivering one event to one subscriber: the request, and what its answer means.

Source: Microsoft Learn, "Event Grid message delivery and retry" (2026-02) and "Webhook event delivery". The schedule
is best effort in Azure, with randomness and skipped steps for unhealthy endpoints; here it is exact.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import httpx

from local.cloud.eventgrid.events import Event
from local.cloud.eventgrid.subscriptions import RetryPolicy, Subscription

RETRY_SCHEDULE = [timedelta(seconds=s) for s in (10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200)]
DELIVERED = frozenset({200, 201, 202, 203, 204})
NEVER_RETRIED = frozenset({400, 401, 403, 413})
# A failed attempt waits at least this long, by status.
LEAST_DELAY = {404: timedelta(minutes=5), 408: timedelta(minutes=2), 503: timedelta(seconds=30)}
# A subscriber has 30 s of real time, whatever the clock's speed: its work is real.
RESPONSE_TIMEOUT = timedelta(seconds=30)
_CLOUD_EVENT = "application/cloudevents+json; charset=utf-8"
_ORIGIN = "eventgrid.azure.net"

Outcome = Literal["delivered", "retrying", "dropped"]


@dataclass(frozen=True)
class DeliveryRecord:
    """One attempt. `attempt` counts from 1; `status` None means there was no HTTP answer; `reason` says why not."""

    at: datetime
    subscription: str
    event_id: str
    subject: str
    attempt: int
    status: int | None
    outcome: Outcome
    reason: str


def judge(status: int | None, attempt: int, age: timedelta, policy: RetryPolicy) -> tuple[Outcome, str, timedelta]:
    """What an answer to attempt number `attempt` leads to: outcome, reason, and the wait before the next attempt."""
    if status in DELIVERED:
        return "delivered", "", timedelta()
    if status in NEVER_RETRIED:
        return "dropped", f"a webhook's {status} is never retried", timedelta()
    if attempt >= policy.max_attempts:
        return "dropped", "MaxDeliveryAttemptsExceeded", timedelta()
    least = LEAST_DELAY.get(status, timedelta()) if status is not None else timedelta()
    delay = max(RETRY_SCHEDULE[min(attempt, len(RETRY_SCHEDULE)) - 1], least)
    if age + delay > policy.time_to_live:
        return "dropped", "TimeToLiveExceeded", timedelta()
    return "retrying", "no answer" if status is None else f"answered {status}", delay


class Webhooks:
    """Talks to subscribers. Never through a proxy, never further than this machine."""

    def __init__(self, timeout: timedelta = RESPONSE_TIMEOUT) -> None:
        self._client = httpx.Client(timeout=timeout.total_seconds(), trust_env=False, follow_redirects=False)

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
            return self._client.request(method, url, headers=headers, content=body.encode())
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
                "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
                "metadataVersion": "1",
                "dataVersion": "1",
            }
        ]
    )
