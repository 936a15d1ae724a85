"""Whether Azure would let Slipway's own identity grant a role: what the conditions of its own assignments say."""

from __future__ import annotations

import base64
import json
from typing import Any

from activities.scene import Finding, Scene
from azure_api import looking, versions
from azure_api.clients import clients
from azure_api.conditions import Truth, holds
from azure_api.errors import UNANSWERED, translated
from azure_api.rights import allows
from contracts.errors import DeploymentError, MissingRight
from contracts.names import is_within
from contracts.plan import NeededRole

GRANT = "Microsoft.Authorization/roleAssignments/write"
PATH = "access"
MORE = "azd env set SLIPWAY_GRANTABLE_ROLES {guid} && azd up"


class OwnGrants:
    """Slipway's own role assignments, read once for a plan."""

    def __init__(self) -> None:
        self._held: dict[str, list[dict[str, Any]]] = {}
        self._roles: dict[str, bool] = {}

    def judge(self, role: NeededRole, scene: Scene, finding: Finding) -> None:
        """A role that no assignment of Slipway's lets it grant is a problem; what cannot be told is unchecked."""
        try:
            allowed = self._allows(role, scene)
        except UNANSWERED:
            raise
        except DeploymentError:
            allowed = None
        command = MORE.format(guid=role.guid)
        if allowed is None:
            message = f"whether the condition on Slipway's right to grant allows {role.role}"
            finding.leave_unchecked("ConditionUnknown", PATH, message, command)
        elif not allowed:
            message = f"the condition on Slipway's right to grant does not allow {role.role} on {role.scope}"
            finding.problem(PATH, MissingRight(message, cause=GRANT), command)

    def _allows(self, role: NeededRole, scene: Scene) -> Truth:
        """None also where no assignment is seen that lets it: the permissions API knows of more, and says so."""
        asked = {
            "RoleDefinitionId": role.guid,
            "PrincipalId": scene.resolved.principal_id,
            "PrincipalType": "ServicePrincipal",
        }
        said: list[Truth] = [
            holds(str(one["condition"]), GRANT, asked) if one.get("condition") else True
            for one in self._held_at(role.scope)
            if self._grants(str(one["roleDefinitionId"]).rsplit("/", 1)[-1], role.scope)
        ]
        return True if True in said else False if said and None not in said else None

    def _held_at(self, scope: str) -> list[dict[str, Any]]:
        if scope not in self._held:
            principal = own_principal()
            address = f"{scope.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments"
            found = looking.listed(f"{address}?$filter=assignedTo('{principal}')", versions.ROLE_ASSIGNMENTS)
            held = [one["properties"] for one in found]
            # What is below the scope is listed too, and does not reach up to it.
            self._held[scope] = [one for one in held if is_within(scope, str(one.get("scope") or ""))]
        return self._held[scope]

    def _grants(self, guid: str, scope: str) -> bool:
        if guid not in self._roles:
            # At the scope: where it is defined, in the subscription, Slipway may not look.
            address = f"{scope.rstrip('/')}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
            with translated():
                found = clients().get(address, versions.ROLE_DEFINITIONS)
            permissions = found["properties"].get("permissions") or []
            self._roles[guid] = any(allows(one, GRANT) for one in permissions)
        return self._roles[guid]


def own_principal() -> str:
    """Object id of Slipway's identity, which its own token tells; raises MissingRight for a token that does not."""
    with translated():
        token = clients().credential.get_token(f"{clients().settings.arm_url}/.default").token
    try:
        claims = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["oid"])
    except (IndexError, ValueError, KeyError):
        raise MissingRight("Slipway's token does not say whose it is") from None
