"""What an endpoint's identity must be allowed when a deployment starts up.

It pulls the image and reads model and code, so it needs AcrPull on the registry and blob read on the workspace's
storage (Microsoft Learn, "Troubleshoot online endpoints", authorization error). Wording of that failure: Microsoft
Learn's; the wire text was never compared with live Azure.
"""

from __future__ import annotations

from local.cloud.arm.permissions import Permissions
from local.cloud.blob import access
from local.cloud.grants import PULL_IMAGES, READ_BLOBS
from local.cloud.machinelearning.records import Endpoint
from local.cloud.serving import StartupProblem
from local.cloud.world import REGISTRY_ID, WORKSPACE_STORAGE, storage_id

_PULL = "Microsoft.ContainerRegistry/registries/pull/read"


def missing_permission(permissions: Permissions, endpoint: Endpoint) -> StartupProblem | None:
    """What the endpoint's identity may not do yet, in the service's words."""
    identity = endpoint.identities[0]
    storage = storage_id(WORKSPACE_STORAGE)
    needs = ((_PULL, REGISTRY_ID, PULL_IMAGES, False), (access.READ.action, storage, READ_BLOBS, True))
    for action, scope, role, data in needs:
        if not permissions.allowed(identity.principal_id, action, scope, data=data):
            return StartupProblem(
                "BadArgument",
                "Startup task failed due to authorization error / incorrect role assignments on resource: the "
                f"endpoint identity {identity.principal_id} may not perform {action} on {scope} (role {role}). "
                "Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#authorization-error",
            )
    return None
