"""The SDK's entities of an endpoint and a deployment, in what all platforms share."""

from __future__ import annotations

from typing import Any

from activities.servings import Serving
from azure_api.clients import clients
from contracts.activities import EnsureInput
from contracts.collecting import DataCollector
from contracts.data_assets import data_id
from contracts.ledger import arm_id, short_name
from contracts.marks import MARK_TAG
from contracts.online import EndpointRequest, OnlineDeploymentRequest, ResourceAmounts, ScaleSettings

# What a new endpoint has where the request says nothing.
AUTH_MODE, IDENTITY = "key", "system_assigned"


def endpoint_parts(wanted: EndpointRequest, mark: str) -> dict[str, Any]:
    """Arguments of every endpoint's constructor."""
    from azure.ai.ml.entities import IdentityConfiguration, ManagedIdentityConfiguration

    identities = [ManagedIdentityConfiguration(resource_id=one) for one in wanted.user_assigned_ids]
    kind = wanted.identity.type if wanted.identity else IDENTITY
    return {
        "name": wanted.name,
        "auth_mode": wanted.auth_mode or AUTH_MODE,
        "description": wanted.description,
        "tags": {**wanted.tags, MARK_TAG: mark},
        "properties": dict(wanted.properties),
        "identity": IdentityConfiguration(type=kind, user_assigned_identities=identities or None),
    }


def deployment_parts(
    wanted: OnlineDeploymentRequest, order: EnsureInput, serving: Serving, tags: dict[str, str]
) -> dict[str, Any]:
    """Arguments of every deployment's constructor, its assets by their ARM ids."""
    from azure.ai.ml.entities import OnlineRequestSettings, ProbeSettings

    settings, resolved = wanted.request_settings, order.resolved
    endpoint = short_name(resolved.endpoint)
    return {
        "name": wanted.name,
        "endpoint_name": endpoint,
        "model": _id(resolved.model),
        "environment": _id(resolved.environment),
        "code_configuration": serving.code_configuration(wanted, _id(resolved.code)),
        "instance_type": wanted.instance_type,
        "instance_count": wanted.instance_count,
        "environment_variables": serving.variables(wanted, order),
        "app_insights_enabled": wanted.app_insights_enabled,
        "request_settings": OnlineRequestSettings(**settings.to_wire()) if settings else None,
        "liveness_probe": ProbeSettings(**wanted.liveness_probe.to_wire()) if wanted.liveness_probe else None,
        "readiness_probe": ProbeSettings(**wanted.readiness_probe.to_wire()) if wanted.readiness_probe else None,
        "scale_settings": _scaling(wanted.scale_settings),
        "data_collector": _collector(wanted.data_collector, endpoint, wanted.name),
        "model_mount_path": wanted.model_mount_path,
        "description": wanted.description,
        "tags": {**wanted.tags, **tags},
        "properties": dict(wanted.properties),
    }


def amounts(wanted: ResourceAmounts | None) -> Any:
    """The SDK's amounts of one container."""
    from azure.ai.ml.entities import ResourceSettings

    return ResourceSettings(**wanted.to_wire()) if wanted else None


def _scaling(wanted: ScaleSettings | None) -> Any:
    from azure.ai.ml.entities import DefaultScaleSettings, TargetUtilizationScaleSettings

    if wanted is None:
        return None
    if wanted.type == "default":
        return DefaultScaleSettings()
    return TargetUtilizationScaleSettings(**{name: value for name, value in wanted.to_wire().items() if name != "type"})


def _collector(wanted: DataCollector | None, endpoint: str, deployment: str) -> Any:
    from azure.ai.ml.entities import DataCollector as Collector
    from azure.ai.ml.entities import DeploymentCollection, RequestLogging

    if wanted is None:
        return None
    logged = wanted.request_logging
    return Collector(
        collections={
            name: DeploymentCollection(
                enabled=one.enabled,
                data=arm_id(data_id(endpoint, deployment, name, one), clients().settings.workspace_id),
                client_id=one.client_id,
            )
            for name, one in wanted.collections.items()
        },
        rolling_rate=wanted.rolling_rate,
        sampling_rate=wanted.sampling_rate,
        request_logging=RequestLogging(capture_headers=[*logged.capture_headers]) if logged else None,
    )


def _id(reference: str | None) -> str | None:
    return arm_id(reference, clients().settings.workspace_id) if reference else None
