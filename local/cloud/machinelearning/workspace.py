"""The workspace itself, its datastore, and where code is uploaded to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from local.cloud.arm.errors import ServiceError, not_found, wire_time
from local.cloud.arm.router import Answer, ArmRoute, Call
from local.cloud.authority import BLOB_SUFFIX
from local.cloud.blob.access import BlobAccess
from local.cloud.blob.store import BlobStore
from local.cloud.machinelearning.paging import page
from local.cloud.machinelearning.state import Json
from local.cloud.world import (
    BLOB_CONTAINER,
    DATASTORE,
    DEVELOPER,
    REGION,
    REGISTRY_ID,
    RESOURCE_GROUP,
    RESOURCE_GROUP_ID,
    SUBSCRIPTION,
    TENANT,
    WORKSPACE,
    WORKSPACE_GUID,
    WORKSPACE_ID,
    WORKSPACE_STORAGE,
    stable_id,
    storage_id,
)

_TYPE = "Microsoft.MachineLearningServices/workspaces"
_SAS_LIFETIME = timedelta(hours=1)


class WorkspaceResource:
    """The workspace, its blob datastore and pending uploads.

    `datastore_credentials` is `AccountKey` (clients get a shared access signature) or `None` (clients use their own
    identity); both are recorded.
    """

    def __init__(
        self,
        blobs: BlobStore,
        access: BlobAccess,
        created: datetime,
        datastore_credentials: Literal["AccountKey", "None"],
    ) -> None:
        self._blobs = blobs
        self._access = access
        self._created = created
        self._credentials = datastore_credentials

    def routes(self, workspace: str, versions: frozenset[str]) -> list[ArmRoute]:
        """The workspace, datastores, pending uploads of code."""
        datastore = f"{workspace}/datastores/{{datastore}}"
        upload = f"{workspace}/codes/{{name}}/versions/{{version}}/startPendingUpload"
        return [
            ArmRoute("GET", workspace, versions, self._get),
            ArmRoute("GET", f"{workspace}/datastores", versions, self._list_datastores),
            ArmRoute("GET", datastore, versions, self._datastore),
            ArmRoute("POST", f"{datastore}/listSecrets", versions, self._secrets),
            ArmRoute("POST", upload, versions, self._start_upload),
        ]

    def _get(self, call: Call) -> Answer:
        base = f"https://{REGION}.api.azureml.ms"
        properties: Json = {
            "friendlyName": WORKSPACE,
            "description": "",
            "storageAccount": storage_id(WORKSPACE_STORAGE),
            "keyVault": f"{RESOURCE_GROUP_ID}/providers/Microsoft.Keyvault/vaults/slipwaylocalkv",
            "applicationInsights": f"{RESOURCE_GROUP_ID}/providers/Microsoft.insights/components/slipway-local",
            "hbiWorkspace": False,
            "tenantId": TENANT,
            "imageBuildCompute": None,
            "provisioningState": "Succeeded",
            "managedNetwork": {"isolationMode": "Disabled"},
            "allowRoleAssignmentOnRG": True,
            "v1LegacyMode": False,
            "softDeleteEnabled": False,
            "containerRegistry": REGISTRY_ID,
            "creationTime": wire_time(self._created),
            "notebookInfo": None,
            "storageHnsEnabled": False,
            "workspaceId": WORKSPACE_GUID,
            "linkedModelInventoryArmId": None,
            "privateLinkCount": 0,
            "publicNetworkAccess": "Enabled",
            "ipAllowlist": [],
            "discoveryUrl": f"{base}/discovery",
            "mlFlowTrackingUri": f"azureml://{REGION}.api.azureml.ms/mlflow/v1.0{WORKSPACE_ID}",
            "serverlessComputeSettings": None,
            "EnableSoftwareBillOfMaterials": False,
            "sdkTelemetryAppInsightsKey": None,
            "sasGetterUri": "",
            "enableDataIsolation": False,
            "systemDatastoresAuthMode": "identity" if self._credentials == "None" else "accesskey",
            "enableServiceSideCMKEncryption": False,
        }
        body: Json = {
            "id": WORKSPACE_ID,
            "name": WORKSPACE,
            "type": _TYPE,
            "location": REGION,
            "tags": {},
            "etag": None,
            "properties": properties,
            "identity": {
                "type": "SystemAssigned",
                "principalId": stable_id("principal", WORKSPACE),
                "tenantId": TENANT,
            },
            "kind": "Default",
            "sku": {"name": "Basic", "tier": "Basic"},
            "systemData": {
                "createdAt": wire_time(self._created),
                "createdBy": DEVELOPER.name,
                "createdByType": "User",
                "lastModifiedAt": wire_time(self._created),
                "lastModifiedBy": DEVELOPER.name,
                "lastModifiedByType": "User",
            },
        }
        return Answer(200, body)

    def _list_datastores(self, call: Call) -> Answer:
        return page([self._document()], call)

    def _datastore(self, call: Call) -> Answer:
        name = call.parameters["datastore"]
        if name.lower() != DATASTORE:
            raise not_found("DatastoreNotFound", f"Datastore {name} not found.")
        return Answer(200, self._document())

    def _secrets(self, call: Call) -> Answer:
        self._datastore(call)
        if self._credentials == "None":
            raise ServiceError(400, "UserError", "No secrets for credentials of type None.")
        sas = self._access.signature(WORKSPACE_STORAGE, lifetime=_SAS_LIFETIME)
        return Answer(200, {"secretsType": "Sas", "sasToken": f"?{sas}"})

    def _document(self) -> Json:
        return {
            "id": f"{WORKSPACE_ID}/datastores/{DATASTORE}",
            "name": DATASTORE,
            "type": f"{_TYPE}/datastores",
            "properties": {
                "description": None,
                "tags": None,
                "properties": None,
                "isDefault": True,
                "credentials": {"credentialsType": self._credentials},
                "subscriptionId": SUBSCRIPTION,
                "resourceGroup": RESOURCE_GROUP,
                "datastoreType": "AzureBlob",
                "accountName": WORKSPACE_STORAGE,
                "containerName": BLOB_CONTAINER,
                "endpoint": "core.windows.net",
                "protocol": "https",
                "serviceDataAccessAuthIdentity": "WorkspaceSystemAssignedIdentity",
            },
            "systemData": {
                "createdAt": wire_time(self._created),
                "lastModifiedAt": wire_time(self._created),
                "lastModifiedBy": WORKSPACE,
                "lastModifiedByType": "Application",
            },
        }

    def _start_upload(self, call: Call) -> Answer:
        """A container of its own for the code version, and a signature for it (SDK source)."""
        name, version = call.parameters["name"], call.parameters["version"]
        container = f"{WORKSPACE_GUID[:8]}-{stable_id('code', name, version)}"
        self._blobs.create_container(WORKSPACE_STORAGE, container)
        uri = f"https://{WORKSPACE_STORAGE}{BLOB_SUFFIX}/{container}"
        sas = self._access.signature(WORKSPACE_STORAGE, container=container, lifetime=_SAS_LIFETIME)
        body: Json = {
            "pendingUploadId": stable_id("upload", name, version),
            "pendingUploadType": "TemporaryBlobReference",
            "blobReferenceForConsumption": {
                "blobUri": uri,
                "storageAccountArmId": storage_id(WORKSPACE_STORAGE),
                "credential": {"credentialType": "SAS", "sasUri": f"{uri}?{sas}"},
            },
        }
        return Answer(200, body)
