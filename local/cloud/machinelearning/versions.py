"""The api-versions of Microsoft.MachineLearningServices, and where its routes begin."""

from __future__ import annotations

# What azure-ai-ml 1.35 and azureml-mlflow 1.60 send, older recordings, and azure-mgmt-machinelearningservices 2.0.0b2.
API_VERSIONS = (
    "2022-01-01-preview",
    "2022-02-01-preview",
    "2022-05-01",
    "2023-04-01",
    "2023-04-01-preview",
    "2023-08-01-preview",
    "2024-04-01",
    "2024-04-01-preview",
    "2024-07-01-preview",
    "2024-10-01",
    "2024-10-01-preview",
)
PROVIDER = "Microsoft.MachineLearningServices"
WORKSPACES = f"{PROVIDER}/workspaces"

WORKSPACE_PATTERN = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{WORKSPACES}/{{workspace}}"
LOCATION_PATTERN = f"/subscriptions/{{subscription}}/providers/{PROVIDER}/locations/{{location}}"
