"""Role assignments over the wire, as the real SDK and plain HTTP see them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

import httpx
import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.authorization import AuthorizationManagementClient

from local.clock import Clock
from local.cloud.authorization import Authorization

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/slipway-local"
STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/slipwaylocal"
OWNER = "aaaaaaaa-0000-0000-0000-000000000001"
APP = "aaaaaaaa-0000-0000-0000-000000000002"
ENDPOINT = "aaaaaaaa-0000-0000-0000-000000000003"
NAME = "0e5c3a52-9d5b-5b42-8f0c-3f2b7a3f1f10"
OTHER_NAME = "1e5c3a52-9d5b-5b42-8f0c-3f2b7a3f1f11"
READER_GUID = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"  # Storage Blob Data Reader
ELSEWHERE = f"/subscriptions/{uuid.UUID(int=2)}/providers/Microsoft.Authorization/roleDefinitions/{READER_GUID}"
ACR_PULL_GUID = "7f951dda-4ed3-4680-a7ca-43fe172d538d"


class Http(Protocol):
    def get(self, url: str, **kwargs: Any) -> httpx.Response: ...

    def put(self, url: str, **kwargs: Any) -> httpx.Response: ...


Sdk = Callable[[str], AuthorizationManagementClient]


def grant(principal: str = ENDPOINT, role: str = READER_GUID, **more: Any) -> Any:
    properties = {
        "roleDefinitionId": f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}",
        "principalId": principal,
        "principalType": "ServicePrincipal",
    }
    return {"properties": {**properties, **more}}


def url(name: str = NAME, scope: str = STORAGE) -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"


def test_created_by_the_sdk_with_the_times_of_the_clock(sdk: Sdk, clock: Clock) -> None:
    created = sdk(OWNER).role_assignments.create(STORAGE, NAME, grant())

    assert (created.name, created.scope, created.principal_id) == (NAME, STORAGE, ENDPOINT)
    assert created.created_on == created.updated_on == clock.now()


def test_answer_to_the_put_has_the_recorded_shape(http: Http) -> None:
    answer = http.put(url(), json=grant())

    assert answer.status_code == 201
    body = answer.json()
    recorded = {"roleDefinitionId", "principalId", "principalType", "scope"}
    recorded |= {"createdOn", "updatedOn", "createdBy", "updatedBy"}
    assert set(body) == {"properties", "id", "type", "name"}
    assert recorded <= set(body["properties"])
    assert body["properties"]["createdOn"] == "2026-01-05T08:00:00.0000000Z"
    assert (body["properties"]["createdBy"], body["properties"]["updatedBy"]) == (None, OWNER)
    assert http.get(url()).json()["properties"]["createdBy"] == OWNER


def test_same_name_and_same_grant_is_confirmed(http: Http, clock: Clock) -> None:
    first = http.put(url(), json=grant()).json()
    clock.advance(timedelta(minutes=1))
    again = http.put(url(), json=grant())

    assert again.status_code == 200
    assert again.json()["properties"]["createdOn"] == first["properties"]["createdOn"]


def test_same_grant_under_another_name_exists_already(sdk: Sdk) -> None:
    sdk(OWNER).role_assignments.create(STORAGE, NAME, grant())

    with pytest.raises(ResourceExistsError) as refused:
        sdk(OWNER).role_assignments.create(STORAGE, OTHER_NAME, grant())
    assert refused.value.error is not None
    assert refused.value.error.code == "RoleAssignmentExists"
    assert NAME.replace("-", "") in str(refused.value)


@pytest.mark.parametrize(
    ("scope", "body"), [(STORAGE, grant(APP)), (STORAGE, grant(role=ACR_PULL_GUID)), (GROUP, grant())]
)
def test_a_name_cannot_be_given_to_another_grant(http: Http, scope: str, body: Any) -> None:
    http.put(url(), json=grant())

    refused = http.put(url(scope=scope), json=body)

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "RoleAssignmentUpdateNotPermitted"


def test_the_description_may_be_updated(http: Http, clock: Clock) -> None:
    http.put(url(), json=grant())
    clock.advance(timedelta(minutes=1))

    properties = http.put(url(), json=grant(description="for scoring")).json()["properties"]

    assert properties["description"] == "for scoring"
    assert properties["createdOn"] < properties["updatedOn"]


@pytest.mark.parametrize("kind", [None, "ServicePrincipal"])
def test_a_principal_that_the_directory_does_not_know_is_refused(http: Http, kind: str | None) -> None:
    stranger = str(uuid.uuid4())

    refused = http.put(url(), json=grant(stranger, principalType=kind))

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "PrincipalNotFound"
    assert stranger.replace("-", "") in refused.json()["error"]["message"]
    assert http.get(url()).status_code == 404


@pytest.mark.parametrize(
    ("name", "scope", "body", "status", "code"),
    [
        ("not-a-guid", STORAGE, grant(), 400, "InvalidRoleAssignmentId"),
        (NAME, STORAGE, grant(role=str(uuid.uuid4())), 404, "RoleDefinitionDoesNotExist"),
        (NAME, f"{STORAGE}-no-such", grant(), 404, "ResourceNotFound"),
        (NAME, STORAGE, grant(principalType="User"), 400, "UnmatchedPrincipalType"),
        (NAME, STORAGE, grant("slipway-app"), 400, "InvalidPrincipalId"),
        (NAME, STORAGE, grant(f"{{{ENDPOINT}}}"), 400, "InvalidPrincipalId"),
        (NAME, STORAGE, grant(roleDefinitionId=READER_GUID), 400, "InvalidRoleDefinitionId"),
        (NAME, STORAGE, grant(roleDefinitionId=ELSEWHERE), 404, "RoleDefinitionDoesNotExist"),
        (NAME, STORAGE, {"properties": {}}, 400, "InvalidRequestContent"),
        (NAME, STORAGE, [], 400, "InvalidRequestContent"),
        (NAME, STORAGE, grant(condition="x", conditionVersion="1.0"), 400, "InvalidRequestContent"),
        (NAME, STORAGE, grant(condition="@Env[x]", conditionVersion="2.0"), 400, "ConditionNotSupportedLocally"),
    ],
)
def test_bad_requests_are_refused_by_name(http: Http, name: str, scope: str, body: Any, status: int, code: str) -> None:
    refused = http.put(url(name, scope), json=body)

    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert http.get(url()).status_code == 404


def test_deleted_once_and_gone_the_second_time(sdk: Sdk) -> None:
    assignments = sdk(OWNER).role_assignments
    assignments.create(STORAGE, NAME, grant())

    removed = assignments.delete(STORAGE, NAME)

    assert removed is not None
    assert removed.name == NAME
    assert assignments.delete(STORAGE, NAME) is None
    with pytest.raises(ResourceNotFoundError):
        assignments.get(STORAGE, NAME)


def test_lists_at_above_and_below_unless_filtered(sdk: Sdk) -> None:
    assignments = sdk(OWNER).role_assignments
    assignments.create(STORAGE, NAME, grant())
    assignments.create(f"{STORAGE}-two", OTHER_NAME, grant())

    def principals(scope: str, expression: str | None = None) -> list[str | None]:
        return [one.principal_id for one in assignments.list_for_scope(scope, filter=expression)]

    assert principals(STORAGE) == [OWNER, ENDPOINT]
    assert principals(GROUP) == [OWNER, ENDPOINT, ENDPOINT]
    assert principals(GROUP, "atScope()") == [OWNER]
    assert principals(GROUP, f"principalId eq '{ENDPOINT}'") == [ENDPOINT, ENDPOINT]
    assert principals(STORAGE, f"atScope() and assignedTo('{ENDPOINT}')") == [ENDPOINT]
    assert [one.name for one in assignments.list_for_resource_group("slipway-local", filter="atScope()")] != []


def test_a_filter_that_is_not_understood_is_refused(http: Http) -> None:
    refused = http.get(
        f"{GROUP}/providers/Microsoft.Authorization/roleAssignments",
        params={"api-version": "2022-04-01", "$filter": "createdOn gt '2020'"},
    )

    assert refused.status_code == 400
    assert "createdOn" in refused.json()["error"]["message"]


def test_role_definitions_are_found_by_name_and_by_guid(sdk: Sdk) -> None:
    definitions = sdk(OWNER).role_definitions

    (found,) = definitions.list(GROUP, filter="roleName eq 'Storage Blob Data Reader'")

    assert found.name == READER_GUID
    assert found.permissions is not None
    assert found.permissions[0].data_actions == ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"]
    assert definitions.get(GROUP, READER_GUID).role_name == "Storage Blob Data Reader"
    with pytest.raises(ResourceNotFoundError):
        definitions.get(GROUP, str(uuid.uuid4()))
    assert list(definitions.list(GROUP, filter="roleName eq 'No such role'")) == []
    assert len(list(definitions.list(GROUP, filter="atScopeAndBelow() and type eq 'BuiltInRole'"))) > 10


def test_permissions_show_what_the_caller_may_do_now(sdk: Sdk, rbac: Authorization, clock: Clock) -> None:
    resource = ("slipway-local", "Microsoft.Storage", "", "storageAccounts", "slipwaylocal")
    sdk(OWNER).role_assignments.create(STORAGE, NAME, grant())

    assert list(sdk(ENDPOINT).permissions.list_for_resource(*resource)) == []
    clock.advance(timedelta(minutes=5))
    (now,) = sdk(ENDPOINT).permissions.list_for_resource(*resource)

    assert now.actions is not None
    assert "Microsoft.Storage/storageAccounts/blobServices/containers/read" in now.actions
    assert list(sdk(ENDPOINT).permissions.list_for_resource_group("slipway-local")) == []
    assert [one.actions for one in sdk(OWNER).permissions.list_for_resource_group("slipway-local")] == [["*"]]


def test_a_caller_without_the_right_is_refused_as_azure_does(sdk: Sdk) -> None:
    for attempt in (
        lambda: sdk(ENDPOINT).role_assignments.create(STORAGE, NAME, grant()),
        lambda: list(sdk(ENDPOINT).role_assignments.list_for_scope(GROUP)),
        lambda: sdk(ENDPOINT).role_assignments.delete(STORAGE, NAME),
        lambda: list(sdk(ENDPOINT).role_definitions.list(GROUP)),
    ):
        with pytest.raises(HttpResponseError) as refused:
            attempt()
        assert refused.value.status_code == 403
        assert refused.value.error is not None
        assert refused.value.error.code == "AuthorizationFailed"
        assert ENDPOINT in str(refused.value)


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [
        ("", 400, "MissingApiVersionParameter"),
        ("2031-01-01", 501, "NotEmulatedLocally"),
        ("2014-01-01", 501, "NotEmulatedLocally"),
        ("2020-10-01-beta", 501, "NotEmulatedLocally"),
        ("2021-07-01-preview", 404, "RoleAssignmentNotFound"),
    ],
)
def test_a_version_is_served_when_it_lies_between_known_ones(http: Http, version: str, status: int, code: str) -> None:
    answer = http.get(url().split("?")[0], params={"api-version": version})

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_paths_ignore_case(http: Http) -> None:
    http.put(url(), json=grant())

    assert http.get(url().lower().replace("api-version", "api-version")).status_code == 200
