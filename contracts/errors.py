"""Why a deployment can fail, and what to do about it.

Raised inside activities, carried to orchestrations as values (`Failure`), because the Durable SDK loses the type of a
raised error and, on some backends, its text:

DeploymentError
├── ModelNotFound
├── AssetNotFound
├── WorkspaceNotFound
├── IdentityNotFound
├── RoleNotFound
├── RequestRejected
├── EndpointConflict
├── EndpointNameTaken
├── DeploymentConflict
├── TrafficRejected
├── MissingRight
├── QuotaExceeded
├── ImageNotRunnable
├── ScoringScriptFailed
├── ProvisioningFailed
├── ModelFailed
├── WrongAnswer
├── ScoringRefused
├── NotAsDeployed
├── RoleNotEffective
├── DeadlineExceeded
├── ActivityCrashed
├── OrchestrationCrashed
├── EndpointBusy            (retryable)
├── Throttled               (retryable)
├── CloudUnavailable        (retryable)
├── PrincipalNotReady       (retryable)
├── ModelUnreachable        (retryable)
└── AccessNotYetEffective   (retryable while role assignments take effect)
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field

from contracts.base import Contract, beginning, ending
from contracts.container_log import telling
from contracts.redaction import redact

MESSAGE_LIMIT = 600  # bytes of JSON, as activities and custom statuses are measured
LOG_TAIL_LIMIT = 1400


class Failure(Contract):
    """A failed step as a value: what an activity answers instead of raising."""

    code: str
    message: str
    suggestion: str
    step: str = ""
    cause: str | None = None
    retryable: bool = False
    propagation: Annotated[bool, Field(description="looks like a role assignment that is not effective yet")] = False
    retry_after: Annotated[float, Field(ge=0, description="seconds the service asked to wait")] | None = None
    log_tail: str | None = None


class DeploymentError(Exception):
    """Base: a foreseen failure with a stable code (the class name) and a suggestion.

    Attributes:
        message: what happened, in one sentence, safe to show (no secret, cut to `MESSAGE_LIMIT`).
        cause: the code Azure gave, where there is one.
        log_tail: the last lines of the container's log, where there is one.
        retry_after: seconds the service asked to wait.
    """

    retryable: bool = False
    propagation: ClassVar[bool] = False
    suggestion: ClassVar[str] = "Read the message."

    def __init__(
        self,
        message: str,
        *,
        cause: str | None = None,
        log_tail: str | None = None,
        retry_after: float | None = None,
        suggestion: str | None = None,
    ) -> None:
        self.message = beginning(redact(message), MESSAGE_LIMIT)
        super().__init__(self.message)
        self.cause = cause
        self.log_tail: str | None = None
        self.retry_after = retry_after
        self.advice = suggestion or self.suggestion
        self.with_log(log_tail or "")

    def with_log(self, log: str) -> Self:
        """This error with what a container's log tells of it: the user's exception is at the end."""
        self.log_tail = ending(redact(telling(log)), LOG_TAIL_LIMIT) or None
        return self

    def to_failure(self) -> Failure:
        """This error as the value that crosses the activity boundary."""
        return Failure(
            code=type(self).__name__,
            message=self.message,
            suggestion=self.advice,
            cause=self.cause,
            retryable=self.retryable,
            propagation=self.propagation,
            retry_after=self.retry_after,
            log_tail=self.log_tail,
        )


class ModelNotFound(DeploymentError):
    """The model version named in the request is not registered in the workspace."""

    suggestion = "Register the model, or name a version that `az ml model list` shows."


class AssetNotFound(DeploymentError):
    """The code, environment or datastore named in the request is not in the workspace."""

    suggestion = "Register the asset in this workspace, or correct its name and version."


class WorkspaceNotFound(DeploymentError):
    """The workspace of the settings does not exist or is not visible to Slipway's identity."""

    suggestion = "Check SLIPWAY_SUBSCRIPTION_ID, SLIPWAY_RESOURCE_GROUP and SLIPWAY_WORKSPACE of the function app."


class IdentityNotFound(DeploymentError):
    """The user-assigned identity named in the request does not exist."""

    suggestion = "Create the identity, or correct its ARM id in endpoint.identity."


class RoleNotFound(DeploymentError):
    """A role named in `access.additional` is not defined at its scope."""

    suggestion = "Use a role name that `az role definition list` shows for the scope."


class RequestRejected(DeploymentError):
    """Azure refused the request itself (400): a value it does not take."""

    suggestion = "Correct the value that the message names."


class EndpointConflict(DeploymentError):
    """The endpoint exists with another auth mode or identity than the request asks for."""

    suggestion = "Ask for what the endpoint has, or choose another endpoint name."


class EndpointNameTaken(DeploymentError):
    """The endpoint name is used elsewhere in the region (names are unique per region)."""

    suggestion = "Choose another endpoint name."


class DeploymentConflict(DeploymentError):
    """A deployment of that name exists with other settings, and may be serving."""

    suggestion = "Choose another deployment name (e.g. version-2), or delete the existing deployment first."


class TrafficRejected(DeploymentError):
    """The traffic asked for names a deployment that does not exist or is not Succeeded."""

    suggestion = "Name only deployments of this endpoint that are Succeeded."


class MissingRight(DeploymentError):
    """Slipway's own identity lacks a right that the request needs."""

    suggestion = "Ask the platform team to give Slipway's identity this right (infra/app/rbac.bicep)."


class QuotaExceeded(DeploymentError):
    """Not enough quota for ceil(1.2 x instances) x cores (a fifth is reserved for upgrades)."""

    suggestion = "Lower instance_count, take a smaller instance_type, or request quota."


class ImageNotRunnable(DeploymentError):
    """The environment's image could not be built, pulled or run."""

    suggestion = "Check the environment: its image, its conda file and its registry."


class ScoringScriptFailed(DeploymentError):
    """The container started and died: usually `init()` raised, or an import failed."""

    suggestion = "Read the log tail: init() must finish and every import must be in the environment."


class ProvisioningFailed(DeploymentError):
    """Azure's long operation ended Failed for a reason of its own (see `cause`)."""

    suggestion = "Look `cause` up in Azure ML's troubleshooting guide for online endpoints."


class ModelFailed(DeploymentError):
    """The model answered with an error: usually `run()` raised."""

    suggestion = "Read the log tail, and check that smoke_test.request is what run() expects."


class WrongAnswer(DeploymentError):
    """The model answered, and the answer is not what smoke_test.expect says."""

    suggestion = "Check the model version and smoke_test.expect; nothing received traffic."


class ScoringRefused(DeploymentError):
    """The endpoint refused the smoke test: bad key or token, or no such deployment."""

    suggestion = "Check endpoint.auth_mode, and that nobody changed the endpoint meanwhile."


class NotAsDeployed(DeploymentError):
    """What was read back at the end is not what was asked for: somebody else changed it."""

    suggestion = "Find out who else writes to this endpoint, then send the request again."


class RoleNotEffective(DeploymentError):
    """A role assignment had no effect within `access.propagation.give_up_after`."""

    suggestion = (
        "Check that the role allows what the model does at this scope, and that no deny assignment is in the way."
    )


class DeadlineExceeded(DeploymentError):
    """A step did not end within its deadline."""

    suggestion = "Look at the resource in Azure; send the request again when it has settled."


class ActivityCrashed(DeploymentError):
    """An activity failed in a way nobody foresaw, more than once."""

    suggestion = "Look the instance ID up in Application Insights and report the exception."


class OrchestrationCrashed(DeploymentError):
    """Slipway itself failed in a way nobody foresaw; what the run had made was undone."""

    suggestion = "This is a defect of Slipway: look the instance ID up in the logs and report it."


class EndpointBusy(DeploymentError):
    """Another operation is running on the endpoint (409)."""

    retryable = True
    suggestion = "Wait for the other operation to end."


class Throttled(DeploymentError):
    """Azure asked to slow down (429)."""

    retryable = True
    suggestion = "Send the request again later; the subscription's request limit was reached."


class CloudUnavailable(DeploymentError):
    """Azure answered 5xx, or the connection failed."""

    retryable = True
    suggestion = "Check Azure's status page and the network; then send the request again."


class PrincipalNotReady(DeploymentError):
    """The identity is so new that role assignments do not find it yet."""

    retryable = True
    suggestion = "Wait for the directory to replicate."


class ModelUnreachable(DeploymentError):
    """The endpoint did not answer the smoke test in time, or has no capacity for it yet."""

    retryable = True
    suggestion = "Check the deployment's logs; the model may be slow to load or overloaded."


class AccessNotYetEffective(DeploymentError):
    """The endpoint's identity was refused something that its roles allow: they may not have taken effect yet."""

    propagation = True
    suggestion = "Grant the endpoint's identity the role that the message or the log names (access.additional)."


class StepFailed(Exception):
    """Orchestration side: a step ended with this failure, for good."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code} in {failure.step}: {failure.message}")
        self.failure = failure


def all_errors() -> dict[str, type[DeploymentError]]:
    """Every error a deployment can end with, by code."""
    return {error.__name__: error for error in DeploymentError.__subclasses__()}
