"""What is checked when a deployment is asked for, before anything is started."""

from __future__ import annotations

import re
from typing import cast

from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import invalid, not_emulated, not_found
from local.cloud.machinelearning import rules
from local.cloud.machinelearning.records import AssetKind, Deployment, Endpoint
from local.cloud.machinelearning.references import from_registry, reference
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.usage import check_quota, size_of
from local.cloud.machinelearning.wire import container_variables

# What Kubernetes takes as the name of an environment variable. Azure ML's words for its refusal were not found.
_VARIABLE_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")


def admit(state: WorkspaceState, endpoint: Endpoint, name: str, body: Json) -> int:
    """Check a deployment request as the service does before its 201; the instance count. ArmError otherwise."""
    properties = as_json(body.get("properties"))
    rules.check_name("Deployment", name)
    rules.check_region(body)
    if str(properties.get("endpointComputeType", "Managed")).lower() != "managed":
        raise not_emulated("Kubernetes online deployments", "Use endpointComputeType Managed.")
    _check_emulated(properties)
    rules.check_kind("deployments", body)
    _check_tier(body)
    _check_scaling(properties)
    _check_variables(properties, endpoint.deployment(name))
    _check_collection(state, properties)
    _check_assets(state, properties)
    size = size_of(properties)
    capacity = _capacity(body, state)
    check_quota(state, endpoint, name, size, capacity)
    return capacity


def _check_assets(state: WorkspaceState, properties: Json) -> None:
    code = as_json(properties.get("codeConfiguration"))
    if from_registry(properties.get("model")) or from_registry(code.get("codeId")):
        raise not_emulated("models and code of Azure ML registries", "Register the model in the workspace.")
    if _model_type(state, properties) == "triton_model" and not code.get("scoringScript"):
        raise not_emulated("models of type triton_model without code", "Deploy it in Azure, or with a script of yours.")
    if not properties.get("environmentId") and not _is_mlflow(state, properties):
        raise invalid("MissingEnvironment", "environmentId is required.")
    _exists(state, "models", "Model", properties.get("model"))
    _exists(state, "codes", "Code", code.get("codeId"))
    if not from_registry(properties.get("environmentId")):
        _exists(state, "environments", "Environment", properties.get("environmentId"))
        _check_system(state, properties)
    if not (code.get("codeId") and code.get("scoringScript")) and not _has_own_server(state, properties):
        # Code named in public reports; its text was not found.
        message = "A scoring script (codeConfiguration) or an environment with an inferenceConfig is required."
        raise invalid("MissingDriverProgram", message)


def _exists(state: WorkspaceState, kind: AssetKind, singular: str, text: object) -> None:
    if not text:
        return
    named = reference(kind, text)
    if named is None:
        raise invalid(f"Invalid{singular}Reference", f"'{text}' is not the ARM id of a version in this workspace.")
    if state.asset(kind, *named) is None:
        message = f"{singular} with name: {named.name} and version: {named.version} not found."
        raise not_found(f"{singular}NotFound", message)


def _check_system(state: WorkspaceState, properties: Json) -> None:
    named = reference("environments", properties.get("environmentId"))
    environment = state.asset("environments", *named) if named else None
    if environment and str(environment.properties.get("osType")).lower() == "windows":
        raise not_emulated("deployments of Windows environments", "Register the environment with osType Linux.")


def _has_own_server(state: WorkspaceState, properties: Json) -> bool:
    named = reference("environments", properties.get("environmentId"))
    environment = state.asset("environments", *named) if named else None
    return bool(environment and environment.properties.get("inferenceConfig")) or _is_mlflow(state, properties)


def _is_mlflow(state: WorkspaceState, properties: Json) -> bool:
    return _model_type(state, properties) == "mlflow_model"


def _model_type(state: WorkspaceState, properties: Json) -> object:
    named = reference("models", properties.get("model"))
    model = state.asset("models", *named) if named else None
    return model.properties.get("modelType") if model else None


def _check_emulated(properties: Json) -> None:
    """Refuse by name what would otherwise be accepted and then not happen."""
    if properties.get("modelMountPath"):
        raise not_emulated("modelMountPath", "Read the model from AZUREML_MODEL_DIR.")
    if str(properties.get("egressPublicNetworkAccess")).lower() == "disabled":
        raise not_emulated("network isolation (egressPublicNetworkAccess disabled)", "Leave it enabled.")


def _check_tier(body: Json) -> None:
    """A deployment has one tier, the one that it is told with (recorded)."""
    tier = str(as_json(body.get("sku")).get("tier") or "Standard")
    if tier.lower() != "standard":
        raise not_emulated(f"the tier '{tier}' of deployments", "Leave sku.tier out.")


def _check_scaling(properties: Json) -> None:
    """A managed deployment scales by Azure Monitor's autoscale settings, by none of its own (Microsoft Learn)."""
    kind = str(as_json(properties.get("scaleSettings")).get("scaleType", "Default"))
    if kind.lower() != "default":
        raise invalid("InvalidScaleSettings", f"scaleType of a managed deployment must be Default, not {kind}.")


def _check_variables(properties: Json, known: Deployment | None) -> None:
    """Refuse by name to set what the platform sets; sending back what it has set before is no such wish."""
    platform = container_variables(properties)
    before = container_variables(known.properties) if known else {}
    for name, value in as_json(properties.get("environmentVariables")).items():
        if not _VARIABLE_NAME.fullmatch(name):
            message = f"The environment variable name {name!r} must match {_VARIABLE_NAME.pattern}."
            raise invalid("InvalidEnvironmentVariable", message)
        if name in platform and value not in (platform[name], before.get(name)):
            raise not_emulated(f"setting the environment variable {name}", "The platform sets it; leave it out.")


def _check_collection(state: WorkspaceState, properties: Json) -> None:
    """A data collector names data assets that are there (the SDK registers them before)."""
    for collection in as_json(as_json(properties.get("dataCollector")).get("collections")).values():
        _exists(state, "data", "Data", as_json(collection).get("dataId"))


def _capacity(body: Json, state: WorkspaceState) -> int:
    capacity = cast("int", as_json(body.get("sku")).get("capacity") or 1)
    most = state.quota.instances_per_deployment
    if capacity > most:
        raise invalid("InvalidInstanceCount", f"sku.capacity must be a whole number from 1 to {most}.")
    return capacity
