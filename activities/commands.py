"""The commands that mend what a plan finds, for whoever reads it; what only they know is in angle brackets."""

from __future__ import annotations

import shlex

from azure_api.clients import clients
from contracts.errors import DeploymentError

# What an action that Slipway lacks is part of (infra/app/rbac.bicep gives the same roles).
_ROLES = (
    ("microsoft.authorization/roleassignments/", "Role Based Access Control Administrator"),
    ("microsoft.managedidentity/", "Managed Identity Operator"),
    ("microsoft.insights/autoscalesettings/", "Web Plan Contributor"),
    ("microsoft.insights/", "Monitoring Contributor"),
    ("microsoft.machinelearningservices/workspaces/computes/", "AzureML Compute Operator"),
    ("microsoft.machinelearningservices/", "AzureML Data Scientist"),
)
_BY_CODE = {
    "ModelNotFound": "az ml model list --name <model> {workspace}",
    "FilesNotFound": "az storage blob list --account-name <account> --container-name <container> --auth-mode login",
    "IdentityNotFound": "az identity create --name <identity> --resource-group {group}",
    "RoleNotFound": "az role definition list --scope <scope> --query [].roleName",
    "RoleNotGrantable": "azd env set SLIPWAY_GRANTABLE_ROLES <role ID> && azd up",
    "IdentityNotAllowed": "azd env set SLIPWAY_ALLOWED_IDENTITIES <ARM id> && azd up",
    "RegistryNotAllowed": "az acr import --name <allowed registry> --source <image>",
    "EndpointConflict": "slipway deploy <file> --set endpoint.name=<another name>",
    "DeploymentConflict": "slipway deploy <file> --set deployment.name=<another name>",
    "TrafficRejected": "slipway deploy <file> --traffic all_at_once",
    "EnvironmentIncomplete": "slipway deploy <file> --set deployment.code_configuration.code=<folder>"
    " --set deployment.code_configuration.scoring_script=score.py",
    "PlanOutdated": "slipway plan <file>",
    "WorkspaceNotFound": "az ml workspace show {workspace}",
    "ScopeNotFound": "az resource show --ids <scope>",
}
_ASSETS = {
    "deployment.environment": "az ml environment create --file <file> {workspace}",
    "deployment.code_configuration.code": "slipway register-code <folder> --name <name> --version <version>",
    "model.path": "az ml datastore list {workspace}",
}


def of_workspace() -> str:
    """The options that name the workspace."""
    where = clients().settings
    group, workspace = shlex.quote(where.resource_group), shlex.quote(where.workspace)
    return f"--resource-group {group} --workspace-name {workspace}"


def setting(path: str, value: str) -> str:
    """Sends the request with another value of a field."""
    return f"slipway deploy <file> --set {path}={value}"


def showing(identifier: str) -> str:
    """Shows a resource, or that it is not there."""
    return f"az resource show --ids {identifier}"


def granting(role: str, scope: str, to: str = "<client ID of Slipway>") -> str:
    """Gives an identity a role, Slipway's own where no other is named."""
    return f'az role assignment create --assignee {to} --role "{role}" --scope {scope}'


def mending(error: DeploymentError, path: str) -> str:
    """What mends a problem of that kind at that place of the request."""
    code = type(error).__name__
    known = _ASSETS.get(path) if code == "AssetNotFound" else _BY_CODE.get(code)
    if known:
        return known.format(workspace=of_workspace(), group=clients().settings.resource_group)
    if code == "MissingRight" and error.cause:
        role = next((role for begin, role in _ROLES if error.cause.lower().startswith(begin)), "Contributor")
        return granting(role, error.message.rpartition(" on ")[2])
    return setting(path, "<value>") if "." in path else "slipway plan <file>"
