"""What scripts ask of the services around Azure ML, with the clients they use."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.eventgrid import EventGridManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.storage import StorageManagementClient

from local.cloud.cloud import LocalCloud
from local.cloud.hosts import is_blobs
from local.cloud.world import (
    DEVELOPER,
    REGION,
    REGISTRY,
    REGISTRY_ID,
    RESOURCE_GROUP,
    RESOURCE_GROUP_ID,
    STORAGE_ACCOUNTS,
    SUBSCRIPTION_ID,
    USER_ASSIGNED,
    WORKSPACE_ID,
    WORKSPACE_STORAGE,
    storage_id,
)
from tests.local.clients.conftest import Connect
from tests.local.clients.refusals import refused

STORAGE = storage_id(WORKSPACE_STORAGE)
ROLES = "/providers/Microsoft.Authorization/roleDefinitions"
READER = f"{SUBSCRIPTION_ID}{ROLES}/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
PRINCIPAL = USER_ASSIGNED[0].principal_id


class TestRoles:
    @pytest.fixture
    def client(self, connect: Connect[Any]) -> Any:
        return connect(AuthorizationManagementClient)

    def test_an_assignment_lives(self, client: Any) -> None:
        name, body = str(uuid4()), {"role_definition_id": READER, "principal_id": PRINCIPAL}
        made = client.role_assignments.create(STORAGE, name, body)
        assert client.role_assignments.get_by_id(made.id).principal_type == "ServicePrincipal"
        of_subscription = client.role_assignments.list_for_subscription(filter=f"principalId eq '{PRINCIPAL}'")
        assert [one.name for one in of_subscription] == [name]
        resource = (RESOURCE_GROUP, "Microsoft.Storage", "storageAccounts", WORKSPACE_STORAGE)
        assert name in [one.name for one in client.role_assignments.list_for_resource(*resource)]
        assert client.role_definitions.get_by_id(READER).role_name == "Storage Blob Data Reader"
        client.role_assignments.delete_by_id(made.id)
        with pytest.raises(ResourceNotFoundError):
            client.role_assignments.get(STORAGE, name)

    @pytest.mark.parametrize(
        "scope",
        [
            storage_id("slipwaylocall"),
            f"{STORAGE}/blobServices/default/containers/nobody",
            f"{WORKSPACE_ID}/onlineEndpoints/nobody",
            f"{RESOURCE_GROUP_ID}-two",
            f"{RESOURCE_GROUP_ID}/providers/Microsoft.CognitiveServices/accounts/openai",
        ],
    )
    def test_a_scope_that_is_not_there(self, client: Any, scope: str, cloud: LocalCloud) -> None:
        cloud.authorization.seed(DEVELOPER.principal_id, "Owner", SUBSCRIPTION_ID)
        body = {"role_definition_id": READER, "principal_id": PRINCIPAL}
        with refused("ResourceNotFound", 404):
            client.role_assignments.create(scope, str(uuid4()), body)


class TestEvents:
    @pytest.fixture
    def client(self, connect: Connect[Any]) -> Any:
        return connect(EventGridManagementClient)

    @staticmethod
    def subscription(url: str = "http://127.0.0.1:1/", **properties: Any) -> dict[str, Any]:
        destination = {"endpointType": "WebHook", "properties": {"endpointUrl": url}}
        return {"properties": {"destination": destination, **properties}}

    def test_a_subscription_lives(self, client: Any) -> None:
        body = self.subscription(filter={"includedEventTypes": ["Microsoft.MachineLearningServices.ModelRegistered"]})
        with refused("Url validation", 200):  # nobody listens there
            client.event_subscriptions.begin_create_or_update(WORKSPACE_ID, "mine", body).result()
        assert client.event_subscriptions.get(WORKSPACE_ID, "mine").provisioning_state == "Failed"
        listed = client.event_subscriptions.list_by_resource(
            RESOURCE_GROUP, "Microsoft.MachineLearningServices", "workspaces", WORKSPACE_ID.rpartition("/")[2]
        )
        assert [one.name for one in listed] == ["mine"]
        regional = client.event_subscriptions.list_regional_by_resource_group(RESOURCE_GROUP, REGION)
        assert [one.name for one in regional] == ["mine"]
        assert list(client.event_subscriptions.list_global_by_subscription()) == []
        with refused("Url validation", 200):
            changed = {"filter": {"subjectBeginsWith": "models/"}}
            client.event_subscriptions.begin_update(WORKSPACE_ID, "mine", changed).result()
        assert client.event_subscriptions.get(WORKSPACE_ID, "mine").filter.subject_begins_with == "models/"
        client.event_subscriptions.begin_delete(WORKSPACE_ID, "mine").result()
        with pytest.raises(ResourceNotFoundError):
            client.event_subscriptions.get(WORKSPACE_ID, "mine")

    def test_topic_types_say_which_events_there_are(self, client: Any) -> None:
        names = [one.name for one in client.topic_types.list()]
        assert "Microsoft.MachineLearningServices.Workspaces" in names
        events = client.topic_types.list_event_types("Microsoft.MachineLearningServices.Workspaces")
        assert "Microsoft.MachineLearningServices.ModelRegistered" in [one.name for one in events]

    @pytest.mark.parametrize(
        ("scope", "event", "code", "status"),
        [
            (f"{WORKSPACE_ID}2", None, "ResourceNotFound", 404),
            (storage_id("nobody"), None, "ResourceNotFound", 404),
            (str(USER_ASSIGNED[0].resource_id), None, "InvalidRequest", 400),
            (WORKSPACE_ID, "Microsoft.MachineLearningServices.ModelRegisterd", "InvalidRequest", 400),
            (WORKSPACE_ID, "Microsoft.Storage.BlobCreated", "InvalidRequest", 400),
            (STORAGE, "Microsoft.MachineLearningServices.ModelRegistered", "InvalidRequest", 400),
            (REGISTRY_ID, "Microsoft.ContainerRegistry.ImagePuled", "InvalidRequest", 400),
        ],
    )
    def test_no_events_of_what_is_not_there(
        self, client: Any, scope: str, event: str | None, code: str, status: int
    ) -> None:
        body = self.subscription(filter={"includedEventTypes": [event] if event else None})
        with refused(code, status):
            client.event_subscriptions.begin_create_or_update(scope, "wrong", body)


def test_an_identity_lives(connect: Connect[Any], cloud: LocalCloud) -> None:
    client: Any = connect(ManagedServiceIdentityClient)
    identities, place = client.user_assigned_identities, (RESOURCE_GROUP, "made-here")
    made = identities.create_or_update(*place, {"location": REGION, "tags": {"team": "risk"}})
    assert cloud.authorization.principal(made.principal_id) is not None
    assert identities.get(*place).client_id == made.client_id
    assert identities.update(*place, {"tags": {"team": "credit"}}).tags == {"team": "credit"}
    names = [one.name for one in identities.list_by_resource_group(RESOURCE_GROUP)]
    assert (
        names
        == [one.name for one in identities.list_by_subscription()]
        == [*(one.name for one in USER_ASSIGNED), "made-here"]
    )
    identities.delete(*place)
    with pytest.raises(ResourceNotFoundError):
        identities.get(*place)
    assert cloud.authorization.principal(made.principal_id) is None
    assert identities.create_or_update(*place, {"location": REGION}).principal_id != made.principal_id


def test_storage_accounts_with_their_keys_and_containers(connect: Connect[Any], cloud: LocalCloud) -> None:
    client: Any = connect(StorageManagementClient)
    place = (RESOURCE_GROUP, WORKSPACE_STORAGE)
    assert client.storage_accounts.get_properties(*place).primary_endpoints.blob.startswith(
        "https://slipwaylocal.blob."
    )
    assert [one.name for one in client.storage_accounts.list()] == list(STORAGE_ACCOUNTS)
    assert [one.name for one in client.storage_accounts.list_by_resource_group(RESOURCE_GROUP)] != []
    assert client.storage_accounts.list_keys(*place).keys_property[0].value == cloud.world.access.account_key(
        WORKSPACE_STORAGE
    )
    available = client.storage_accounts.check_name_availability(
        {"name": WORKSPACE_STORAGE, "type": "Microsoft.Storage/storageAccounts"}
    )
    assert (available.name_available, available.reason) == (False, "AlreadyExists")
    client.blob_containers.create(*place, "made-here", {})
    assert client.blob_containers.get(*place, "made-here").public_access == "None"
    assert "made-here" in [one.name for one in client.blob_containers.list(*place)]
    client.blob_containers.delete(*place, "made-here")
    with refused("ContainerNotFound", 404):
        client.blob_containers.get(*place, "made-here")
    with refused("ResourceNotFound", 404):
        client.storage_accounts.get_properties(RESOURCE_GROUP, "slipwaylocall")
    with refused("NotEmulatedLocally", 501):
        client.storage_accounts.delete(*place)


ACCOUNT = {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "location": "East US", "tags": {"team": "risk"}}


def test_an_account_is_made_used_and_removed(connect: Connect[Any], cloud: LocalCloud) -> None:
    client: Any = connect(StorageManagementClient)
    place = (RESOURCE_GROUP, "madehere")
    with refused("ResourceNotFound", 404):
        client.blob_containers.create(*place, "mine", {})
    assert not is_blobs("madehere.blob.core.windows.net", cloud.blobs.accounts)

    made = client.storage_accounts.begin_create(*place, ACCOUNT).result()

    assert (made.id, made.location, made.tags) == (storage_id("madehere"), REGION, {"team": "risk"})
    assert (made.provisioning_state, made.sku.tier, made.kind) == ("Succeeded", "Standard", "StorageV2")
    assert is_blobs("madehere.blob.core.windows.net", cloud.blobs.accounts)
    assert made.name in [one.name for one in client.storage_accounts.list()]
    client.blob_containers.create(*place, "mine", {})
    assert cloud.authorization.scope_exists(f"{made.id}/blobServices/default/containers/mine")
    key = client.storage_accounts.list_keys(*place).keys_property[0].value

    client.storage_accounts.delete(*place)
    client.storage_accounts.delete(*place)

    assert not cloud.authorization.scope_exists(made.id)
    assert not is_blobs("madehere.blob.core.windows.net", cloud.blobs.accounts)
    client.storage_accounts.begin_create(*place, ACCOUNT).result()
    assert list(client.blob_containers.list(*place)) == []
    assert client.storage_accounts.list_keys(*place).keys_property[0].value != key
    client.storage_accounts.delete(*place)


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"kind": "FileStorage"}, "NotEmulatedLocally", 501),
        ({"properties": {"isHnsEnabled": True}}, "NotEmulatedLocally", 501),
        ({"properties": {"allowSharedKeyAccess": False}}, "NotEmulatedLocally", 501),
        ({"properties": {"publicNetworkAccess": "disabled"}}, "NotEmulatedLocally", 501),
        ({"properties": {"networkAcls": {"defaultAction": "Deny"}}}, "NotEmulatedLocally", 501),
        ({"location": "westeurope"}, "LocationNotAvailableForResourceType", 400),
    ],
)
def test_an_account_that_would_be_another_one_here_is_refused(
    connect: Connect[Any], change: dict[str, Any], code: str, status: int
) -> None:
    client: Any = connect(StorageManagementClient)
    with refused(code, status):
        client.storage_accounts.begin_create(RESOURCE_GROUP, "madehere", {**ACCOUNT, **change})
    with refused("AccountNameInvalid", 400):
        client.storage_accounts.begin_create(RESOURCE_GROUP, "Made_Here", ACCOUNT)


def test_the_registry_has_no_passwords(connect: Connect[Any]) -> None:
    client: Any = connect(ContainerRegistryManagementClient)
    assert client.registries.get(RESOURCE_GROUP, REGISTRY).login_server == f"{REGISTRY}.azurecr.io"
    assert [one.name for one in client.registries.list()] == [REGISTRY]
    assert [one.name for one in client.registries.list_by_resource_group(RESOURCE_GROUP)] == [REGISTRY]
    with refused("UnAuthorizedForCredentialOperations", 400):
        client.registries.list_credentials(RESOURCE_GROUP, REGISTRY)
    with pytest.raises(ResourceNotFoundError):
        client.registries.get(RESOURCE_GROUP, "another")


def test_another_group_is_not_there(connect: Connect[Any]) -> None:
    client: Any = connect(ContainerRegistryManagementClient)
    with refused("ResourceGroupNotFound", 404):
        client.registries.get("elsewhere", REGISTRY)
    with refused("ResourceGroupNotFound", 404):
        list(client.registries.list_by_resource_group("elsewhere"))


def test_a_role_on_what_is_not_there(cloud: LocalCloud) -> None:
    exists = cloud.authorization.scope_exists
    there = (
        WORKSPACE_ID,
        WORKSPACE_ID.upper(),
        f"{WORKSPACE_ID}/datastores/workspaceblobstore",
        str(USER_ASSIGNED[0].resource_id),
        WORKSPACE_ID.partition("/resourceGroups")[0],
    )
    assert [scope for scope in there if not exists(scope)] == []
    missing = (
        f"{WORKSPACE_ID}2",
        f"{WORKSPACE_ID}/onlineEndpoints/nobody",
        f"{WORKSPACE_ID}/jobs/a",
        "/",
        "/subscriptions/x",
    )
    assert [scope for scope in missing if exists(scope)] == []
