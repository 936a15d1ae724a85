"""What a deployment runs besides the model: its environment and its scoring code.

Registered ones are passed on by ARM id. An inline environment and a code folder in a datastore are registered under
names made from their content, so registering again finds the same version.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from activities.azure_errors import translated
from activities.envelope import activity
from activities.models import MADE_BY_TAG
from clients import clients
from contracts.activities import AssetsInput, ServingAssets
from contracts.errors import AssetNotFound
from contracts.names import split_datastore_path, split_reference
from contracts.online import CodeConfiguration, EnvironmentDefinition

CODE_API_VERSION = "2023-04-01"  # what azure-ai-ml 1.35.2 sends for codes


@activity
def register_assets(order: AssetsInput) -> ServingAssets:
    """ARM ids of the deployment's environment and code, registering what is given inline."""
    wanted = order.deployment
    created: list[str] = []
    with translated(not_found=AssetNotFound):
        if isinstance(wanted.environment, EnvironmentDefinition):
            environment_id = _environment(order.instance, wanted.environment, created)
        else:
            environment_id = asset_id("environments", wanted.environment)
        code = wanted.code_configuration
        code_id = _code(order.instance, code, created) if code else None
    return ServingAssets(
        environment_id=environment_id,
        code_id=code_id,
        scoring_script=code.scoring_script if code else None,
        created=created,
    )


def asset_id(kind: str, reference: str) -> str:
    """ARM id of `azureml:name:version` in this workspace."""
    name, version = split_reference(reference)
    return f"{clients().settings.workspace_id}/{kind}/{name}/versions/{version}"


def content_name(content: Any) -> str:
    """A name made from content: the same content is the same asset."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return f"slipway-{digest[:20]}"


def _environment(instance: str, definition: EnvironmentDefinition, created: list[str]) -> str:
    from azure.ai.ml.entities import Environment
    from azure.core.exceptions import ResourceNotFoundError

    name = content_name(definition.to_wire())
    environments = clients().ml.environments
    try:
        environment = environments.get(name, version="1")
    except ResourceNotFoundError:
        config = definition.inference_config
        environment = environments.create_or_update(
            Environment(
                name=name,
                version="1",
                image=definition.image,
                conda_file=definition.conda_file,
                inference_config=config.to_wire() if config else None,
                tags={MADE_BY_TAG: instance},
            )
        )
    if (environment.tags or {}).get(MADE_BY_TAG) == instance:
        created.append(f"environment {name}:1")
    return str(environment.id)


def _code(instance: str, code: CodeConfiguration, created: list[str]) -> str:
    if not code.code.startswith("azureml://"):
        return asset_id("codes", code.code)
    from azure.core.exceptions import ResourceNotFoundError

    datastore, path = split_datastore_path(code.code)
    name = content_name([datastore, path])
    code_id = asset_id("codes", f"azureml:{name}:1")
    try:
        found = clients().get(code_id, CODE_API_VERSION)
    except ResourceNotFoundError:
        store: Any = clients().ml.datastores.get(datastore)
        uri = f"{store.protocol}://{store.account_name}.blob.{store.endpoint}/{store.container_name}/{path}"
        body = {"codeUri": uri, "isAnonymous": False, "tags": {MADE_BY_TAG: instance}}
        found = clients().put(code_id, CODE_API_VERSION, {"properties": body})
    if (found["properties"].get("tags") or {}).get(MADE_BY_TAG) == instance:
        created.append(f"code {name}:1")
    return code_id
