"""Which roles the identity of a request's endpoint needs, the least of them, and why each.

Sources: the role tables of "Deploy a flow as a managed online endpoint" and concept-endpoints-online-auth. The service
gives an endpoint's own identity image pull, blob read and metrics, and the connections' secrets where the endpoint has
`enforce_access_to_default_secret_stores`; a user-assigned one it gives nothing. What a connection with Microsoft Entra
ID leads to, it never grants, whichever identity it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from activities import commands
from activities.roles import METRICS_WRITER, OPENAI_USER, SECRETS_READER, USER_ASSIGNED_NEEDS
from activities.scene import Finding, Scene
from azure_api import versions
from azure_api.clients import clients
from azure_api.errors import UNANSWERED, translated
from contracts.errors import AssetNotFound, DeploymentError
from contracts.flows import PROMPT_FLOW, RUN_MODE, WORKSPACE, connections_of
from contracts.online import ENFORCE
from contracts.plan import NeededRole

_CONNECTION = re.compile(r"azureml://connections/([^/}\s]+)")
# Of a vault a reference tells the address alone, and not in which group it is.
_VAULT = re.compile(r"\$\{\{keyvault:(https://([^./}\s]+)[^}\s]*)\}\}", re.IGNORECASE)
_VARIABLES = "deployment.environment_variables"
_VAULT_READER = "Key Vault Secrets User"
# Of connections with Microsoft Entra ID: what the endpoint's identity then calls itself.
_OPENAI = frozenset({"azureopenai", "azure_open_ai", "aiservices"})


class Named(NamedTuple):
    """Where a request names a connection, and what for."""

    path: str
    why: str


def automatic_roles(scene: Scene, finding: Finding) -> list[NeededRole]:
    """What the identity needs; connections that are not there or cannot be read are told in `finding`."""
    workspace = scene.workspace
    scopes = {
        "container registry": str(workspace.container_registry or ""),
        "default storage": str(workspace.storage_account or ""),
    }
    needed = []
    if is_user_assigned(scene):
        # A workspace without a registry of its own has nothing to pull from it.
        needed += [role.needed_on(scopes[scope], why) for role, scope, why in USER_ASSIGNED_NEEDS if scopes[scope]]
        message = (
            f"metrics of the endpoint's instances are only there if the identity has {METRICS_WRITER.name} on the"
            " workspace: access.additional can ask for it"
        )
        command = commands.granting(METRICS_WRITER.name, str(workspace.id), to="<the identity>")
        finding.warn("MetricsNeedARole", "access.additional", message, command)
    variables = (scene.order.part("deployment") or {}).get("environment_variables") or {}
    _leave_vaults_unchecked(variables, finding)
    named = {**_connections(variables), **_of_flow(variables, scene)}
    why = _reads_secrets(named, variables, scene)
    if why and not _secrets_are_given(scene):
        needed.append(SECRETS_READER.needed_on(str(workspace.id), why))
    return needed + list(_entra(named, finding))


def is_user_assigned(scene: Scene) -> bool:
    """By the request, or where it says nothing of an identity, by the endpoint that is there."""
    if scene.order.user_assigned_id is not None:
        return True
    found = scene.endpoint.identity if scene.endpoint is not None else None
    return bool(found and found.user_assigned_identities)


def _leave_vaults_unchecked(variables: dict[str, Any], finding: Finding) -> None:
    for variable, value in variables.items():
        for address, vault in _VAULT.findall(str(value)):
            message = f"whether the endpoint's identity may read {address}: {_VAULT_READER} or an access policy lets it"
            command = commands.granting(_VAULT_READER, f"<ID of the vault {vault}>", to="<the identity>")
            finding.leave_unchecked("VaultUnknown", f"{_VARIABLES}.{variable}", message, command)


def _connections(variables: dict[str, Any]) -> dict[str, Named]:
    """Connections by their names, each with the first variable that asks for it."""
    found: dict[str, Named] = {}
    for variable, value in variables.items():
        for name in _CONNECTION.findall(str(value)):
            found.setdefault(name, Named(f"{_VARIABLES}.{variable}", f"for {variable}"))
    return found


def _of_flow(variables: dict[str, Any], scene: Scene) -> dict[str, Named]:
    """Connections that the flow names, or those that variables of their names put in their place.

    A variable may also hold a whole connection, which then is none of the workspace.
    """
    found = {}
    for own in _flow_connections(scene) or []:
        other = str(variables.get(own, ""))
        if _CONNECTION.search(other) or other.lstrip().startswith("{"):
            continue
        found[other or own] = Named(f"{_VARIABLES}.{own}" if other else "model", f"of the flow, as {own}")
    return found


def _flow_connections(scene: Scene) -> list[str] | None:
    """What the flow that is served uses; None where no flow is, or it does not say."""
    return connections_of(scene.model_properties) if scene.resolved.model_type == PROMPT_FLOW else None


def _reads_secrets(named: dict[str, Named], variables: dict[str, Any], scene: Scene) -> str | None:
    if named:
        name, one = next(iter(named.items()))
        return f"reads the secrets of connections ({name}, {one.why})"
    if _flow_connections(scene) is not None:
        return None  # a flow that names none
    if scene.resolved.model_type == PROMPT_FLOW:
        return "a prompt flow reads its connections"
    told = next((variable for variable in (RUN_MODE, WORKSPACE) if variable in variables), None)
    return f"a prompt flow reads its connections ({told} is set)" if told else None


def _secrets_are_given(scene: Scene) -> bool:
    """Whether the service itself lets the identity read secrets: an endpoint's own one, where the endpoint asks so."""
    if is_user_assigned(scene):
        return False
    asked = (scene.order.part("endpoint") or {}).get("properties") or {}
    there = (scene.endpoint.properties if scene.endpoint is not None else None) or {}
    return str({**there, **asked}.get(ENFORCE, "")).lower() == "enabled"


def _entra(named: dict[str, Named], finding: Finding) -> Iterator[NeededRole]:
    """Roles on what the connections lead to, where they have no key."""
    for name, one in named.items():
        path = f"{clients().settings.workspace_id}/connections/{name}"
        try:
            with translated(not_found=AssetNotFound):
                found = clients().get(path, versions.CONNECTIONS).get("properties") or {}
        except UNANSWERED:
            raise
        except AssetNotFound as error:
            create = f"az ml connection create --file <connection.yml> {commands.of_workspace()}"
            finding.problem(one.path, error, create)
            continue
        except DeploymentError:
            message = f"whether connection {name} has a key, or needs a role on what it leads to"
            finding.leave_unchecked(
                "ConnectionUnknown",
                one.path,
                message,
                f"az ml connection show --name {name} {commands.of_workspace()}",
            )
            continue
        account = (found.get("metadata") or {}).get("ResourceId")
        if str(found.get("authType")).upper() == "AAD" and str(found.get("category")).lower() in _OPENAI and account:
            yield OPENAI_USER.needed_on(str(account), f"connection {name} signs in with Microsoft Entra ID")
