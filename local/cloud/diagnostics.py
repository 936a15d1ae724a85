"""Microsoft.Insights/diagnosticSettings of online endpoints: kept, not acted on (nothing is sent anywhere).

Source: Microsoft Learn, "Diagnostic settings - REST" (2021-05-01-preview), the page of supported logs of online
endpoints, and the text of a conflict quoted in Azure/bicep-registry-modules#3407. Not compared with live Azure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json
from local.cloud.arm.errors import ArmError, not_emulated
from local.cloud.arm.route import ArmRoute
from local.cloud.arm.schema import flag, items, record, text, whole
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.world import WORKSPACE_ID

KIND = "Microsoft.Insights/diagnosticSettings"
API_VERSIONS = ("2021-05-01-preview",)
LOGS = ("AmlOnlineEndpointConsoleLog", "AmlOnlineEndpointEventLog", "AmlOnlineEndpointTrafficLog")
METRICS = ("AllMetrics", "Traffic")
_SINKS = {
    "workspaceId": r"Microsoft\.OperationalInsights/workspaces/[^/]+",
    "storageAccountId": r"Microsoft\.(?:Classic)?Storage/storageAccounts/[^/]+",
    "eventHubAuthorizationRuleId": r"Microsoft\.EventHub/namespaces/[^/]+/authorizationRules/[^/]+",
    "marketplacePartnerId": r".+",
}
DESTINATIONS = tuple(_SINKS)
# Of one resource (Azure Monitor's limits).
MOST_SETTINGS = 5

_KEPT = record(enabled=flag(), days=whole(0, 365))
_ITEM: dict[str, Json] = {"category": text(), "categoryGroup": text(), "retentionPolicy": _KEPT, "timeGrain": text()}
BODY = record(
    {
        "properties": record(
            **{
                name: text()
                for name in (*DESTINATIONS, "serviceBusRuleId", "eventHubName", "logAnalyticsDestinationType")
            },
            logs=items(record({"enabled": flag()}, **_ITEM)),
            metrics=items(record({"enabled": flag()}, **_ITEM)),
        )
    }
)


class DiagnosticsProvider:
    """Answers for online endpoints; a setting lies with the endpoint it was made for, and goes with it."""

    def __init__(self, state: WorkspaceState) -> None:
        self._state = state

    def routes(self) -> list[ArmRoute]:
        """The provider's lines of the route table."""
        every = f"/{{scope}}/providers/{KIND}"
        return [
            ArmRoute("GET", every, API_VERSIONS, self._list),
            ArmRoute("PUT", f"{every}/{{name}}", API_VERSIONS, self._put, body=BODY),
            ArmRoute("GET", f"{every}/{{name}}", API_VERSIONS, self._get),
            ArmRoute("DELETE", f"{every}/{{name}}", API_VERSIONS, self._delete),
        ]

    def _list(self, call: Call) -> Answer:
        """Every setting of the resource."""
        return Answer(200, {"value": list(self._of(call).values())})

    def _get(self, call: Call) -> Answer:
        """One setting by name."""
        found = self._of(call).get(call.parameters["name"].lower())
        if found is None:
            message = f"The diagnostic setting '{call.parameters['name']}' doesn't exist."
            raise ArmError(404, "ResourceNotFound", message)
        return Answer(200, found)

    def _put(self, call: Call) -> Answer:
        """Make or replace a setting."""
        properties = _judged(call.body)
        settings, name = self._of(call), call.parameters["name"]
        others = [one for key, one in settings.items() if key != name.lower()]
        if len(others) >= MOST_SETTINGS:
            raise ArmError(400, "BadRequest", f"A resource has at most {MOST_SETTINGS} diagnostic settings.")
        refuse_second_sink(properties, others)
        document: Json = {
            "id": f"{call.extended}/providers/{KIND}/{name}",
            "type": KIND,
            "name": name,
            "properties": properties,
        }
        settings[name.lower()] = document
        return Answer(200, document)

    def _delete(self, call: Call) -> Answer:
        """Remove a setting: 200, or 204 when there is none."""
        return Answer(204 if self._of(call).pop(call.parameters["name"].lower(), None) is None else 200)

    def _of(self, call: Call) -> dict[str, Json]:
        collection, _, name = call.extended.rpartition("/")
        endpoint = self._state.endpoint(name)
        if collection.lower() != f"{WORKSPACE_ID}/onlineEndpoints".lower():
            raise not_emulated(f"diagnostic settings of {call.extended}", "Here are those of online endpoints.")
        if endpoint is None:
            raise ArmError(404, "ResourceNotFound", f"The Resource '{call.extended}' was not found.")
        return endpoint.diagnostic_settings


def _judged(body: Json) -> dict[str, Any]:
    properties = body.get("properties")
    if not isinstance(properties, dict):
        raise ArmError(400, "BadRequest", "The request body has no properties.")
    if not any(properties.get(name) for name in DESTINATIONS):
        raise ArmError(400, "BadRequest", "At least one data sink needs to be specified.")
    _check_destinations(properties)
    for part, known in (("logs", LOGS), ("metrics", METRICS)):
        for item in properties.get(part) or []:
            if item.get("category") not in known and item.get("categoryGroup") not in ("allLogs", "audit"):
                message = f"Category '{item.get('category')}' is not supported."
                raise ArmError(400, "BadRequest", message)
    return properties


def _check_destinations(properties: dict[str, Any]) -> None:
    """Whether each is the ARM id of what it should be; what is there in Azure Monitor is not known here."""
    for name, kind in _SINKS.items():
        given = properties.get(name)
        whole = rf"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{kind}"
        if given and not re.fullmatch(whole, given.rstrip("/"), re.IGNORECASE):
            message = (
                f"Property id '{given}' at path 'properties.{name}' is invalid. Expect fully qualified resource Id "
                "that start with '/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'."
            )
            raise ArmError(400, "LinkedInvalidPropertyId", message)


def _sinks(properties: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for item in (*(properties.get("logs") or []), *(properties.get("metrics") or [])):
        if item.get("enabled"):
            yield from (
                (str(properties[name]).lower(), str(item.get("category") or item.get("categoryGroup")))
                for name in DESTINATIONS
                if properties.get(name)
            )


def refuse_second_sink(properties: dict[str, Any], others: list[Json]) -> None:
    """Raise a 409 for what sends a category where another of the resource's settings sends it already."""
    for other in others:
        taken = set(_sinks(other["properties"]))  # type: ignore[arg-type]  # judged when it was put
        for sink, category in _sinks(properties):
            if (sink, category) in taken:
                message = (
                    f"Data sink '{sink}' is already used in diagnostic setting '{other['name']}' for category "
                    f"'{category}'. Data sinks can't be reused in different settings on the same category for the same "
                    "resource."
                )
                raise ArmError(409, "Conflict", message)
