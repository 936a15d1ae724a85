"""The subscription, its tenant and its one resource group.

Source: REST reference of Microsoft.Resources; what `az login --identity`, `az account` and `az group` ask for.
"""

from __future__ import annotations

from functools import partial

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ArmError, not_emulated
from local.cloud.arm.places import GROUP_PATTERN, SUBSCRIPTION_PATTERN, TAGS, in_group, is_here
from local.cloud.arm.route import ArmRoute
from local.cloud.arm.schema import record, text, unavailable
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.world import REGION, RESOURCE_GROUP, RESOURCE_GROUP_ID, SUBSCRIPTION, SUBSCRIPTION_ID, TENANT

_VERSIONS = ("2016-06-01", "2018-05-01", "2019-11-01", "2021-01-01", "2021-04-01", "2022-09-01", "2022-12-01",
             "2024-03-01", "2024-11-01", "2025-04-01")  # fmt: skip
GROUP = record(
    {"location": text()},
    tags=TAGS,
    managedBy=unavailable(),
)


def routes(state: WorkspaceState) -> list[ArmRoute]:
    """The lines of the route table. Everybody may ask which subscriptions there are."""

    def group(_call: Call) -> Answer:
        return Answer(200, _group(state))

    def every(_call: Call) -> Answer:
        return Answer(200, {"value": [_group(state)]})

    groups = f"{SUBSCRIPTION_PATTERN}/resourceGroups"
    return [
        ArmRoute("GET", "/tenants", _VERSIONS, _tenants, checked_by="handler"),
        ArmRoute("GET", "/subscriptions", _VERSIONS, _subscriptions, checked_by="handler"),
        ArmRoute("GET", SUBSCRIPTION_PATTERN, _VERSIONS, in_group(_subscription), checked_by="handler"),
        ArmRoute("GET", groups, _VERSIONS, in_group(every), checked_by="handler"),
        ArmRoute("GET", GROUP_PATTERN, _VERSIONS, in_group(group)),
        ArmRoute("HEAD", GROUP_PATTERN, _VERSIONS, _exists),
        ArmRoute("PUT", GROUP_PATTERN, _VERSIONS, partial(_put, state), body=GROUP),
    ]


def _tenants(call: Call) -> Answer:
    tenant = {"id": f"/tenants/{TENANT}", "tenantId": TENANT, "tenantCategory": "Home", "displayName": "Slipway"}
    return Answer(200, {"value": [tenant]})


def _subscriptions(call: Call) -> Answer:
    return Answer(200, {"value": [_document()], "count": {"type": "Total", "value": 1}})


def _subscription(call: Call) -> Answer:
    return Answer(200, _document())


def _exists(call: Call) -> Answer:
    return Answer(204 if call.parameters["group"].lower() == RESOURCE_GROUP else 404)


def _put(state: WorkspaceState, call: Call) -> Answer:
    """Confirm the group there is, and give it these tags; the local Azure has no other."""
    if call.parameters["group"].lower() != RESOURCE_GROUP:
        raise not_emulated("other resource groups", f"Use '{RESOURCE_GROUP}'.")
    if not is_here(call.body["location"]):
        message = (
            f"Invalid resource group location '{call.body['location']}'. The Resource group already exists in location "
            f"'{REGION}'."
        )
        raise ArmError(409, "InvalidResourceGroupLocation", message)
    state.group_tags = as_json(call.body.get("tags"))
    return Answer(200, _group(state))


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


def _group(state: WorkspaceState) -> Json:
    return {
        "id": RESOURCE_GROUP_ID,
        "name": RESOURCE_GROUP,
        "type": "Microsoft.Resources/resourceGroups",
        "location": REGION,
        "tags": dict(state.group_tags),
        "properties": {"provisioningState": "Succeeded"},
    }
