"""Connections of the workspace, through the SDK; and their secrets, for those whom a role lets read them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from local.cloud.cloud import LocalCloud
from local.cloud.machinelearning.injection import inject
from local.cloud.serving import ServingSpec, StartupProblem
from local.cloud.world import CONNECTION, DEVELOPER, WORKSPACE_ID, WORKSPACE_VAULT, vault_id
from tests.local.cloud.sdk import arm, keep_secret

# After `sdk`, which silences what their first import warns of.
from azure.ai.ml import MLClient  # isort: skip
from azure.ai.ml.entities import AzureOpenAIConnection, ManagedOnlineEndpoint  # isort: skip
from azure.core.exceptions import ResourceNotFoundError  # isort: skip

READER = "Azure Machine Learning Workspace Connection Secrets Reader"
KEY = "a-key-that-opens-nothing"


def made(developer: MLClient) -> None:
    developer.connections.create_or_update(
        AzureOpenAIConnection(name="gpt", azure_endpoint="https://gpt.example", api_key=KEY)
    )


def test_a_connection_is_seen_without_its_secrets_and_goes(cloud: LocalCloud, developer: MLClient) -> None:
    made(developer)

    assert [one.name for one in developer.connections.list()] == [CONNECTION, "gpt"]
    assert developer.connections.get("gpt").target == "https://gpt.example"
    # promptflow knows the kind by the service's own spelling, which is not the SDK's.
    assert arm(cloud, "GET", "/connections/gpt").json()["properties"]["category"] == "AzureOpenAI"
    assert KEY not in arm(cloud, "GET", "/connections/gpt").text
    assert KEY not in arm(cloud, "GET", "/connections").text
    developer.connections.delete("gpt")
    with pytest.raises(ResourceNotFoundError, match="gpt can't be found"):
        developer.connections.get("gpt")


def test_secrets_are_for_those_with_the_role(cloud: LocalCloud, developer: MLClient) -> None:
    made(developer)
    path = "/connections/gpt/listsecrets"

    refused, told = arm(cloud, "POST", path, identity="spare-identity"), arm(cloud, "POST", path)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert told.json()["properties"]["credentials"] == {"key": KEY}


def test_secrets_are_injected_once_the_endpoints_role_is_in_effect(
    cloud: LocalCloud, developer: MLClient, endpoint: ManagedOnlineEndpoint, tmp_path: Path
) -> None:
    made(developer)
    held = cloud.state.named(str(endpoint.name))
    variables = {
        "BASE": "at ${{azureml://connections/gpt/target}}",
        "KEY": "${{azureml://connections/gpt/credentials/key}}",
        "WHOLE": "${{azureml://connections/gpt}}",
        "DESK": f"${{{{azureml://connections/{CONNECTION}/credentials/key}}}}",
        "PLAIN": "as it is",
    }
    spec = ServingSpec("double", "blue", "i", None, tmp_path, "", tmp_path, "m", "1", tmp_path, variables)

    refused = inject(spec, held, cloud.state, cloud.world)
    assert isinstance(refused, StartupProblem)
    assert refused.code == "SecretsInjectionError"

    cloud.authorization.seed(held.identities[0].principal_id, READER, WORKSPACE_ID)
    told = inject(spec, held, cloud.state, cloud.world)
    assert isinstance(told, ServingSpec)
    seen = dict(told.environment_variables)
    assert (seen["BASE"], seen["KEY"], seen["PLAIN"]) == ("at https://gpt.example", KEY, "as it is")
    assert json.loads(seen["WHOLE"])["properties"]["credentials"] == {"key": KEY}
    assert len(seen["DESK"]) > 20

    wrong = replace(spec, environment_variables={"KEY": "${{azureml://connections/gpt/credentials/other}}"})
    missing = inject(wrong, held, cloud.state, cloud.world)
    assert isinstance(missing, StartupProblem)
    assert missing.message.endswith("There is nothing at ${{azureml://connections/gpt/credentials/other}}.")


def test_a_vaults_secret_is_injected_as_the_endpoints_identity_may_read_it(
    cloud: LocalCloud, endpoint: ManagedOnlineEndpoint, tmp_path: Path
) -> None:
    held = cloud.state.named(str(endpoint.name))
    address = keep_secret(cloud, "key", "of the vault", DEVELOPER.principal_id)

    def told(reference: str) -> str:
        variables = {"KEY": f"is ${{{{keyvault:{reference}}}}}"}
        spec = ServingSpec("double", "blue", "i", None, tmp_path, "", tmp_path, "m", "1", tmp_path, variables)
        found = inject(spec, held, cloud.state, cloud.world)
        if isinstance(found, ServingSpec):
            return found.environment_variables["KEY"]
        assert found.code == "SecretsInjectionError"
        return found.message

    assert f"may not read ${{{{keyvault:{address}}}}}" in told(address)
    cloud.authorization.seed(held.identities[0].principal_id, "Key Vault Secrets User", vault_id(WORKSPACE_VAULT))
    assert told(address) == told(f"{address}/") == "is of the vault"
    for nothing in (f"{address}2", f"{address}/0123456789abcdef", address.replace("slipwaylocalkv", "nobody")):
        assert told(nothing).endswith(f"There is nothing at ${{{{keyvault:{nothing}}}}}.")
    secret_that_looks_like_one = "${{azureml://connections/nobody/credentials/key}}"
    looking = keep_secret(cloud, "looking", secret_that_looks_like_one, DEVELOPER.principal_id)
    assert told(looking) == f"is {secret_that_looks_like_one}"
    vault = cloud.world.vaults.named(WORKSPACE_VAULT)
    assert vault
    secret = vault.secrets["key"]
    secret.versions[secret.current.version] = replace(secret.current, enabled=False)
    assert "There is nothing at" in told(address)
