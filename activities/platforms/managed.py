"""Managed online endpoints: Azure ML's own machines."""

from __future__ import annotations

from typing import Any

from activities.platforms.entities import deployment_parts, endpoint_parts
from activities.servings import Serving
from contracts.activities import EnsureInput
from contracts.online import EndpointRequest, OnlineDeploymentRequest


class Managed:
    """`compute` is not named."""

    name = "managed"

    def takes(self, wanted: EndpointRequest, found: Any) -> bool:
        """Every endpoint that names no compute of its own."""
        return True

    def endpoint(self, wanted: EndpointRequest, mark: str) -> Any:
        """The endpoint with its identity and its mark."""
        from azure.ai.ml.entities import ManagedOnlineEndpoint

        return ManagedOnlineEndpoint(**endpoint_parts(wanted, mark), public_network_access=wanted.public_network_access)

    def deployment(
        self, wanted: OnlineDeploymentRequest, order: EnsureInput, serving: Serving, tags: dict[str, str]
    ) -> Any:
        """The deployment, on virtual machines of `instance_type`."""
        from azure.ai.ml.entities import ManagedOnlineDeployment

        return ManagedOnlineDeployment(
            **deployment_parts(wanted, order, serving, tags),
            egress_public_network_access=wanted.egress_public_network_access,
            private_network_connection=wanted.private_network_connection,
        )
