"""What a deployment runs besides the model: its environment and its scoring code.

Registered ones are passed on by ARM id. An inline environment and a code folder in a datastore are registered under
names made from what the request says of them, so registering again finds the same version.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypeGuard

from activities.envelope import activity
from activities.models import MADE_BY_TAG
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.activities import AssetsInput, ServingAssets
from contracts.errors import AssetNotFound, RequestRejected
from contracts.names import split_datastore_path, split_reference
from contracts.online import CodeConfiguration, EnvironmentDefinition, OnlineDeploymentRequest

# Assets that Slipway names after their content never get a second version.
VERSION = "1"
CODE_API_VERSION = "2023-04-01"  # what azure-ai-ml 1.35.2 sends for codes


@activity
def register_assets(order: AssetsInput) -> ServingAssets:
    """ARM ids of the deployment's environment and code, registering what is given inline."""
    assets = serving_assets(order.deployment)
    created: list[str] = []
    with translated(not_found=AssetNotFound):
        if isinstance(order.deployment.environment, EnvironmentDefinition):
            _register_environment(order.instance, order.deployment.environment, created)
        if assets.code_id and is_datastore_path(order.deployment.code_configuration):
            _register_code(order.instance, assets.code_id, order.deployment.code_configuration, created)
    return assets.model_copy(update={"created": created})


def serving_assets(wanted: OnlineDeploymentRequest) -> ServingAssets:
    """The ARM ids the deployment will name, whether or not they are registered yet; nothing is asked of Azure."""
    code = wanted.code_configuration
    environment = wanted.environment
    if isinstance(environment, EnvironmentDefinition):
        environment = f"azureml:{content_name(environment.to_wire())}:{VERSION}"
    reference = code.code if code else None
    if code and is_datastore_path(code):
        reference = f"azureml:{content_name([*split_datastore_path(code.code)])}:{VERSION}"
    return ServingAssets(
        environment_id=asset_id("environments", environment),
        code_id=asset_id("codes", reference) if reference else None,
        scoring_script=code.scoring_script if code else None,
    )


def asset_id(kind: str, reference: str) -> str:
    """ARM id of `azureml:name:version` in this workspace."""
    name, version = split_reference(reference)
    return f"{clients().settings.workspace_id}/{kind}/{name}/versions/{version}"


def content_name(content: Any) -> str:
    """A name made from content: the same content is the same asset."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return f"slipway-{digest[:20]}"


def is_datastore_path(code: CodeConfiguration | None) -> TypeGuard[CodeConfiguration]:
    """Whether the code is a folder in a datastore, to be registered, rather than a registered asset."""
    return code is not None and code.code.startswith("azureml://")


def _register_environment(instance: str, definition: EnvironmentDefinition, created: list[str]) -> None:
    from azure.ai.ml.entities import Environment
    from azure.core.exceptions import ResourceNotFoundError

    name = content_name(definition.to_wire())
    environments = clients().ml.environments
    try:
        environment = environments.get(name, version=VERSION)
    except ResourceNotFoundError:
        config = definition.inference_config
        environment = environments.create_or_update(
            Environment(
                name=name,
                version=VERSION,
                image=definition.image,
                conda_file=definition.conda_file,
                inference_config=config.to_wire() if config else None,
                tags={MADE_BY_TAG: instance},
            )
        )
    if (environment.tags or {}).get(MADE_BY_TAG) == instance:
        created.append(f"environment {name}:{VERSION}")


def _register_code(instance: str, code_id: str, code: CodeConfiguration, created: list[str]) -> None:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        found = clients().get(code_id, CODE_API_VERSION)
    except ResourceNotFoundError:
        body = {"codeUri": _blob_uri(code), "isAnonymous": False, "tags": {MADE_BY_TAG: instance}}
        found = clients().put(code_id, CODE_API_VERSION, {"properties": body})
    if (found["properties"].get("tags") or {}).get(MADE_BY_TAG) == instance:
        created.append(f"code {code_id.split('/')[-3]}:{VERSION}")


def _blob_uri(code: CodeConfiguration) -> str:
    datastore, path = split_datastore_path(code.code)
    store: Any = clients().ml.datastores.get(datastore)
    if getattr(store, "container_name", None) is None:  # a file share or a data lake
        raise RequestRejected(
            f"datastore {datastore} is no blob container: code cannot be registered from it",
            suggestion="Put the code folder into a blob datastore, or register it with `slipway register-code`.",
        )
    return f"{store.protocol}://{store.account_name}.blob.{store.endpoint}/{store.container_name}/{path}"
