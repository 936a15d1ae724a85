"""The workspace itself."""

from __future__ import annotations

from datetime import datetime

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json
from local.cloud.arm.paging import page
from local.cloud.arm.places import in_group
from local.cloud.arm.route import ArmRoute
from local.cloud.hosts import REGISTRY_DISCOVERY
from local.cloud.machinelearning.datastores import Credentials
from local.cloud.machinelearning.versions import API_VERSIONS, WORKSPACE_PATTERN, WORKSPACES
from local.cloud.moments import with_offset
from local.cloud.world import (
    DEVELOPER,
    REGION,
    REGISTRY_ID,
    TENANT,
    WORKSPACE,
    WORKSPACE_GUID,
    WORKSPACE_ID,
    WORKSPACE_INSIGHTS_ID,
    WORKSPACE_STORAGE,
    WORKSPACE_VAULT,
    stable_id,
    storage_id,
    vault_id,
)


class WorkspaceResource:
    """The workspace, which can be read and listed."""

    def __init__(self, created: datetime, datastore_credentials: Credentials) -> None:
        self._created = created
        self._credentials = datastore_credentials

    def routes(self) -> list[ArmRoute]:
        """The workspace's line of the route table."""
        return [ArmRoute("GET", WORKSPACE_PATTERN, API_VERSIONS, lambda _call: Answer(200, self._document()))]

    def lists(self) -> list[ArmRoute]:
        """The lines of the route table that list workspaces: this one."""
        group, _, _ = WORKSPACE_PATTERN.rpartition("/")
        everywhere = f"/subscriptions/{{subscription}}/providers/{WORKSPACES}"
        return [ArmRoute("GET", one, API_VERSIONS, in_group(self._list)) for one in (group, everywhere)]

    def _list(self, call: Call) -> Answer:
        return page([self._document()], call)

    def _document(self) -> Json:
        created = with_offset(self._created)
        return {
            "id": WORKSPACE_ID,
            "name": WORKSPACE,
            "type": WORKSPACES,
            "location": REGION,
            "tags": {},
            "etag": None,
            "properties": self._properties(),
            "identity": {
                "type": "SystemAssigned",
                "principalId": stable_id("principal", WORKSPACE),
                "tenantId": TENANT,
            },
            "kind": "Default",
            "sku": {"name": "Basic", "tier": "Basic"},
            "systemData": {
                "createdAt": created,
                "createdBy": DEVELOPER.name,
                "createdByType": "User",
                "lastModifiedAt": created,
                "lastModifiedBy": DEVELOPER.name,
                "lastModifiedByType": "User",
            },
        }

    def _properties(self) -> Json:
        base = f"https://{REGISTRY_DISCOVERY}"
        return {
            "friendlyName": WORKSPACE,
            "description": "",
            "storageAccount": storage_id(WORKSPACE_STORAGE),
            "keyVault": vault_id(WORKSPACE_VAULT),
            "applicationInsights": WORKSPACE_INSIGHTS_ID,
            "hbiWorkspace": False,
            "tenantId": TENANT,
            "imageBuildCompute": None,
            "provisioningState": "Succeeded",
            "managedNetwork": {"isolationMode": "Disabled"},
            "allowRoleAssignmentOnRG": True,
            "v1LegacyMode": False,
            "softDeleteEnabled": False,
            "containerRegistry": REGISTRY_ID,
            "creationTime": with_offset(self._created),
            "notebookInfo": None,
            "storageHnsEnabled": False,
            "workspaceId": WORKSPACE_GUID,
            "linkedModelInventoryArmId": None,
            "privateLinkCount": 0,
            "publicNetworkAccess": "Enabled",
            "ipAllowlist": [],
            "discoveryUrl": f"{base}/discovery",
            "mlFlowTrackingUri": f"azureml://{REGISTRY_DISCOVERY}/mlflow/v1.0{WORKSPACE_ID}",
            "serverlessComputeSettings": None,
            "EnableSoftwareBillOfMaterials": False,
            "sdkTelemetryAppInsightsKey": None,
            "sasGetterUri": "",
            "enableDataIsolation": False,
            "systemDatastoresAuthMode": "identity" if self._credentials == "None" else "accesskey",
            "enableServiceSideCMKEncryption": False,
        }
