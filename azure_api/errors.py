"""What Azure's errors mean to a deployment: one table, first match wins.

Azure ML hides the useful code: in `details[0].code` of a synchronous error, and in the prefix of the message of a
failed long operation whose own `error.code` is null. Each rule names where its text was seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from contracts import errors as e


@dataclass(frozen=True)
class AzureError:
    """An Azure error, unwrapped: HTTP status (200 for a failed long operation), innermost code, message."""

    status: int
    code: str
    message: str
    retry_after: float | None = None


@dataclass(frozen=True)
class Rule:
    """When all given parts match, the error is `error`."""

    error: type[e.DeploymentError]
    source: str
    status: tuple[int, ...] = ()
    code: str = ""
    text: str = ""

    def matches(self, seen: AzureError) -> bool:
        """Whether this rule is about that error."""
        return (
            (not self.status or seen.status in self.status)
            and (not self.code or re.search(self.code, seen.code) is not None)
            and (not self.text or re.search(self.text, seen.message, re.I) is not None)
        )


# Seconds. What is longer than any deadline, or no number at all (nan, inf), is no time to wait for.
LONGEST_RETRY_AFTER = 24 * 3600

TROUBLESHOOTING = "learn.microsoft.com: how-to-troubleshoot-online-endpoints"
RBAC_GUIDE = "learn.microsoft.com: role-based-access-control/troubleshooting"

# Signs, in any text, that an identity was refused something: a role that is missing or not effective yet.
REFUSED_SIGNS = (
    r"Access denied to list workspace secret",  # prompt flow container, Azure/llmops-gha-demo#7
    r"connections/\S*listsecrets\S* failed",  # the same from another version, Azure/azureml-examples#2551
    r"AuthorizationPermissionMismatch",  # Azure Storage data plane
    r"ForbiddenByRbac",  # Azure Key Vault data plane
    r"does not have authorization to perform action",  # Azure Resource Manager
    r"Failed to retrieve and inject workspace connection secrets",  # SecretsInjectionError
    r"ACRTokenExchangeForbidden|ACRTokenExchangeFailed|ACRSecretError",  # Kubernetes image pull
    r"authorization error|incorrect role assignments",  # BadArgument of a user-assigned identity
    r"container registry authorization",  # ResourceNotFound of a registry pull
    r"PermissionDenied|lacks the required data action",  # Azure AI services data plane
)

# Texts of azure-identity 1.27 and MSAL that no waiting mends: the app has no identity, or Entra ID refused it. A token
# service that is down or busy says nothing of the kind, and the credential keeps neither status nor type.
NO_IDENTITY = r"Token request error: \(\w+\) 4(?!08|29)\d\d,|No managed identity endpoint found|AADSTS\d+|az login"

RULES = (
    Rule(e.Throttled, "ARM request limits", status=(429,)),
    Rule(e.CloudUnavailable, "any service", status=(500, 502, 503, 504, 408)),
    Rule(e.WorkspaceNotFound, "recording 20", text=r"^Workspace not found"),
    Rule(e.ModelNotFound, "recording 10", code=r"^Model\w*NotFound$"),
    Rule(e.EndpointNameTaken, "Azure/mlops-project-template#29", text=r"name needs to be unique within a region"),
    Rule(e.QuotaExceeded, TROUBLESHOOTING, code=r"^OutOfQuota$"),
    Rule(e.QuotaExceeded, "mslearn-azure-ml#30", text=r"Not enough quota available|OutOfQuota|Not enough .* quota"),
    Rule(e.EndpointBusy, "azure-sdk-for-net#36961", text=r"in (Creating|Updating|Deleting) provisioning state"),
    Rule(e.EndpointBusy, TROUBLESHOOTING, code=r"^OperationCanceled$"),
    Rule(e.PrincipalNotReady, RBAC_GUIDE, code=r"^PrincipalNotFound$"),
    Rule(e.MissingRight, RBAC_GUIDE, status=(403,), code=r"AuthorizationFailed$"),
    Rule(e.EndpointBusy, TROUBLESHOOTING, status=(409,)),
    # A registry that refuses an image *build* has lost its key (`az ml workspace sync-keys`); waiting does not help.
    Rule(e.ImageNotRunnable, TROUBLESHOOTING, code=r"^ImageBuildFailure$"),
    *(Rule(e.AccessNotYetEffective, TROUBLESHOOTING, text=sign) for sign in REFUSED_SIGNS),
    Rule(e.MissingRight, RBAC_GUIDE, status=(401, 403)),
    Rule(e.ImageNotRunnable, TROUBLESHOOTING, code=r"^Image\w+$|^EnvironmentBuild"),
    Rule(e.ImageNotRunnable, TROUBLESHOOTING, text=r"unable to download user container image"),
    Rule(e.ScoringScriptFailed, TROUBLESHOOTING, code=r"^ResourceNotReady$|^UserScript|CrashLoopBackOff$"),
    Rule(e.ScoringScriptFailed, TROUBLESHOOTING, text=r"User container has crashed or terminated"),
    Rule(e.CloudUnavailable, "CloudShell#487", code=r"^InternalServerError$"),
    Rule(e.AssetNotFound, "recording 10", status=(404,)),
    Rule(e.RequestRejected, "ARM", status=(400, 405, 413, 415, 422)),
)


def meaning(seen: AzureError) -> e.DeploymentError:
    """The deployment error that `seen` means; what no rule knows is ProvisioningFailed with Azure's code as cause."""
    for rule in RULES:
        if rule.matches(seen):
            return rule.error(seen.message, cause=seen.code or None, retry_after=seen.retry_after)
    return e.ProvisioningFailed(seen.message, cause=seen.code or None)


def looks_refused(text: str) -> bool:
    """Whether a log or an answer tells of an identity that was refused something."""
    return any(re.search(sign, text, re.I) for sign in REFUSED_SIGNS)


def unwrap(status: int, body: Any, retry_after: float | None = None) -> AzureError:
    """The innermost code and message of an error body, synchronous or of a failed operation."""
    error = body.get("error", body) if isinstance(body, dict) else {}
    if not isinstance(error, dict):
        error = {"message": error}
    code, message = str(error.get("code") or ""), str(error.get("message") or "")
    details = error.get("details") or []
    details = [details] if isinstance(details, dict) else details
    if details and isinstance(details[0], dict) and details[0].get("code"):
        code, message = str(details[0]["code"]), str(details[0].get("message") or message)
    prefix = re.match(r"^([A-Z][A-Za-z0-9]+): ", message)
    if not code and prefix:
        code = prefix[1]
    return AzureError(status, code, message or f"Azure answered {status} without a message.", retry_after)


def of_exception(error: Exception) -> e.DeploymentError | None:
    """What an exception of the Azure libraries means; None when it is not one of theirs."""
    from azure.core import exceptions as azure

    # An answer that broke off; azure-core gives it no response, or one that says 200.
    if isinstance(error, azure.DecodeError) or (type(error) is azure.HttpResponseError and error.response is None):
        return e.CloudUnavailable(f"Azure's answer broke off: {type(error).__name__}: {error.message}")
    if isinstance(error, azure.HttpResponseError) and error.response is not None:
        response: Any = error.response
        try:
            body = json.loads(response.text())
        except (ValueError, AttributeError):
            body = {"error": {"message": str(error.message)}}
        return meaning(unwrap(response.status_code, body, _retry_after(response.headers)))
    if isinstance(error, azure.ClientAuthenticationError):
        kind = e.MissingRight if re.search(NO_IDENTITY, str(error.message)) else e.CloudUnavailable
        return kind(f"Slipway's identity got no token: {error.message}")
    if isinstance(error, azure.ServiceRequestError | azure.ServiceResponseError):
        return e.CloudUnavailable(f"The connection to Azure failed: {type(error).__name__}: {error.message}")
    if type(error).__module__.startswith(("azure.ai.ml", "marshmallow")):
        return e.RequestRejected(f"The Azure ML SDK refused the request: {error}")
    return None


@contextmanager
def translated(not_found: type[e.DeploymentError] | None = None) -> Iterator[None]:
    """Raise what the Azure libraries raise inside as deployment errors; a 404 as `not_found` where given."""
    try:
        yield
    except e.DeploymentError:
        raise
    except Exception as error:
        known = of_exception(error)
        if known is None:
            raise
        if not_found and isinstance(known, e.AssetNotFound | e.ModelNotFound):
            known = not_found(known.message, cause=known.cause)
        raise known from error


def _retry_after(headers: Any) -> float | None:
    for name, unit in (("retry-after-ms", 1000), ("x-ms-retry-after-ms", 1000), ("Retry-After", 1)):
        try:
            seconds = float(headers[name]) / unit
        except (KeyError, ValueError, TypeError):
            continue
        if 0 <= seconds <= LONGEST_RETRY_AFTER:
            return seconds
    return None
