"""Online endpoints of the local Azure through the real SDK."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from azure.ai.ml import MLClient
from azure.ai.ml.entities import ManagedOnlineEndpoint
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from local.cloud.authorization import RoleAssignment
from local.cloud.cloud import LocalCloud
from local.cloud.world import APP, DEVELOPER, NAME_TAKEN_IN_REGION, USER_ASSIGNED, WORKSPACE_ID
from local.waiting import PATIENCE
from tests.local.cloud.sdk import arm, client, principal_of, user_assigned

AUTH = {"authMode": "Key", "properties": {}}


def create(ml: MLClient, **fields: Any) -> ManagedOnlineEndpoint:
    asked = ManagedOnlineEndpoint(**{"name": "double", **fields})
    made: ManagedOnlineEndpoint = ml.online_endpoints.begin_create_or_update(asked).result()
    return made


def held(cloud: LocalCloud, principal: str) -> set[str]:
    return {assignment.role.name for assignment in assignments(cloud, principal)}


def assignments(cloud: LocalCloud, principal: str) -> list[RoleAssignment]:
    return cloud.authorization.assignments(principal)


def test_system_assigned_identity_is_granted_its_roles_by_the_service(cloud: LocalCloud, ml: MLClient) -> None:
    began = cloud.clock.now()
    made = create(ml, auth_mode="key")
    assert made.provisioning_state == "Succeeded"
    assert made.scoring_uri == "https://double.eastus.inference.ml.azure.com/score"
    assert cloud.clock.now() - began >= timedelta(seconds=90)
    granted = {"AcrPull", "Storage Blob Data Reader", "AzureML Metrics Writer (preview)"}
    assert held(cloud, principal_of(made)) == granted


def test_principal_id_is_there_before_the_endpoint_is(cloud: LocalCloud) -> None:
    with cloud.clock.busy():
        made = arm(cloud, "PUT", "/onlineEndpoints/double", body={"location": "eastus", "properties": AUTH})
        body = made.json()
    assert made.status_code == 201
    assert body["identity"]["principalId"]
    assert body["properties"]["provisioningState"] == "Creating"
    assert body["properties"]["scoringUri"] is None


def test_user_assigned_identity_is_granted_nothing(cloud: LocalCloud, ml: MLClient) -> None:
    made = create(ml, identity=user_assigned())
    assert made.identity
    (attached,) = made.identity.user_assigned_identities or []
    assert attached.resource_id == USER_ASSIGNED[0].resource_id
    assert held(cloud, USER_ASSIGNED[0].principal_id) == set()


def test_identity_may_only_be_attached_by_who_may_assign_it(cloud: LocalCloud, ml: MLClient) -> None:
    operator = next(one for one in assignments(cloud, APP.principal_id) if one.role.name == "Managed Identity Operator")
    cloud.authorization.remove(operator.name)
    with cloud.clock.busy():
        cloud.clock.advance(timedelta(minutes=5))
        with pytest.raises(HttpResponseError, match="LinkedAuthorizationFailed") as refused:
            ml.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="double", identity=user_assigned()))
    assert refused.value.status_code == 403


def test_caller_without_the_role_is_refused_in_arms_words(cloud: LocalCloud) -> None:
    stranger = client(cloud.credential("spare-identity"))
    with pytest.raises(HttpResponseError, match="does not have authorization to perform action") as refused:
        stranger.online_endpoints.get("double")
    assert "(AuthorizationFailed)" in str(refused.value)
    assert "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/read" in str(refused.value)


def test_update_is_a_whole_replacement(ml: MLClient) -> None:
    create(ml, auth_mode="key", tags={"team": "risk"}, description="first")
    changed = create(ml, auth_mode="aml_token")
    assert (changed.auth_mode, changed.tags, changed.description) == ("aml_token", {}, None)


def test_identity_cannot_be_changed(ml: MLClient) -> None:
    create(ml, identity=user_assigned())
    with pytest.raises(HttpResponseError, match="identity of endpoint double cannot be changed") as refused:
        create(ml)
    assert refused.value.status_code == 400


def test_patch_leaves_the_rest(cloud: LocalCloud, ml: MLClient) -> None:
    create(ml, auth_mode="aml_token", tags={"team": "risk"}, description="first")
    with cloud.clock.busy():
        answer = arm(cloud, "PATCH", "/onlineEndpoints/double", body={"tags": {"team": "credit"}})
    assert answer.status_code == 200
    changed = ml.online_endpoints.get("double")
    assert (changed.tags, changed.auth_mode, changed.description) == ({"team": "credit"}, "aml_token", "first")


@pytest.mark.usefixtures("endpoint")
@pytest.mark.parametrize(
    ("traffic", "reason"),
    [
        ({"blue": 100}, "'blue', which does not exist"),
        ({"blue": 12.5}, "properties.traffic.blue: 12.5"),
        ({"blue": -1}, "properties.traffic.blue: -1"),
        ("blue", "properties.traffic: 'blue'"),
    ],
)
def test_traffic_that_cannot_be_is_refused(cloud: LocalCloud, traffic: object, reason: str) -> None:
    body = {"location": "eastus", "properties": {**AUTH, "traffic": traffic}}
    answer = arm(cloud, "PUT", "/onlineEndpoints/double", body=body)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]["details"][0]["message"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ab", "InvalidEndpointName"),
        ("1st", "InvalidEndpointName"),
        ("two--dashes", "InvalidEndpointName"),
        ("dash-", "InvalidEndpointName"),
        ("x" * 33, "InvalidEndpointName"),
        (NAME_TAKEN_IN_REGION, "EndpointNameTaken"),
    ],
)
def test_names_follow_the_rules(cloud: LocalCloud, name: str, code: str) -> None:
    answer = arm(cloud, "PUT", f"/onlineEndpoints/{name}", body={"location": "eastus", "properties": AUTH})
    assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (400, code)


@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ({"compute": f"{WORKSPACE_ID}/computes/cluster"}, "Kubernetes"),
        ({"publicNetworkAccess": "disabled"}, "private endpoints"),
    ],
)
def test_what_would_not_happen_is_refused_by_name(cloud: LocalCloud, properties: dict[str, object], named: str) -> None:
    body = {"location": "eastus", "properties": {**AUTH, **properties}}
    answer = arm(cloud, "PUT", "/onlineEndpoints/double", body=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "NotEmulatedLocally")
    assert named in answer.json()["error"]["message"]


def test_keys_admit_and_a_regenerated_key_replaces_the_old(
    cloud: LocalCloud, ml: MLClient, endpoint: ManagedOnlineEndpoint
) -> None:
    def status(key: str) -> int:
        headers = {"Authorization": f"Bearer {key}"}
        return requests.post(str(endpoint.scoring_uri), json={}, headers=headers, timeout=PATIENCE).status_code

    old = ml.online_endpoints.get_keys("double")
    assert status("wrong") == 401
    assert (status(old.primary_key), status(old.secondary_key)) == (404, 404)  # admitted; no deployment has traffic
    ml.online_endpoints.begin_regenerate_keys("double", key_type="primary").result()
    assert (status(old.primary_key), status(old.secondary_key)) == (401, 404)
    assert status(ml.online_endpoints.get_keys("double").primary_key) == 404


def test_endpoint_tokens_admit_until_they_end(cloud: LocalCloud, ml: MLClient) -> None:
    made = create(ml, auth_mode="aml_token")
    headers = {"Authorization": f"Bearer {ml.online_endpoints.get_keys('double').access_token}"}
    with cloud.clock.busy():
        assert requests.post(str(made.scoring_uri), json={}, headers=headers, timeout=PATIENCE).status_code == 404
        cloud.clock.advance(timedelta(hours=13))
        assert requests.post(str(made.scoring_uri), json={}, headers=headers, timeout=PATIENCE).status_code == 401


def test_entra_tokens_admit_who_may_score(cloud: LocalCloud, ml: MLClient) -> None:
    made = create(ml, auth_mode="aad_token")

    def status(identity: str) -> int:
        token = cloud.credential(identity).get_token("https://ml.azure.com/.default").token
        return requests.post(
            str(made.scoring_uri), json={}, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE
        ).status_code

    assert (status("slipway-app"), status("spare-identity")) == (404, 401)


def test_second_operation_meets_a_conflict(cloud: LocalCloud, ml: MLClient, endpoint: ManagedOnlineEndpoint) -> None:
    with cloud.clock.busy():
        first = ml.online_endpoints.begin_create_or_update(endpoint)
        with pytest.raises(ResourceExistsError, match="already in progress"):
            ml.online_endpoints.begin_create_or_update(endpoint)
    first.result()


def test_deleting_takes_the_services_grants_and_leaves_the_others(
    cloud: LocalCloud, developer: MLClient, endpoint: ManagedOnlineEndpoint
) -> None:
    principal = principal_of(endpoint)
    cloud.authorization.add(
        RoleAssignment(
            name="5f0c4a4e-0000-0000-0000-000000000001",
            scope=WORKSPACE_ID,
            role=assignments(cloud, APP.principal_id)[0].role,
            principal_id=principal,
            principal_type="ServicePrincipal",
            created_on=cloud.clock.now(),
            created_by=DEVELOPER.principal_id,
            effective_at=None,
        )
    )
    began = cloud.clock.now()
    developer.online_endpoints.begin_delete("double").result()
    assert cloud.clock.now() - began >= timedelta(minutes=20)
    with pytest.raises(ResourceNotFoundError):
        developer.online_endpoints.get("double")
    assert [one.name for one in assignments(cloud, principal)] == ["5f0c4a4e-0000-0000-0000-000000000001"]


def test_name_used_again_has_another_identity(ml: MLClient, endpoint: ManagedOnlineEndpoint) -> None:
    ml.online_endpoints.begin_delete("double").result()
    assert principal_of(create(ml, auth_mode="key")) != principal_of(endpoint)


def test_secrets_access_is_granted_when_the_caller_has_it(cloud: LocalCloud, ml: MLClient) -> None:
    made = create(ml, properties={"enforce_access_to_default_secret_stores": "enabled"})
    secrets_reader = "Azure Machine Learning Workspace Connection Secrets Reader"
    assert secrets_reader in held(cloud, principal_of(made))
