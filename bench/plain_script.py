"""The same deployment as one script, the way the documents describe it: blocking SDK calls and a 15-minute sleep.

Not Slipway: what Slipway is compared with. `python -m bench.plain_script ENDPOINT DEPLOYMENT`, as an identity that may
deploy and grant, with the workspace named by the same environment variables as the service's.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import uuid

from azure.ai.ml import MLClient
from azure.ai.ml.entities import CodeConfiguration, ManagedOnlineDeployment, ManagedOnlineEndpoint
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters

ROLE_WAIT_SECONDS = 15 * 60
ROLE = "Storage Blob Data Reader"
STORAGE = "slipwayfeatures"


def main(endpoint_name: str, deployment_name: str) -> None:
    """Create the endpoint, grant its identity the role, wait, deploy, test, give it all traffic."""
    subscription, group = os.environ["SLIPWAY_SUBSCRIPTION_ID"], os.environ["SLIPWAY_RESOURCE_GROUP"]
    credential = DefaultAzureCredential()
    ml = MLClient(credential, subscription, group, os.environ["SLIPWAY_WORKSPACE"])
    authorization = AuthorizationManagementClient(credential, subscription)

    try:
        endpoint = ml.online_endpoints.get(endpoint_name)
    except ResourceNotFoundError:
        ml.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=endpoint_name, auth_mode="key")).result()
        endpoint = ml.online_endpoints.get(endpoint_name)

    scope = (
        f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{STORAGE}"
    )
    grant(authorization, scope, str(endpoint.identity.principal_id))
    time.sleep(ROLE_WAIT_SECONDS)

    deployment = ManagedOnlineDeployment(
        name=deployment_name,
        endpoint_name=endpoint_name,
        model="azureml:credit-risk:1",
        environment="azureml:serving:1",
        code_configuration=CodeConfiguration(code="azureml:dot-product:1", scoring_script="score.py"),
        instance_type="Standard_DS3_v2",
        instance_count=1,
    )
    ml.online_deployments.begin_create_or_update(deployment).result()

    with tempfile.NamedTemporaryFile("w", suffix=".json") as sample:
        json.dump({"data": [[1, 2, 3]]}, sample)
        sample.flush()
        answer = ml.online_endpoints.invoke(endpoint_name, deployment_name=deployment_name, request_file=sample.name)
    if json.loads(answer) != [17]:
        raise SystemExit(f"wrong answer: {answer}")

    endpoint = ml.online_endpoints.get(endpoint_name)
    endpoint.traffic = {deployment_name: 100}
    ml.online_endpoints.begin_create_or_update(endpoint).result()


def grant(authorization: AuthorizationManagementClient, scope: str, principal_id: str) -> None:
    """Assign the role; an assignment that is there already is fine."""
    role = next(iter(authorization.role_definitions.list(scope, filter=f"roleName eq '{ROLE}'")))
    parameters = RoleAssignmentCreateParameters(
        role_definition_id=str(role.id), principal_id=principal_id, principal_type="ServicePrincipal"
    )
    try:
        authorization.role_assignments.create(scope, str(uuid.uuid4()), parameters)
    except HttpResponseError as error:
        if error.error is None or error.error.code != "RoleAssignmentExists":
            raise


if __name__ == "__main__":
    main(*sys.argv[1:])
