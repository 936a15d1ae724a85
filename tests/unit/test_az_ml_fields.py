"""Fields of `az ml` files in a request: put in their places, and taken as the SDK reads them."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.problems import read_request
from tests.unit.changed_request import changed, problems

# What the `az ml` files write in other places, or in other words: all the same request.
SAME: list[tuple[str, object]] = [
    ("deployment/model", "azureml:credit-risk:1"),
    ("deployment/endpoint_name", "Credit-Risk"),
    ("deployment/provisioning_state", "Succeeded"),
    ("deployment/$schema", "https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json"),
    ("endpoint/$schema", "https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json"),
    ("endpoint/scoring_uri", "https://x.westeurope.inference.ml.azure.com/score"),
    ("endpoint/traffic", {}),
    ("endpoint/auth_mode", "Key"),
    ("$schema", "https://x"),
    ("environment", "azureml:serving:1"),
]


@pytest.mark.parametrize(("where", "value"), SAME, ids=[where for where, _ in SAME])
def test_what_an_az_ml_file_says_elsewhere_is_put_in_its_place(where: str, value: object) -> None:
    wanted = read_request(changed("endpoint/auth_mode", "key"))
    body = changed("endpoint/auth_mode", "key")
    *parents, last = where.split("/")
    here: Any = body
    for parent in parents:
        here = here[parent]
    here[last] = value

    assert read_request(body) == wanted


def test_traffic_of_the_endpoint_file_is_the_requests() -> None:
    assert read_request(changed("endpoint/traffic", {"Blue": "90", "green": 10})).traffic == {"blue": 90, "green": 10}
    assert read_request(changed("endpoint/traffic", {"blue": 0})).traffic == "none"


def test_a_model_file_beside_a_deployment_that_names_it_is_its_definition() -> None:
    definition = {"name": "credit-risk", "version": 1, "path": "azureml://datastores/d/paths/m"}
    body = changed("deployment/model", "azureml:credit-risk:1") | {"model": definition}
    other = changed("deployment/model", "azureml:credit-risk:2") | {"model": definition}

    assert read_request(body).model.path == definition["path"]  # type: ignore[union-attr]
    assert problems(other) == [("deployment.model", "contradiction")]


@pytest.mark.parametrize(
    ("where", "value"),
    [("deployment/model", "azureml:other:1"), ("deployment/endpoint_name", "other"), ("environment", {"image": "a/b"})],
)
def test_places_that_contradict_are_told(where: str, value: object) -> None:
    assert problems(changed(where, value)) == [(where.replace("/", "."), "contradiction")]


def test_what_was_put_in_its_place_is_told_where_it_stood() -> None:
    body = changed("deployment/model", {"name": "a", "path": "./model"})
    del body["model"]
    body["endpoint"]["traffic"] = {"blue": 50}

    assert sorted(problems(body)) == [("deployment.model.path", "invalid_value"), ("endpoint.traffic", "invalid_value")]


def test_values_are_taken_as_the_sdk_reads_them() -> None:
    body = changed("deployment/instance_count", "2")
    body["deployment"] |= {
        "app_insights_enabled": "yes",
        "environment_variables": {"WORKERS": 4, "DEBUG": True, "RATE": 0.5},
        "tags": {"year": 2026},
        "liveness_probe": {"period": "10"},
        "egress_public_network_access": "Disabled",
    }
    body["endpoint"]["auth_mode"] = "AADToken"
    taken = read_request(body)

    assert taken.deployment.instance_count == 2
    assert taken.deployment.app_insights_enabled is True
    assert taken.deployment.environment_variables == {"WORKERS": "4", "DEBUG": "True", "RATE": "0.5"}
    assert taken.deployment.tags == {"year": "2026"}
    assert taken.deployment.egress_public_network_access == "disabled"
    assert taken.endpoint.auth_mode == "aad_token"
