"""The identities that endpoints and computes run as, and what the service grants them by itself."""

from __future__ import annotations

from typing import Literal

from local.cloud.arm.call import Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ArmError, invalid, linked_authorization_failed
from local.cloud.authorization import Authorization
from local.cloud.directory import Directory
from local.cloud.grants import SECRETS_GRANT, SERVICE_GRANTS
from local.cloud.machinelearning.records import Endpoint
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.world import WORKSPACE_ID, Identity, stable_id

# Managed Identity Operator grants exactly this form; the refusal names it without the `*` (quoted in issues).
_ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action"
_READS_SECRETS = (
    "Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action",
    "Microsoft.MachineLearningServices/workspaces/metadata/secrets/read",
)
# As issues about other resources quote it.
_NO_IDENTITY = (
    "Identity operation for resource '{}' failed with error 'Failed to perform resource identity operation. Status: "
    "'NotFound'. Response: The Resource '{}' was not found.'."
)
_ENFORCE = "enforce_access_to_default_secret_stores"


class WorkspaceIdentities:
    """Makes system-assigned identities, checks who may attach user-assigned ones, grants and takes back."""

    def __init__(self, state: WorkspaceState, authorization: Authorization, directory: Directory) -> None:
        self._state = state
        self._directory = directory
        self._authorization = authorization

    def attached(self, ids: list[str], call: Call) -> tuple[Identity, ...]:
        """The user-assigned identities of these ARM ids; 403 when the caller may not attach one, 400 without it."""
        chosen = []
        for resource in ids:
            identity = self._directory.with_id(resource)
            caller = call.caller
            if not self._authorization.allowed(caller.principal_id, _ASSIGN, resource):
                action, scope = call.target
                raise linked_authorization_failed(caller.client_id, caller.principal_id, action, scope, resource)
            if identity is None:
                raise ArmError(400, "FailedIdentityOperation", _NO_IDENTITY.format(call.path, resource))
            chosen.append(identity)
        return tuple(chosen)

    def system_assigned(self, name: str, of: Literal["endpoint", "compute"] = "endpoint") -> tuple[Identity, ...]:
        """A new identity for an endpoint or a compute of this name: another one each time the name is used again."""
        key = f"{of}/{name.lower()}"
        use = self._state.uses[key] = self._state.uses.get(key, 0) + 1
        principal = stable_id(f"{of} principal", name.lower(), use)
        identity = Identity(f"{of} {name}", principal, stable_id(f"{of} client", name.lower(), use))
        self._authorization.add_principal(principal, identity.name)
        return (identity,)

    def may_grant_secrets(self, properties: Json, call: Call) -> bool:
        """Whether the endpoint asks for access to the workspace's secrets, which the caller must have (else 400).

        Source: Microsoft Learn, "Authentication and authorization for online endpoints"; the refusal's words were
        not found.
        """
        asked = str(as_json(properties.get("properties")).get(_ENFORCE)).lower()
        if asked != "enabled":
            return False
        caller = call.caller.principal_id
        missing = [action for action in _READS_SECRETS if not self._authorization.allowed(caller, action, WORKSPACE_ID)]
        if missing:
            message = f"{_ENFORCE} needs a caller with {' and '.join(missing)} on the workspace."
            raise invalid("UserIdentityMissingSecretsAccess", message)
        return True

    def grant(self, endpoint: Endpoint, *, with_secrets: bool) -> None:
        """Give a system-assigned identity what the service gives it."""
        principal = endpoint.identities[0].principal_id
        for role, scope in (*SERVICE_GRANTS, *((SECRETS_GRANT,) if with_secrets else ())):
            self._authorization.seed(principal, role, scope)

    def retire(self, identities: tuple[Identity, ...]) -> None:
        """Take back what the service gave a system-assigned identity, and the identity; other grants are orphans."""
        if not identities or identities[0].resource_id:
            return
        principal = identities[0].principal_id
        self._authorization.forget_service_grants(principal)
        self._authorization.remove_principal(principal)
