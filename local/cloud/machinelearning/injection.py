"""Secrets of connections and vaults, put into a deployment's variables when it starts, as its identity may read them.

Source: Microsoft Learn, "Secret injection in online endpoints"; the error's words are quoted in a public repository,
those about a vault were not found.
Not compared with live Azure.
"""

from __future__ import annotations

import re
from dataclasses import replace

from local.cloud.keyvault import references
from local.cloud.machinelearning.connections import filled_in, named_in
from local.cloud.machinelearning.records import Endpoint
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.serving import ServingSpec, StartupProblem
from local.cloud.shared import World
from local.cloud.world import WORKSPACE_ID

_LIST_SECRETS = "Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action"
_REFUSED = (
    "Failed to retrieve and inject workspace connection secrets. Please verify that the endpoint identity has been "
    "granted the Workspace Connection Secrets Reader role or any custom roles with actions "
    f"{_LIST_SECRETS} & Microsoft.MachineLearningServices/workspaces/metadata/secrets/read and ensure that the secret "
    "reference schema in the environment variables is accurate."
)

_VAULT_REFUSED = (
    "Failed to retrieve and inject key vault secrets. Please verify that the endpoint identity has been granted the "
    "Key Vault Secrets User role, or the get permission by an access policy."
)
# Each of them is filled in by itself: what a secret says is no reference, whatever it looks like.
_REFERENCES = re.compile(r"(\$\{\{[^}]*\}\})")


def inject(spec: ServingSpec, endpoint: Endpoint, state: WorkspaceState, world: World) -> ServingSpec | StartupProblem:
    """The same with every reference to a connection or to a vault's secret replaced; or why one could not be."""
    named = [name for value in spec.environment_variables.values() for name in named_in(value)]
    principal, permissions = endpoint.identities[0].principal_id, world.authorization
    if named and not permissions.allowed(principal, _LIST_SECRETS, f"{WORKSPACE_ID}/connections/{named[0]}"):
        return StartupProblem("SecretsInjectionError", _REFUSED)

    def read(part: str) -> str:
        if references.are_in(part):
            return references.filled_in(part, world.vaults, permissions, principal)
        return filled_in(part, state)

    try:
        with state.lock:
            filled = {
                name: "".join(map(read, _REFERENCES.split(value))) for name, value in spec.environment_variables.items()
            }
    except KeyError as reference:
        return StartupProblem("SecretsInjectionError", f"{_REFUSED} There is nothing at {reference.args[0]}.")
    except references.SecretOutOfReach as reason:
        return StartupProblem("SecretsInjectionError", f"{_VAULT_REFUSED} {reason}")
    return replace(spec, environment_variables=filled)
