"""The api-version of each resource that is asked for without an SDK: what azure-ai-ml 1.35.2 and the documents use."""

from __future__ import annotations

AUTOSCALE = "2022-10-01"  # azure-mgmt-monitor: autoscale_settings
ALERTS = "2018-03-01"  # azure-mgmt-monitor: metric_alerts
METRICS = "2024-02-01"  # azure-mgmt-monitor: metrics
CODES = "2023-04-01"  # azure-ai-ml: code_versions
ENVIRONMENTS = "2023-04-01-preview"  # azure-ai-ml: environment_versions
MODELS = "2023-08-01-preview"  # azure-ai-ml: model_versions
DATA = "2023-04-01-preview"  # azure-ai-ml: data_versions
ONLINE = "2023-04-01-preview"  # azure-ai-ml: online_deployments; the document has endpoints too
COMPUTES = "2024-10-01-preview"  # API specification: computes with customServices; azure-ai-ml has no call for those
CONNECTIONS = "2024-04-01-preview"  # azure-ai-ml: workspace_connections
DATASTORES = "2024-10-01-preview"  # azure-ai-ml: datastores
IDENTITIES = "2023-01-31"  # Microsoft.ManagedIdentity/userAssignedIdentities
LOCATIONS = "2024-10-01"  # Microsoft.MachineLearningServices/locations: vmSizes, usages
PERMISSIONS = "2022-04-01"  # Microsoft.Authorization/permissions
RESOURCES = "2021-04-01"  # Microsoft.Resources: resources of a group
ROLE_DEFINITIONS = "2022-04-01"  # Microsoft.Authorization/roleDefinitions
ROLE_ASSIGNMENTS = "2022-04-01"  # Microsoft.Authorization/roleAssignments, as azure-mgmt-authorization sends it
