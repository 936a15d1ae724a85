"""What azure-ai-ml's own loader takes, Slipway takes and sends the same; what it refuses, Slipway refuses, clearer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from marshmallow import Schema, ValidationError
from marshmallow.fields import Dict, Field, List, Nested

from activities.platforms import platform_for
from activities.servings import SERVINGS
from cli.outcome import NotAccepted
from cli.request_file import RequestFile, read_request_files
from contracts.activities import EnsureInput
from contracts.orders import DeployOrder
from contracts.plan import Resolved
from contracts.problems import read_request
from contracts.request import DeploymentRequest
from local.process_environment import applied
from tests.unit.az_ml_files import (
    BROKEN,
    DEPLOYMENT,
    ENDPOINT,
    FILES,
    KINDS,
    KUBERNETES_ENDPOINT,
    PROJECT,
    Broken,
    file_of,
)

SETTINGS = {
    "SLIPWAY_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000001",
    "SLIPWAY_RESOURCE_GROUP": "rg",
    "SLIPWAY_WORKSPACE": "team",
}
WAIVED = "smoke_test: {waived: the files are only read here}\n"
RESOLVED = Resolved(endpoint="onlineEndpoints/my-endpoint", deployment="onlineEndpoints/my-endpoint/deployments/blue")
# Where the two may differ: what only Azure knows, or Slipway adds.
OURS = {"slipway-instance", "slipway-digest"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the files, with the project around it."""
    root = tmp_path_factory.mktemp("project")
    for name, text in PROJECT.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    logging.disable(logging.WARNING)  # the loader warns of what is experimental
    with applied(SETTINGS):
        yield root / "cli" / "endpoints"
    logging.disable(logging.NOTSET)


def loaded(kind: str, path: Path) -> Any:
    """What the SDK's loader makes of a file."""
    from azure.ai import ml

    load = {
        "endpoint": ml.load_online_endpoint,
        "deployment": ml.load_online_deployment,
        "model": ml.load_model,
        "environment": ml.load_environment,
    }[kind]
    return load(path)


def written(project: Path, name: str, text: str) -> Path:
    path = project / name
    path.write_text(text)
    return path


def taken(project: Path, kind: str, path: Path) -> RequestFile:
    """What Slipway makes of a file, with the others that it takes to deploy."""
    body = yaml.safe_load(path.read_text())
    endpoint = KUBERNETES_ENDPOINT if body.get("type") == "kubernetes" else ENDPOINT
    files = {"endpoint": endpoint, "deployment": DEPLOYMENT}
    if kind == "deployment":
        files["endpoint"] = endpoint.replace("my-endpoint", str(body.get("endpoint_name", "my-endpoint")))
    if kind == "endpoint" and body.get("name"):
        files["deployment"] = DEPLOYMENT.replace("my-endpoint", str(body["name"]))
    if kind == "model":
        files["deployment"] = DEPLOYMENT.replace("model: azureml:credit-model:1\n", "")
    if kind == "environment":
        files["deployment"] = DEPLOYMENT.replace("environment: azureml:serving:1\n", "")
    others = [written(project, f"{name}.yml", text) for name, text in files.items() if name != kind]
    test = written(project, "smoke-test.yml", WAIVED)
    return read_request_files([path, *others, test])


def texts(value: Any) -> Any:
    """With numbers in mappings of texts as the texts that Azure keeps."""
    return {str(name): str(text) for name, text in (value or {}).items() if name not in OURS}


def body_of(rest: Any) -> dict[str, Any]:
    """What is sent, without what Slipway resolves in Azure before it sends it."""
    sent: dict[str, Any] = rest.as_dict()
    properties = sent["properties"]
    for name in ("principalId", "tenantId"):  # the service's own, however an endpoint was shown
        sent.get("identity", {}).pop(name, None)
    for name in ("model", "environmentId"):
        properties.pop(name, None)
    properties.get("codeConfiguration", {}).pop("codeId", None)
    script = properties.get("codeConfiguration", {}).get("scoringScript")
    if script:
        properties["codeConfiguration"]["scoringScript"] = script.removeprefix("./")
    for one in properties.get("dataCollector", {}).get("collections", {}).values():
        one.pop("dataId", None)
    for name in ("environmentVariables", "properties"):
        properties[name] = texts(properties.get(name))
    # What the service alone gives (traffic comes with its own step, later); `Disabled` and `disabled` are the same.
    for name in ("traffic", "mirrorTraffic"):
        properties.pop(name, None)
    return {**sent, "tags": texts(sent.get("tags"))}


def sent_by_slipway(kind: str, request: DeploymentRequest) -> dict[str, Any]:
    platform = platform_for(request.endpoint)
    if kind == "endpoint":
        return body_of(platform.endpoint(request.endpoint, "mark")._to_rest_online_endpoint("eastus"))
    endpoint = f"onlineEndpoints/{request.endpoint.name}"
    order = EnsureInput(mark="mark", wanted=None, resolved=RESOLVED.model_copy(update={
        "endpoint": endpoint, "code": "codes/c/versions/1", "deployment": f"{endpoint}/deployments/x"
    }))  # fmt: skip
    entity = platform.deployment(request.deployment, order, SERVINGS[0], {"slipway-instance": "mark"})
    return body_of(entity._to_rest_object("eastus"))


def sent_by_the_sdk(kind: str, entity: Any) -> dict[str, Any]:
    if kind == "endpoint":
        if getattr(entity, "compute", None) and not entity.compute.startswith("/"):
            # As its operations resolve it before they send it.
            entity.compute = f"{WORKSPACE}/computes/{entity.compute}"
        return body_of(entity._to_rest_online_endpoint("eastus"))
    return body_of(entity._to_rest_object("eastus"))


WORKSPACE = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
    "/providers/Microsoft.MachineLearningServices/workspaces/team"
)


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 80
    assert len(BROKEN) >= 40


@pytest.mark.parametrize("name", FILES)
def test_what_the_loader_takes_is_taken_as_it_is_and_sent_the_same(name: str, project: Path) -> None:
    kind, text = FILES[name]
    path = written(project, f"file-{kind}.yml", text)
    entity = loaded(kind, path)
    found = taken(project, kind, path)
    request = read_request(found.to_send)

    assert DeploymentRequest.from_wire(request.to_wire()) == request
    assert read_request(request.to_wire()) == request
    if kind in ("endpoint", "deployment"):
        assert sent_by_slipway(kind, request) == sent_by_the_sdk(kind, entity)
    else:
        assert defined(kind, found, request) == said(kind, entity)


def defined(kind: str, found: RequestFile, request: DeploymentRequest) -> dict[str, Any]:
    """What of a model or an environment is registered, by this machine or by the service."""
    if kind == "environment":
        definition = found.environment.definition if found.environment else found.to_send["deployment"]["environment"]
        config = definition.get("inference_config") or {}
        return {
            "name": definition["name"],
            "version": _text(definition.get("version")),
            "description": definition.get("description"),
            "image": definition.get("image"),
            "conda_file": definition.get("conda_file"),
            "os_type": (definition.get("os_type") or "").lower(),
            "tags": definition.get("tags") or {},
            "routes": {route: (one["port"], one["path"]) for route, one in config.items()},
        }
    one = found.model.definition if found.model else request.model
    assert one is not None
    assert not isinstance(one, str)
    return {
        "name": one.name,
        "version": one.version,
        "type": one.type,
        "description": one.description,
        "stage": one.stage,
        "flavors": one.flavors,
        "tags": one.tags,
        "properties": one.properties,
    }


def said(kind: str, entity: Any) -> dict[str, Any]:
    """The same of the SDK's entity."""
    if kind == "environment":
        config = entity.inference_config
        routes = ("liveness_route", "readiness_route", "scoring_route") if config else ()
        return {
            "name": entity.name,
            "version": entity.version,
            "description": entity.description,
            "image": entity.image,
            "conda_file": entity.conda_file,
            "os_type": entity.os_type or "",
            "tags": entity.tags,
            "routes": {route: (getattr(config, route).port, getattr(config, route).path) for route in routes},
        }
    return {
        "name": entity.name,
        "version": entity.version,
        "type": entity.type,
        "description": entity.description,
        "stage": entity.stage,
        "flavors": entity.flavors or {},
        "tags": texts(entity.tags),
        "properties": texts(entity.properties),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: f"{one.kind} {one.change}")
def test_what_the_loader_refuses_is_refused_at_its_place_in_words(broken: Broken, project: Path) -> None:
    kind, text = file_of(broken.kind, broken.change)
    path = written(project, f"broken-{kind}.yml", text)
    with pytest.raises((ValidationError, Exception)) as by_the_sdk:
        loaded(kind, path)
    assert type(by_the_sdk.value).__module__.startswith(("marshmallow", "azure.ai.ml")), by_the_sdk.value

    with pytest.raises(NotAccepted) as refused:
        taken(project, kind, path)
    told = [one for one in refused.value.problems if one.path == f"broken-{kind}.yml: {broken.place}"]
    assert told, refused.value.problems
    assert broken.word in f"{told[0].path} {told[0].message}"


def test_every_field_of_every_schema_is_written_in_some_file() -> None:
    from azure.ai.ml._schema._deployment.online.online_deployment import (
        KubernetesOnlineDeploymentSchema,
        ManagedOnlineDeploymentSchema,
    )
    from azure.ai.ml._schema._endpoint.online.online_endpoint import (
        KubernetesOnlineEndpointSchema,
        ManagedOnlineEndpointSchema,
    )
    from azure.ai.ml._schema.assets.environment import EnvironmentSchema
    from azure.ai.ml._schema.assets.model import ModelSchema

    schemas: dict[str, tuple[Any, ...]] = {
        "endpoint": (KubernetesOnlineEndpointSchema, ManagedOnlineEndpointSchema),
        "deployment": (KubernetesOnlineDeploymentSchema, ManagedOnlineDeploymentSchema),
        "model": (ModelSchema,),
        "environment": (EnvironmentSchema,),
    }
    context = {"base_path": Path()}
    known = {
        f"{kind}.{path}" for kind, some in schemas.items() for one in some for path in fields_of(one(context=context))
    }
    used = {f"{kind}.{path}" for kind, text in FILES.values() for path in paths_of(yaml.safe_load(text))}

    assert known - used == set()


def fields_of(schema: Schema, deep: int = 4) -> Iterator[str]:
    """The paths of what a schema can load; what it only shows is named, and not looked into."""
    for name, field in schema.fields.items():
        key = field.data_key or name
        yield key
        if not field.dump_only and deep:
            yield from (f"{key}.{path}" for inner in nested(field) for path in fields_of(inner, deep - 1))


def nested(field: Field) -> Iterator[Schema]:
    if isinstance(field, Nested):
        yield field.schema
    if isinstance(field, List):
        yield from nested(field.inner)
    if isinstance(field, Dict) and field.value_field is not None:
        yield from nested(field.value_field)
    for inner in getattr(field, "_union_fields", []):
        yield from nested(inner)
    if hasattr(field, "experimental_field"):
        yield from nested(field.experimental_field)


# Mappings whose keys people choose.
NAMED = {"collections"}


def paths_of(body: Any) -> Iterator[str]:
    if isinstance(body, list):
        for one in body:
            yield from paths_of(one)
    if not isinstance(body, dict):
        return
    for name, part in body.items():
        yield name
        inner = part.values() if name in NAMED and isinstance(part, dict) else [part]
        yield from (f"{name}.{path}" for one in inner for path in paths_of(one))


def test_kinds_are_told_by_their_fields_too(project: Path) -> None:
    for kind, (loader, text) in KINDS.items():
        body = yaml.safe_load(text)
        del body["$schema"]
        path = written(project, f"{kind}.yml", yaml.safe_dump(body))
        assert taken(project, loader, path).to_send["endpoint"]["name"] == "my-endpoint"


def test_an_order_of_files_carries_the_whole_of_them(project: Path) -> None:
    path = written(project, "blue.yml", FILES["deployment {}"].text)
    order = DeployOrder(request=read_request(taken(project, "deployment", path).to_send).to_wire())

    assert (order.endpoint, order.deployment, order.model) == ("my-endpoint", "blue", "credit-model:1")
    assert order.waived == "the files are only read here"
