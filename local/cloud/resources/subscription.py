"""The subscription, its tenant and its one resource group.

Source: REST reference of Microsoft.Resources; what `az login --identity`, `az account` and `az group` ask for.
"""

from __future__ import annotations

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json
from local.cloud.arm.errors import ArmError, not_emulated
from local.cloud.arm.places import GROUP_PATTERN, SUBSCRIPTION_PATTERN, TAGS, in_group, is_here
from local.cloud.arm.route import ArmRoute
from local.cloud.arm.schema import record, text
from local.cloud.world import REGION, RESOURCE_GROUP, RESOURCE_GROUP_ID, SUBSCRIPTION, SUBSCRIPTION_ID, TENANT

_VERSIONS = ("2016-06-01", "2018-05-01", "2019-11-01", "2021-01-01", "2021-04-01", "2022-09-01", "2022-12-01",
             "2024-03-01", "2024-11-01", "2025-04-01")  # fmt: skip
_GROUP = record({"location": text()}, tags=TAGS, managedBy=text())


def routes() -> list[ArmRoute]:
    """The lines of the route table. Everybody may ask which subscriptions there are."""
    groups = f"{SUBSCRIPTION_PATTERN}/resourceGroups"
    return [
        ArmRoute("GET", "/tenants", _VERSIONS, _tenants, checked_by="handler"),
        ArmRoute("GET", "/subscriptions", _VERSIONS, _subscriptions, checked_by="handler"),
        ArmRoute("GET", SUBSCRIPTION_PATTERN, _VERSIONS, in_group(_subscription), checked_by="handler"),
        ArmRoute("GET", groups, _VERSIONS, in_group(_groups), checked_by="handler"),
        ArmRoute("GET", GROUP_PATTERN, _VERSIONS, in_group(lambda _call: Answer(200, _group()))),
        ArmRoute("HEAD", GROUP_PATTERN, _VERSIONS, _exists),
        ArmRoute("PUT", GROUP_PATTERN, _VERSIONS, _put, body=_GROUP),
    ]


def _tenants(call: Call) -> Answer:
    tenant = {"id": f"/tenants/{TENANT}", "tenantId": TENANT, "tenantCategory": "Home", "displayName": "Slipway"}
    return Answer(200, {"value": [tenant]})


def _subscriptions(call: Call) -> Answer:
    return Answer(200, {"value": [_document()], "count": {"type": "Total", "value": 1}})


def _subscription(call: Call) -> Answer:
    return Answer(200, _document())


def _groups(call: Call) -> Answer:
    return Answer(200, {"value": [_group()]})


def _exists(call: Call) -> Answer:
    return Answer(204 if call.parameters["group"].lower() == RESOURCE_GROUP else 404)


def _put(call: Call) -> Answer:
    """Confirm the group there is; the local Azure has no other."""
    if call.parameters["group"].lower() != RESOURCE_GROUP:
        raise not_emulated("other resource groups", f"Use '{RESOURCE_GROUP}'.")
    if not is_here(call.body["location"]):
        message = (
            f"Invalid resource group location '{call.body['location']}'. The Resource group already exists in location "
            f"'{REGION}'."
        )
        raise ArmError(409, "InvalidResourceGroupLocation", message)
    return Answer(200, _group())


def _document() -> Json:
    return {
        "id": SUBSCRIPTION_ID,
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "displayName": "Slipway local",
        "state": "Enabled",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionPolicies": {"quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
    }


def _group() -> Json:
    return {
        "id": RESOURCE_GROUP_ID,
        "name": RESOURCE_GROUP,
        "type": "Microsoft.Resources/resourceGroups",
        "location": REGION,
        "tags": {},
        "properties": {"provisioningState": "Succeeded"},
    }
