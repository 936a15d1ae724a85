"""Kubernetes online endpoints: on a cluster that is attached to the workspace."""

from __future__ import annotations

from typing import Any

from activities.platforms.entities import amounts, deployment_parts, endpoint_parts
from activities.servings import Serving
from azure_api.clients import clients
from contracts.activities import EnsureInput
from contracts.ledger import arm_id, compute_reference
from contracts.online import EndpointRequest, OnlineDeploymentRequest


class Kubernetes:
    """`compute` names the cluster."""

    name = "kubernetes"

    def takes(self, wanted: EndpointRequest, found: Any) -> bool:
        """An endpoint that names its compute, or that exists and has one."""
        return wanted.compute is not None or bool(getattr(found, "compute", None))

    def endpoint(self, wanted: EndpointRequest, mark: str) -> Any:
        """The endpoint on its cluster."""
        from azure.ai.ml.entities import KubernetesOnlineEndpoint

        return KubernetesOnlineEndpoint(**endpoint_parts(wanted, mark), compute=compute_id(str(wanted.compute)))

    def deployment(
        self, wanted: OnlineDeploymentRequest, order: EnsureInput, serving: Serving, tags: dict[str, str]
    ) -> Any:
        """The deployment, with what each of its containers asks for."""
        from azure.ai.ml.entities import KubernetesOnlineDeployment, ResourceRequirementsSettings

        asked = wanted.resources
        resources = ResourceRequirementsSettings(amounts(asked.requests), amounts(asked.limits)) if asked else None
        return KubernetesOnlineDeployment(**deployment_parts(wanted, order, serving, tags), resources=resources)


def compute_id(reference: str) -> str:
    """ARM id of the compute that `azureml:<name or ARM id>` names."""
    name = reference.removeprefix("azureml:")
    return name if name.startswith("/") else arm_id(compute_reference(name), clients().settings.workspace_id)
