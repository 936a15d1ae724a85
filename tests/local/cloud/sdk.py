"""What the tests ask of the local Azure, through the real SDKs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError
from azure.mgmt.authorization import AuthorizationManagementClient

from local.cloud.cloud import LocalCloud
from local.cloud.hosts import vault_url
from local.cloud.world import (
    DEVELOPER,
    RESOURCE_GROUP,
    SUBSCRIPTION,
    USER_ASSIGNED,
    WORKSPACE,
    WORKSPACE_ID,
    WORKSPACE_VAULT,
    vault_id,
)
from local.waiting import PATIENCE

with warnings.catch_warnings():
    # Its import makes marshmallow announce what marshmallow 4 will refuse.
    warnings.simplefilter("ignore")
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import (
        IdentityConfiguration,
        ManagedIdentityConfiguration,
        ManagedOnlineDeployment,
        ManagedOnlineEndpoint,
    )

# What the fixtures set as the delay of every role assignment.
PROPAGATION = timedelta(minutes=5)
SAMPLES = Path(__file__).parent / "samples"
IMAGE = "mcr.microsoft.com/azureml/minimal-ubuntu22.04-py311-cpu-inference:latest"

Describe = Callable[..., ManagedOnlineDeployment]


def client(credential: TokenCredential) -> MLClient:
    return MLClient(credential, SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE, show_progress=False)


def user_assigned(name: str = "credit-risk-identity") -> IdentityConfiguration:
    resource = next(one.resource_id for one in USER_ASSIGNED if one.name == name)
    return IdentityConfiguration(
        type="user_assigned", user_assigned_identities=[ManagedIdentityConfiguration(resource_id=resource)]
    )


def deploy(ml: MLClient, deployment: ManagedOnlineDeployment) -> ManagedOnlineDeployment:
    made: ManagedOnlineDeployment = ml.online_deployments.begin_create_or_update(deployment).result()
    return made


def score(cloud: LocalCloud, ml: MLClient, body: object, *, pin: str | None = "blue") -> requests.Response:
    key = ml.online_endpoints.get_keys("double").primary_key
    headers = {"Authorization": f"Bearer {key}"} | ({"azureml-model-deployment": pin} if pin else {})
    return requests.post(cloud.inference_url("double"), json=body, headers=headers, timeout=PATIENCE)


def grant(cloud: LocalCloud, role: str, scope: str, principal: str) -> None:
    """As the function app does it: it may hand out a few roles and no others."""
    with AuthorizationManagementClient(cloud.credential("slipway-app"), SUBSCRIPTION) as authorization:
        found = next(iter(authorization.role_definitions.list(scope, filter=f"roleName eq '{role}'")))
        properties = {"role_definition_id": found.id, "principal_id": principal, "principal_type": "ServicePrincipal"}
        authorization.role_assignments.create(scope, str(uuid4()), properties)


def keep_secret(cloud: LocalCloud, name: str, value: str, reader: str) -> str:
    """Where a secret is that somebody has put into the workspace's vault, for `reader` to read."""
    address = f"{vault_url(WORKSPACE_VAULT)}/secrets/{name}"
    cloud.authorization.seed(DEVELOPER.principal_id, "Key Vault Secrets Officer", vault_id(WORKSPACE_VAULT))
    cloud.authorization.seed(reader, "Key Vault Secrets User", vault_id(WORKSPACE_VAULT))
    token = cloud.credential(DEVELOPER.name).get_token("https://vault.azure.net/.default").token
    answer = requests.put(
        address,
        params={"api-version": "7.4"},
        json={"value": value},
        headers={"Authorization": f"Bearer {token}"},
        timeout=PATIENCE,
    )
    assert answer.ok, answer.text
    return address


def arm(
    cloud: LocalCloud,
    method: str,
    path: str,
    *,
    body: object = None,
    version: str | None = "2023-04-01-preview",
    identity: str = "developer",
    token: str | None = None,
) -> requests.Response:
    """One plain request to management.azure.com; `path` is within the workspace unless it is a whole ARM path."""
    whole = path if path.startswith("/subscriptions") else f"{WORKSPACE_ID}{path}"
    bearer = token or cloud.credential(identity).get_token("https://management.azure.com/.default").token
    return requests.request(
        method,
        f"https://management.azure.com{whole}",
        params={"api-version": version} if version else {},
        json=body,
        headers={"Authorization": f"Bearer {bearer}"},
        timeout=PATIENCE,
    )


def detail(raised: HttpResponseError) -> tuple[int | None, str, str]:
    """Status, specific code and message of a refusal by the machine learning service."""
    assert raised.error
    found = raised.error.details[0]
    return raised.status_code, str(found.code), str(found.message)


def principal_of(endpoint: ManagedOnlineEndpoint) -> str:
    """The principal id of a system-assigned identity."""
    assert endpoint.identity
    return str(endpoint.identity.principal_id)
