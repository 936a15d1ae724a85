"""What a PUT of an event subscription asks for, and what of it is not offered here."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from local.cloud.arm.documents import Json
from local.cloud.arm.errors import ArmError, not_emulated
from local.cloud.arm.schema import flag, items, read_only, record, text, unavailable, whole
from local.cloud.eventgrid.filters import MAX_ADVANCED, FilterError, read_filter
from local.cloud.eventgrid.subscriptions import RetryPolicy, Schema, Subscription

_KEYED = record(
    {"operatorType": text(), "key": text()}, value={"type": ["number", "boolean", "string"]}, values=items({})
)
# Source: models of azure-mgmt-eventgrid 10.4; limits of "Event Grid subscription schema" (Microsoft Learn).
_DESTINATION = record(
    {"endpointType": text()},
    properties=record(
        endpointUrl=text(),
        maxEventsPerBatch=whole(1, 5000),
        preferredBatchSizeInKilobytes=whole(1, 1024),
        deliveryAttributeMappings=unavailable(),
        azureActiveDirectoryTenantId=unavailable(),
        azureActiveDirectoryApplicationIdOrUri=unavailable(),
        minimumTlsVersionAllowed=unavailable("Webhooks here may be plain http."),
        endpointBaseUrl=read_only(),
    ),
)
_REST: dict[str, Json] = {
    "filter": record(
        subjectBeginsWith=text(),
        subjectEndsWith=text(),
        includedEventTypes=items(text()),
        isSubjectCaseSensitive=flag(),
        enableAdvancedFilteringOnArrays=flag(),
        advancedFilters=items(_KEYED, most=MAX_ADVANCED),
    ),
    "labels": items(text()),
    "expirationTimeUtc": unavailable(),
    "eventDeliverySchema": text(one_of=("EventGridSchema", "CustomInputSchema", "CloudEventSchemaV1_0")),
    "retryPolicy": record(maxDeliveryAttempts=whole(1, 30), eventTimeToLiveInMinutes=whole(1, 1440)),
    "deadLetterDestination": unavailable(),
    "deadLetterWithResourceIdentity": unavailable(),
    "deliveryWithResourceIdentity": unavailable(),
}
BODY = record(
    {"properties": record({"destination": _DESTINATION}, provisioningState=read_only(), topic=read_only(), **_REST)}
)
# What may be changed lies at the top of the body.
PATCH = record(destination=_DESTINATION, **_REST)

# Microsoft Learn, "Event Grid naming rules" of resources.
_NAME = re.compile(r"[a-zA-Z0-9-]{3,64}")


def read_subscription(scope: str, name: str, body: Json) -> Subscription:
    """Read the body of a PUT; `ArmError` names what is wrong, or not offered here."""
    if not _NAME.fullmatch(name):
        raise _invalid(f"the name {name} must be 3 to 64 letters, digits and hyphens")
    properties = body.get("properties")
    if not isinstance(properties, Mapping):
        raise _invalid("properties are required")
    try:
        wanted = read_filter(properties.get("filter"))
    except FilterError as error:
        raise _invalid(str(error)) from error
    url = _endpoint_url(properties.get("destination"))
    schema = _schema(properties.get("eventDeliverySchema") or "EventGridSchema")
    retry = _retry_policy(properties.get("retryPolicy") or {})
    return Subscription(name, scope, url, wanted, schema, retry, labels=tuple(properties.get("labels") or ()))


def check_destination(url: str) -> None:
    """Refuse, with a sentence that names it, a destination outside this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if parts.scheme not in ("http", "https") or not loopback:
        message = (
            f"The local Azure delivers events to this machine only, and {host or url!r} is not it. Use a webhook on "
            "127.0.0.1 or localhost (Azure itself wants https; plain http is accepted here)."
        )
        raise ArmError(400, "DestinationNotAllowedLocally", message)


def _schema(given: object) -> Schema:
    if str(given).lower() == "eventgridschema":
        return "EventGridSchema"
    if str(given).lower() == "cloudeventschemav1_0":
        return "CloudEventSchemaV1_0"
    raise not_emulated(f"eventDeliverySchema {given}", "Use EventGridSchema or CloudEventSchemaV1_0.")


def _endpoint_url(destination: object) -> str:
    if not isinstance(destination, Mapping):
        raise _invalid("properties.destination is required")
    kind = destination.get("endpointType")
    if str(kind).lower() != "webhook":
        instead = "Use a WebHook with the Functions host's /runtime/webhooks/eventgrid?functionName=... URL."
        raise not_emulated(f"an event destination of type {kind}", instead)
    inner = destination.get("properties")
    if isinstance(inner, Mapping) and inner.get("maxEventsPerBatch", 1) != 1:
        raise not_emulated("batches of events (maxEventsPerBatch)", "Leave it at 1.")
    if isinstance(inner, Mapping) and inner.get("preferredBatchSizeInKilobytes", 64) != 64:
        raise not_emulated("batches of events (preferredBatchSizeInKilobytes)", "Leave it at 64.")
    url = inner.get("endpointUrl") if isinstance(inner, Mapping) else None
    if not isinstance(url, str) or not url:
        raise _invalid("properties.destination.properties.endpointUrl is required")
    check_destination(url)
    return url


def _retry_policy(given: Mapping[str, Any]) -> RetryPolicy:
    attempts, minutes = given.get("maxDeliveryAttempts", 30), given.get("eventTimeToLiveInMinutes", 1440)
    if not isinstance(attempts, int) or not 1 <= attempts <= 30:
        raise _invalid("maxDeliveryAttempts must be between 1 and 30")
    if not isinstance(minutes, int) or not 1 <= minutes <= 1440:
        raise _invalid("eventTimeToLiveInMinutes must be between 1 and 1440")
    return RetryPolicy(attempts, timedelta(minutes=minutes))


def _invalid(message: str) -> ArmError:
    return ArmError(400, "InvalidRequest", f"The event subscription is not valid: {message}.")
