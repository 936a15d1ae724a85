"""Managed online endpoints: Azure ML's own machines."""

from __future__ import annotations

from typing import Any

from activities.servings import Serving
from azure_api.clients import clients
from contracts.activities import EnsureInput
from contracts.ledger import arm_id
from contracts.marks import MARK_TAG
from contracts.online import EndpointRequest, OnlineDeploymentRequest


class Managed:
    """`compute` is not named."""

    name = "managed"

    def takes(self, wanted: EndpointRequest) -> bool:
        """Every endpoint that names no compute of its own."""
        return True

    def endpoint(self, wanted: EndpointRequest, mark: str) -> Any:
        """The endpoint with its identity and its mark."""
        from azure.ai.ml.entities import IdentityConfiguration, ManagedIdentityConfiguration, ManagedOnlineEndpoint

        user_assigned = wanted.identity.user_assigned_id
        identities = [ManagedIdentityConfiguration(resource_id=user_assigned)] if user_assigned else None
        return ManagedOnlineEndpoint(
            name=wanted.name,
            auth_mode=wanted.auth_mode,
            description=wanted.description,
            tags={**wanted.tags, MARK_TAG: mark},
            identity=IdentityConfiguration(type=wanted.identity.type, user_assigned_identities=identities),
        )

    def deployment(
        self, wanted: OnlineDeploymentRequest, order: EnsureInput, serving: Serving, tags: dict[str, str]
    ) -> Any:
        """The deployment, its assets by their ARM ids."""
        from azure.ai.ml.entities import ManagedOnlineDeployment, OnlineRequestSettings, ProbeSettings

        settings, resolved = wanted.request_settings, order.resolved
        return ManagedOnlineDeployment(
            name=wanted.name,
            endpoint_name=resolved.endpoint.rsplit("/", 1)[-1],
            model=_id(resolved.model),
            environment=_id(resolved.environment),
            code_configuration=serving.code_configuration(wanted, _id(resolved.code)),
            instance_type=wanted.instance_type,
            instance_count=wanted.instance_count,
            environment_variables=dict(wanted.environment_variables),
            app_insights_enabled=wanted.app_insights_enabled,
            request_settings=OnlineRequestSettings(**settings.to_wire()) if settings else None,
            liveness_probe=ProbeSettings(**wanted.liveness_probe.to_wire()) if wanted.liveness_probe else None,
            readiness_probe=ProbeSettings(**wanted.readiness_probe.to_wire()) if wanted.readiness_probe else None,
            description=wanted.description,
            tags={**wanted.tags, **tags},
        )


def _id(reference: str | None) -> str | None:
    return arm_id(reference, clients().settings.workspace_id) if reference else None
