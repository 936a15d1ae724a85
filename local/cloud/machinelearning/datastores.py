"""The workspace's blob datastore, and where code is uploaded to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json
from local.cloud.arm.errors import ServiceError, not_emulated, not_found
from local.cloud.arm.paging import page
from local.cloud.arm.route import ArmRoute
from local.cloud.hosts import blob_url
from local.cloud.machinelearning import bodies
from local.cloud.machinelearning.versions import API_VERSIONS, WORKSPACE_PATTERN, WORKSPACES
from local.cloud.moments import with_offset
from local.cloud.shared import World
from local.cloud.world import (
    BLOB_CONTAINER,
    DATASTORE,
    RESOURCE_GROUP,
    SUBSCRIPTION,
    WORKSPACE,
    WORKSPACE_GUID,
    WORKSPACE_ID,
    WORKSPACE_STORAGE,
    stable_id,
    storage_id,
)

# `AccountKey`: clients get a shared access signature; `None`: they use their own identity. Both are recorded.
Credentials: TypeAlias = Literal["AccountKey", "None"]

_WORKING_DIRECTORY = "workspaceworkingdirectory"
_SAS_LIFETIME = timedelta(hours=1)


class Datastores:
    """The datastore of blobs, the share of the notebooks' files, and pending uploads of code."""

    def __init__(self, world: World, credentials: Credentials) -> None:
        self._blobs = world.blobs
        self._access = world.access
        self._created = world.clock.now()
        self._credentials = credentials

    def routes(self) -> list[ArmRoute]:
        """The datastores' lines of the route table."""
        every = f"{WORKSPACE_PATTERN}/datastores"
        upload = f"{WORKSPACE_PATTERN}/codes/{{name}}/versions/{{version}}/startPendingUpload"
        return [
            ArmRoute("GET", every, API_VERSIONS, self._list),
            ArmRoute("GET", f"{every}/{{datastore}}", API_VERSIONS, self._get),
            ArmRoute("POST", f"{every}/{{datastore}}/listSecrets", API_VERSIONS, self._secrets),
            ArmRoute("POST", upload, API_VERSIONS, self._start_upload, body=bodies.UPLOAD),
        ]

    def _list(self, call: Call) -> Answer:
        return page([_document(self._created, self._credentials), _working_directory(self._created)], call)

    def _get(self, call: Call) -> Answer:
        name = call.parameters["datastore"]
        if name.lower() == _WORKING_DIRECTORY:
            return Answer(200, _working_directory(self._created))
        if name.lower() != DATASTORE:
            raise not_found("DatastoreNotFound", f"Datastore {name} not found.")
        return Answer(200, _document(self._created, self._credentials))

    def _secrets(self, call: Call) -> Answer:
        self._get(call)
        if call.parameters["datastore"].lower() == _WORKING_DIRECTORY:
            raise not_emulated("file shares", f"Use {DATASTORE}.")
        if self._credentials == "None":
            raise ServiceError(400, "UserError", "No secrets for credentials of type None.")
        sas = self._access.signature(WORKSPACE_STORAGE, lifetime=_SAS_LIFETIME)
        return Answer(200, {"secretsType": "Sas", "sasToken": f"?{sas}"})

    def _start_upload(self, call: Call) -> Answer:
        """A container of its own for the code version, and a signature for it (SDK source)."""
        name, version = call.parameters["name"], call.parameters["version"]
        container = f"{WORKSPACE_GUID[:8]}-{stable_id('code', name, version)}"
        self._blobs.create_container(WORKSPACE_STORAGE, container)
        uri = f"{blob_url(WORKSPACE_STORAGE)}/{container}"
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


def _document(created: datetime, credentials: Credentials) -> Json:
    blobs = {"datastoreType": "AzureBlob", "containerName": BLOB_CONTAINER}
    return _datastore(DATASTORE, created, {"isDefault": True, "credentials": {"credentialsType": credentials}, **blobs})


def _working_directory(created: datetime) -> Json:
    """What notebooks and flows are kept in; the share itself is not here."""
    share = {"datastoreType": "AzureFile", "fileShareName": f"code-{stable_id('share', WORKSPACE)}"}
    return _datastore(
        _WORKING_DIRECTORY, created, {"isDefault": False, "credentials": {"credentialsType": "AccountKey"}, **share}
    )


def _datastore(name: str, created: datetime, properties: Json) -> Json:
    return {
        "id": f"{WORKSPACE_ID}/datastores/{name}",
        "name": name,
        "type": f"{WORKSPACES}/datastores",
        "properties": {
            "description": None,
            "tags": None,
            "properties": None,
            **properties,
            "subscriptionId": SUBSCRIPTION,
            "resourceGroup": RESOURCE_GROUP,
            "accountName": WORKSPACE_STORAGE,
            "endpoint": "core.windows.net",
            "protocol": "https",
            "serviceDataAccessAuthIdentity": "WorkspaceSystemAssignedIdentity",
        },
        "systemData": {
            "createdAt": with_offset(created),
            "lastModifiedAt": with_offset(created),
            "lastModifiedBy": WORKSPACE,
            "lastModifiedByType": "Application",
        },
    }
