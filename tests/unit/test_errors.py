"""Errors: the drawn tree is the real one, every code is documented and used, and every Azure rule can be met."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

import contracts.errors
from activities.azure_errors import RULES, AzureError, meaning, unwrap
from contracts.errors import DeploymentError, all_errors

ROOT = Path(__file__).resolve().parents[2]
TREE_LINE = re.compile(r"^[├└]── (\w+)(?: +\(([^)]+)\))?$", re.MULTILINE)


def drawn() -> dict[str, str]:
    return dict(TREE_LINE.findall(contracts.errors.__doc__ or ""))


def mark_of(error: type[DeploymentError]) -> str:
    if error.propagation:
        return "retryable while role assignments take effect"
    return "retryable" if error.retryable else ""


def test_the_drawn_tree_is_the_real_one() -> None:
    assert drawn() == {name: mark_of(error) for name, error in all_errors().items()}


def test_codes_are_unique() -> None:
    subclasses = DeploymentError.__subclasses__()

    assert len({error.__name__.lower() for error in subclasses}) == len(subclasses)
    assert not [error for base in subclasses for error in base.__subclasses__()], "a code below a code has no table row"


@pytest.mark.parametrize("code", all_errors())
def test_every_code_is_documented_with_what_to_do(code: str) -> None:
    [row] = [row for row in (ROOT / "docs" / "errors.md").read_text().splitlines() if row.startswith(f"| `{code}` |")][
        :1
    ]

    assert all_errors()[code].suggestion != DeploymentError.suggestion
    assert row.endswith(f"| {all_errors()[code].suggestion} |")


@pytest.mark.parametrize("code", all_errors())
def test_no_code_is_dead(code: str) -> None:
    production = [path for folder in ("activities", "orchestrations") for path in (ROOT / folder).glob("*.py")]
    used = {
        node.id if isinstance(node, ast.Name) else node.attr
        for path in production
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name | ast.Attribute)
    }

    assert code in used


def test_every_problem_code_is_documented() -> None:
    source = "".join((ROOT / name).read_text() for name in ("contracts/problems.py", "triggers/body.py"))
    codes = set(re.findall(r'code="(\w+)"|code = "(\w+)" if', source))
    named = {one for found in codes for one in found if one} | {"required", "unknown_field", "wrong_type"}
    page = (ROOT / "docs" / "errors.md").read_text()

    assert {"unreadable", "reserved_key", "not_supported"} <= named
    assert not {code for code in named if f"| `{code}` |" not in page}


def sync(status: int, code: str, message: str, inner: tuple[str, str] | None = None) -> AzureError:
    """A synchronous error: the useful code of the machine learning service is inside `details`."""
    details = [{"code": inner[0], "message": inner[1], "details": []}] if inner else []
    return unwrap(status, {"error": {"code": code, "message": message, "details": details}})


def failed(message: str, code: str | None = None) -> AzureError:
    """A long operation that ended Failed: HTTP 200, and the code in front of the message."""
    return unwrap(200, {"status": "Failed", "error": {"code": code, "message": message}})


BUSY = "Cannot create a deployment in endpoint scoring because it is in Updating provisioning state."
FULL = '{"errors":{"VmSize":["Not enough quota available for Standard_F4s_v2. Additional needed: 8"]}}'
NO_PRINCIPAL = "Principal 3f0c does not exist in the directory 11aa. Check that you have the correct principal ID."
NO_RIGHT = "The client 'a' with object id 'a' does not have authorization to perform action 'x/write' over scope '/s'."
LISTING = "Open url /subscriptions/s/connections/secrets/listsecrets?api-version=2023-04-01-preview failed with 502"
NO_EXCHANGE = "DeploymentIdentityError: no deployment identity, Reason:ACRTokenExchangeForbidden Details:unauthorized"

# Azure's errors, in shapes that its documents, SDK recordings and public issues show, and what they mean here.
SEEN: list[tuple[str, AzureError]] = [
    ("Throttled", sync(429, "TooManyRequests", "The request was throttled.")),
    ("CloudUnavailable", sync(503, "ServiceUnavailable", "The service is temporarily unavailable.")),
    ("CloudUnavailable", failed("Encountered internal server error.", code="InternalServerError")),
    ("WorkspaceNotFound", sync(404, "UserError", "Workspace not found.")),
    ("ModelNotFound", sync(404, "UserError", "Not found.", ("ModelNotFound", "Model container x not found."))),
    ("EndpointNameTaken", sync(409, "UserError", "Endpoint name needs to be unique within a region")),
    ("QuotaExceeded", sync(400, "BadRequest", "Invalid.", ("InferencingClientCreateDeploymentFailed", FULL))),
    ("QuotaExceeded", failed("OutOfQuota: Not enough cluster CPU quota. 8 requested, 14 of 20 used.")),
    ("EndpointBusy", sync(400, "UserError", BUSY)),
    ("EndpointBusy", failed("Replaced by another operation with higher priority.", code="OperationCanceled")),
    ("EndpointBusy", sync(409, "Conflict", "Another operation on this entity is already running.")),
    ("PrincipalNotReady", sync(400, "PrincipalNotFound", NO_PRINCIPAL)),
    ("MissingRight", sync(403, "AuthorizationFailed", NO_RIGHT)),
    ("MissingRight", sync(403, "LinkedAuthorizationFailed", "It may not perform assign/action on the linked scope.")),
    ("MissingRight", sync(401, "InvalidAuthenticationToken", "The access token is invalid.")),
    ("AccessNotYetEffective", failed("UserError: Access denied to list workspace secret.")),
    ("AccessNotYetEffective", failed(LISTING)),
    (
        "AccessNotYetEffective",
        sync(403, "AuthorizationPermissionMismatch", "ErrorCode:AuthorizationPermissionMismatch"),
    ),
    ("AccessNotYetEffective", sync(403, "Forbidden", "Caller is not authorized. (ForbiddenByRbac)")),
    ("AccessNotYetEffective", failed(f"BadArgument: {NO_RIGHT}")),
    ("AccessNotYetEffective", failed("Failed to retrieve and inject workspace connection secrets.")),
    ("AccessNotYetEffective", failed(NO_EXCHANGE)),
    ("AccessNotYetEffective", failed("BadArgument: Startup task failed due to incorrect role assignments on resource")),
    ("AccessNotYetEffective", failed("ResourceNotFound: container registry authorization failure")),
    ("AccessNotYetEffective", sync(401, "PermissionDenied", "It lacks the required data action for this operation.")),
    ("ImageNotRunnable", failed("ImageBuildFailure: container registry authorization failure")),
    ("ImageNotRunnable", failed("ImageLayerMissing: the image is incomplete.")),
    ("ImageNotRunnable", failed("BadArgument: unable to download user container image")),
    ("ScoringScriptFailed", failed("ResourceNotReady: User container has crashed or terminated: liveness probe.")),
    ("ScoringScriptFailed", failed("ResourceDeploymentFailure: User container has crashed or terminated")),
    ("AssetNotFound", sync(404, "UserError", "Not found.", ("EnvironmentVersionNotFound", "No such version."))),
    ("RequestRejected", sync(400, "UserError", "No secrets for credentials of type None.")),
    ("ProvisioningFailed", failed("Resource provider [N/A] isn't registered.", code="SubscriptionNotRegistered")),
]


@pytest.mark.parametrize(("code", "seen"), SEEN, ids=lambda value: value if isinstance(value, str) else value.message)
def test_an_azure_error_means(code: str, seen: AzureError) -> None:
    assert type(meaning(seen)).__name__ == code


def test_every_rule_is_met_by_an_example() -> None:
    met = {next((rule for rule in RULES if rule.matches(seen)), None) for _, seen in SEEN}

    assert not [rule for rule in RULES if rule not in met]


@pytest.mark.parametrize("body", [None, [], "text", {}, {"error": {"details": {"code": None}}}])
def test_an_error_body_of_any_shape_has_a_message(body: Any) -> None:
    assert meaning(unwrap(418, body)).message == "Azure answered 418 without a message."


def test_the_code_azure_gave_is_kept_as_the_cause() -> None:
    error = meaning(failed("SomethingNew: nobody has seen this before."))

    assert (type(error).__name__, error.cause) == ("ProvisioningFailed", "SomethingNew")
