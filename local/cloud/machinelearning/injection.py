"""Secrets of connections, put into a deployment's variables when it starts, as its endpoint's identity may read them.

Source: Microsoft Learn, "Secret injection in online endpoints"; the error's words are quoted in a public repository.
Not compared with live Azure.
"""

from __future__ import annotations

from dataclasses import replace

from local.cloud.arm.permissions import Permissions
from local.cloud.machinelearning.connections import filled_in, named_in
from local.cloud.machinelearning.records import Endpoint
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.serving import ServingSpec, StartupProblem
from local.cloud.world import WORKSPACE_ID

_LIST_SECRETS = "Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action"
_REFUSED = (
    "Failed to retrieve and inject workspace connection secrets. Please verify that the endpoint identity has been "
    "granted the Workspace Connection Secrets Reader role or any custom roles with actions "
    f"{_LIST_SECRETS} & Microsoft.MachineLearningServices/workspaces/metadata/secrets/read and ensure that the secret "
    "reference schema in the environment variables is accurate."
)


def inject(
    spec: ServingSpec, endpoint: Endpoint, state: WorkspaceState, permissions: Permissions
) -> ServingSpec | StartupProblem:
    """The same with every reference to a connection replaced; or why one could not be."""
    named = [name for value in spec.environment_variables.values() for name in named_in(value)]
    principal = endpoint.identities[0].principal_id
    if named and not permissions.allowed(principal, _LIST_SECRETS, f"{WORKSPACE_ID}/connections/{named[0]}"):
        return StartupProblem("SecretsInjectionError", _REFUSED)
    with state.lock:
        try:
            filled = {name: filled_in(value, state) for name, value in spec.environment_variables.items()}
        except KeyError as reference:
            return StartupProblem("SecretsInjectionError", f"{_REFUSED} There is nothing at {reference.args[0]}.")
    return replace(spec, environment_variables=filled)
