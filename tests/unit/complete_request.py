"""A request with every field of the contract in it: what tests of its fields go through."""

from __future__ import annotations

from typing import Any

from tests.unit.test_secret_forms import full

IDENTITY = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/x"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
)

_TEMPLATE = {"asset_id": "azureml://registries/a/deploymenttemplates/b/versions/1"}


def complete() -> dict[str, Any]:
    """A request with every field of the contract in it."""
    body = full()
    body["endpoint"] |= _endpoint()
    body["model"] |= {
        "stage": "Production",
        "flavors": {"sklearn": {"version": "1"}},
        "system_metadata": {"a": "x"},
        "default_deployment_template": dict(_TEMPLATE),
        "allowed_deployment_templates": [],
        "datastore": "workspaceblobstore",
    }
    body["deployment"]["environment"] |= _environment()
    body["deployment"] |= _deployment()
    body["plan"] = "0123456789abcdef" * 2
    body["on_failure"] = "undo"
    body["when_busy"] = "queue"
    body["interruptible"] = False
    body["retire"] = {"keep": 2, "after": "PT2H"}
    body["ttl"] = "PT8H"
    body["access"] |= {"grants": "auto", "propagation": {"wait": "PT15M", "give_up_after": "PT60M"}}
    body["smoke_test"] |= {"name": "usual", "content_type": "application/json", "timeout": "PT5S"}
    body["smoke_test"]["expect"]["tolerance"] = 0.5
    body["traffic"] = {"blue": 90, "green": 10}
    body["rollout"] = {"steps": [2, 5], "pause": "PT5M", "tolerated_failures": 2}
    return body


def _endpoint() -> dict[str, Any]:
    identity = {"resource_id": IDENTITY, "client_id": "c", "object_id": "o", "principal_id": "p"}
    return {
        "identity": {"type": "user_assigned", "user_assigned_identities": [identity]},
        "properties": {"a": "x"},
        "public_network_access": "enabled",
        "mirror_traffic": {"green": 10},
    }


def _environment() -> dict[str, Any]:
    route = {"path": "/score", "port": 8080}
    return {
        "name": "serving",
        "version": "1",
        "description": "x",
        "os_type": "linux",
        "tags": {"a": "x"},
        "datastore": "workspaceblobstore",
        "inference_config": {
            "liveness_route": route, "readiness_route": dict(route), "scoring_route": dict(route)
        },
    }  # fmt: skip


def _deployment() -> dict[str, Any]:
    probe = {"failure_threshold": 3, "success_threshold": 1, "timeout": 2, "period": 10, "initial_delay": 10}
    data = {"name": "a", "version": "1", "path": "azureml://datastores/d/paths/a"}
    return {
        "type": "managed",
        "properties": {"a": "x"},
        "scale_settings": {"type": "default"},
        "model_mount_path": "/mnt/model",
        "egress_public_network_access": "enabled",
        "private_network_connection": False,
        "data_collector": {
            "collections": {"model_inputs": {"enabled": "true", "client_id": "x", "data": data}},
            "rolling_rate": "hour",
            "sampling_rate": 0.5,
            "request_logging": {"capture_headers": ["x"]},
        },
        "instance_count": 2,
        "app_insights_enabled": True,
        "liveness_probe": probe,
        "readiness_probe": dict(probe),
        "request_settings": {
            "request_timeout_ms": 5000,
            "max_concurrent_requests_per_instance": 1,
            "max_queue_wait_ms": 100,
        },
    }
