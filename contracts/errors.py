"""Why a deployment can fail, whose problem that is, and what to do about it.

Carried to orchestrations as values (`Failure`): the Durable SDK loses types. Some are in the modules imported below.

DeploymentError
│   whose: caller
├── EnvironmentIncomplete
├── FilesNotDownloaded
├── InstanceTooSmall
├── InstanceTypeUnavailable
├── VersionTaken
├── SettingConflict
├── SoftDeleted
├── ScopeNotFound
├── ResourceNotFound
├── ModelNotFound
├── AssetNotFound
├── FilesNotFound
├── IdentityNotFound
├── RoleNotFound
├── RoleNotGrantable
├── RoleMissing
├── IdentityNotAllowed
├── RegistryNotAllowed
├── RequestRejected
├── SampleMissing
├── EndpointConflict
├── EndpointNameTaken
├── DeploymentConflict
├── Superseded
├── EndpointInUse
├── Canceled
├── TrafficRejected
├── ReleaseNotFound
├── ReleaseNotRestorable
├── RolloutStopped
├── StillServing
├── StillNeeded
├── MadeByOthers
├── ComputeConflict
├── ComputeInUse
├── PlanOutdated
├── QuotaExceeded
├── ImageNotRunnable
├── ScoringScriptFailed
├── ModelFailed
├── WrongAnswer
├── ScoringRefused
├── NotAsDeployed
├── RoleNotEffective
├── ModelUnreachable        (retryable)
├── AccessNotYetEffective   (retryable while role assignments take effect)
├── SecretsNotReadable      (retryable while role assignments take effect)
├── DatastoreNotReadable    (retryable while role assignments take effect)
│   whose: platform team
├── SubscriptionDisabled
├── ProviderNotRegistered
├── ResourceLocked
├── DeniedByPolicy
├── DeniedByAssignment
├── NotAuthenticated
├── NetworkBlocked
├── ManagedNetworkNotReady
├── KeysNotPermitted
├── ClusterNotReady
├── AzureRefused
├── WorkspaceNotFound
├── MissingRight
├── ActivityCrashed
├── OrchestrationCrashed
├── WorkerLost
│   whose: Azure
├── CapacityUnavailable     (retryable)
├── SharesNotSeen           (retryable)
├── ProvisioningFailed
├── DeadlineExceeded
├── EndpointBusy            (retryable)
├── Throttled               (retryable)
├── CloudUnavailable        (retryable)
└── PrincipalNotReady       (retryable)
"""

from __future__ import annotations

from contracts import agreements, azure_refusals, endpoint_errors, operator_limits, runtime_errors, sample_errors  # noqa: F401 - a subclass counts once its module is imported
from contracts.failure import LOG_TAIL_LIMIT, MESSAGE_LIMIT, DeploymentError, Failure, StepFailed
from contracts.role_errors import AccessNotYetEffective, PrincipalNotReady, RoleMissing, RoleNotEffective, RoleNotFound

__all__ = [
    "LOG_TAIL_LIMIT",
    "MESSAGE_LIMIT",
    "AccessNotYetEffective",
    "DeploymentError",
    "Failure",
    "PrincipalNotReady",
    "RoleMissing",
    "RoleNotEffective",
    "RoleNotFound",
    "StepFailed",
]


class ModelNotFound(DeploymentError, whose="caller"):
    """The model version named in the request is not registered in the workspace."""

    suggestion = "Register the model, or name a version that `az ml model list` shows."


class AssetNotFound(DeploymentError, whose="caller"):
    """The code, environment or datastore named in the request is not in the workspace."""

    suggestion = "Register the asset in this workspace, or correct its name and version."


class WorkspaceNotFound(DeploymentError, whose="platform team"):
    """The workspace of the settings does not exist or is not visible to Slipway's identity."""

    suggestion = "Check SLIPWAY_SUBSCRIPTION_ID, SLIPWAY_RESOURCE_GROUP and SLIPWAY_WORKSPACE of the function app."


class IdentityNotFound(DeploymentError, whose="caller"):
    """The user-assigned identity named in the request does not exist."""

    suggestion = "Create the identity, or correct its ARM id in endpoint.identity."


class RequestRejected(DeploymentError, whose="caller"):
    """Azure refused the request itself (400): a value it does not take."""

    suggestion = "Correct the value that the message names."


class EndpointConflict(DeploymentError, whose="caller"):
    """The endpoint exists with another auth mode or identity than asked for, or a policy found another model on it."""

    suggestion = "Ask for what the endpoint has, or choose another endpoint name."


class EndpointNameTaken(DeploymentError, whose="caller"):
    """The endpoint name is used elsewhere in the region (names are unique per region)."""

    suggestion = "Choose another endpoint name."


class DeploymentConflict(DeploymentError, whose="caller"):
    """A deployment of that name exists with other settings, and may be serving."""

    suggestion = (
        "Choose another deployment name (e.g. version-2); or change the one that is there"
        " (PATCH /api/endpoints/{endpoint}/deployments/{deployment}, `slipway update`), or delete it first."
    )


class Superseded(DeploymentError, whose="caller"):
    """A newer version was registered, or a later request took its place: the run stopped and undid what it had made."""

    suggestion = "Nothing is to be done: what the message names is deployed by a run of its own."


class Canceled(DeploymentError, whose="caller"):
    """Somebody canceled the run; what it had made is undone."""

    suggestion = "Nothing is to be done. Send the request again, with a new Idempotency-Key, if it is still wanted."


class TrafficRejected(DeploymentError, whose="caller"):
    """The traffic asked for names a deployment that does not exist or is not Succeeded."""

    suggestion = "Name only deployments of this endpoint that are Succeeded."


class MissingRight(DeploymentError, whose="platform team"):
    """Slipway's own identity lacks a right that the request needs."""

    suggestion = (
        "Ask the platform team to give Slipway's identity this right at this scope (infra/app/rbac.bicep), or to widen"
        " the condition of its role that forbids it."
    )


class QuotaExceeded(DeploymentError, whose="caller"):
    """Not enough quota: cores (Azure ML counts ceil(1.2 x instances) x cores), endpoints, role assignments, nodes."""

    suggestion = (
        "Delete what is no longer used, or ask for more of what the message names; for cores, a lower instance_count"
        " or a smaller instance_type helps too."
    )


class ImageNotRunnable(DeploymentError, whose="caller"):
    """The environment's image could not be built, pulled or run."""

    suggestion = (
        "Check the environment: its image, its conda file and its registry; build one that takes long before deploying."
    )


class ScoringScriptFailed(DeploymentError, whose="caller"):
    """The container started and died: usually `init()` raised, or an import failed."""

    suggestion = (
        "Read the log tail: init() must finish within what the probes allow, and every import must be in the"
        " environment."
    )


class ProvisioningFailed(DeploymentError, whose="Azure"):
    """Azure's long operation ended Failed for a reason of its own (see `cause`)."""

    suggestion = (
        "Read the message; a `cause` can be looked up in Azure ML's troubleshooting guide for online endpoints."
    )


class ModelFailed(DeploymentError, whose="caller"):
    """The model answered with an error: usually `run()` raised."""

    suggestion = "Read the log tail, and check that smoke_test.request is what run() expects."


class WrongAnswer(DeploymentError, whose="caller"):
    """The model answered, and the answer is not what smoke_test.expect says."""

    suggestion = "Check the model version and smoke_test.expect; nothing received traffic."


class ScoringRefused(DeploymentError, whose="caller"):
    """The endpoint refused the smoke test: bad key or token, or no such deployment."""

    suggestion = "Check endpoint.auth_mode, and that nobody changed the endpoint meanwhile."


class NotAsDeployed(DeploymentError, whose="caller"):
    """What was read back at the end is not what was asked for: somebody else changed it."""

    suggestion = "Find out who else writes to this endpoint, then send the request again."


class DeadlineExceeded(DeploymentError, whose="Azure"):
    """A step did not end within its deadline."""

    suggestion = "Look at the resource in Azure; send the request again when it has settled."


class ActivityCrashed(DeploymentError, whose="platform team"):
    """An activity failed in a way nobody foresaw, more than once."""

    suggestion = "Look the instance ID up in Application Insights and report the exception."


class WorkerLost(DeploymentError, whose="platform team"):
    """The app's worker process died in this run's turns, again and again; what the run had made was undone."""

    suggestion = "Look for what ends the worker (memory, functionTimeout) in Application Insights; then send it again."


class OrchestrationCrashed(DeploymentError, whose="platform team"):
    """Slipway itself failed in a way nobody foresaw; what the run had made was undone."""

    suggestion = "This is a defect of Slipway: look the instance ID up in the logs and report it."


class EndpointBusy(DeploymentError, whose="Azure"):
    """Another operation is running on the endpoint or on what it belongs to, or has just changed it."""

    retryable = True
    suggestion = "Wait for the other operation to end, then send the request again."


class Throttled(DeploymentError, whose="Azure"):
    """Azure asked to slow down (429)."""

    retryable = True
    suggestion = "Send the request again later; the subscription's request limit was reached."


class CloudUnavailable(DeploymentError, whose="Azure"):
    """Azure answered 5xx, or the connection failed."""

    retryable = True
    suggestion = "Check Azure's status page and the network; then send the request again."


class ModelUnreachable(DeploymentError, whose="caller"):
    """The endpoint did not answer the smoke test in time, or has no capacity for it yet."""

    retryable = True
    suggestion = (
        "Check the deployment's logs; the model may be slow to load, overloaded, or take longer than smoke_test.timeout"
        " (a flow: use a faster model, a quicker index query, fewer steps)."
    )


def all_errors() -> dict[str, type[DeploymentError]]:
    """Every error a deployment can end with, by code."""
    return {error.__name__: error for error in DeploymentError.__subclasses__()}
