"""What the exceptions of the Azure libraries mean to a deployment.

The rules are in `error_rules.py`; what a body says is found by `error_bodies.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from azure_api.error_bodies import read_body, unwrap
from azure_api.error_rule import AzureError, Rule
from azure_api.error_rules import RULES, rule_for
from azure_api.error_texts import REFUSED_SIGNS
from contracts import azure_refusals as r
from contracts import errors as e

__all__ = ["RULES", "AzureError", "Rule", "unwrap"]

# Seconds. What is longer than any deadline, or no number at all (nan, inf), is no time to wait for.
LONGEST_RETRY_AFTER = 24 * 3600

ALREADY_GRANTED = "RoleAssignmentExists"

# Texts of azure-identity 1.27 and MSAL that no waiting mends: the app has no identity, or Entra ID refused it. A token
# service that is down or busy says nothing of the kind, and the credential keeps neither status nor type.
NO_IDENTITY = r"Token request error: \(\w+\) 4(?!08|29)\d\d,|No managed identity endpoint found|AADSTS\d+|az login"

# What an absence that Azure tells in general words is, for whoever knows what was asked for.
GENERAL_ABSENCES = (r.ResourceNotFound, e.AssetNotFound, e.ModelNotFound)
# Whoever asks for something else that may be refused goes on without it, and not when Azure did not answer at all: that
# says nothing of what was asked for, and may be otherwise the next time.
UNANSWERED = (e.CloudUnavailable, e.Throttled)
# Absences of what an ARM id of its own names: its resource group may be what is missing.
NAMED_BY_ID = (e.WorkspaceNotFound, e.IdentityNotFound)


def meaning(seen: AzureError) -> e.DeploymentError:
    """The deployment error that `seen` means.

    What no rule knows is AzureRefused, or ProvisioningFailed for a long operation, with Azure's code as cause.
    """
    rule = rule_for(seen)
    kind = rule.error if rule else (r.AzureRefused if seen.status >= 400 else e.ProvisioningFailed)
    message = seen.message or f"Azure answered {seen.status} without a message."
    if kind is r.AzureRefused and seen.message:
        message = f"Azure answered {' '.join(filter(None, (str(seen.status), seen.code)))}: {message}"
    return kind(message, cause=seen.code or None, retry_after=seen.retry_after)


def refusal_in(*texts: str) -> type[e.DeploymentError] | None:
    """What an identity was refused, by what logs or answers tell; None when they tell of no refusal."""
    found = (error for error, sign, _ in REFUSED_SIGNS for text in texts if re.search(sign, text, re.IGNORECASE))
    return next(found, None)


def is_already_granted(error: Exception) -> bool:
    """Whether a role assignment was refused because the principal has that role there; no other conflict is that."""
    seen = seen_in(error)
    return seen is not None and (seen.status, seen.code) == (409, ALREADY_GRANTED)


def seen_in(error: Exception) -> AzureError | None:
    """The answer of Azure that an exception of its libraries carries; None without one."""
    from azure.core.exceptions import HttpResponseError

    if not isinstance(error, HttpResponseError) or error.response is None:
        return None
    response: Any = error.response
    try:
        body = read_body(response.text())
    except (ValueError, AttributeError):
        body = None
    # A storage service says it here, and nowhere else when asked with HEAD.
    code = response.headers.get("x-ms-error-code")
    body = body or {"code": code, "message": str(error.message)}
    return unwrap(response.status_code, body, _retry_after(response.headers))


def of_exception(error: Exception) -> e.DeploymentError | None:
    """What an exception of the Azure libraries means; None when it is not one of theirs."""
    from azure.core import exceptions as azure

    # An answer that broke off; azure-core gives it no response, or one that says 200.
    if isinstance(error, azure.DecodeError) or (type(error) is azure.HttpResponseError and error.response is None):
        return e.CloudUnavailable(f"Azure's answer broke off: {type(error).__name__}: {error.message}")
    if seen := seen_in(error):
        return meaning(seen)
    if isinstance(error, azure.ClientAuthenticationError):
        kind = r.NotAuthenticated if re.search(NO_IDENTITY, str(error.message)) else e.CloudUnavailable
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
        absences = (*GENERAL_ABSENCES, r.ScopeNotFound) if not_found in NAMED_BY_ID else GENERAL_ABSENCES
        if not_found and isinstance(known, absences):
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
