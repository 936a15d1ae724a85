"""What each answer of Azure means to a deployment: one table, first match wins.

Codes are asked first, then texts, then the codes that Azure ML uses for many causes, then the status. A status alone is
tried again only where that is known to pass; what it means otherwise shows Azure's own words. Each rule names where its
answer was seen, and `tests/unit/azure_errors.json` has an example of it.
"""

from __future__ import annotations

from azure_api.error_codes import BY_CODE
from azure_api.error_rule import GUIDE, STORAGE, AzureError, Rule
from azure_api.error_texts import BY_TEXT
from contracts import azure_refusals as r
from contracts import errors as e

# What Azure ML says for many causes; with none of the texts above it means just this.
BY_BUCKET = (
    Rule(e.QuotaExceeded, GUIDE, code=r"OutOfQuota"),
    Rule(e.ScoringScriptFailed, GUIDE, code=r"ResourceNotReady"),
    Rule(r.ResourceNotFound, GUIDE, code=r"ResourceNotFound|NotFound|(?:Endpoint|Deployment)NotFound"),
    Rule(e.RequestRejected, GUIDE, code=r"BadArgument|InvalidParameter|InvalidRequest\w*|InvalidResource\w*"),
    Rule(e.CloudUnavailable, "Azure/CloudShell#487", code=r"Internal(?:Server)?Error|ServiceUnavailable"),
    Rule(e.CloudUnavailable, STORAGE, code=r"(?:Gateway|Server)Timeout|OperationTimedOut|BadGateway"),
)

BY_STATUS = (
    Rule(e.Throttled, "learn.microsoft.com: request-limits-and-throttling", status=(429,)),
    Rule(e.CloudUnavailable, "any service", status=(408, 500, 502, 503, 504)),
    Rule(r.NotAuthenticated, "RFC 9110", status=(401,)),
    Rule(r.ResourceNotFound, "RFC 9110", status=(404,)),
    Rule(e.RequestRejected, "RFC 9110", status=(400, 413, 422)),
    Rule(r.AzureRefused, "RFC 9110", status=(403, 405, 409, 410, 412)),
)

RULES = (*BY_CODE, *BY_TEXT, *BY_BUCKET, *BY_STATUS)


def rule_for(seen: AzureError) -> Rule | None:
    """The first rule that is about that error."""
    return next((rule for rule in RULES if rule.matches(seen)), None)


def is_telling(code: str) -> bool:
    """Whether a code alone says what an error means."""
    return any(rule.is_about(code) for rule in BY_CODE)
