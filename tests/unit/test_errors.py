"""Errors: the drawn tree is the real one, every code is documented and used, and every Azure rule can be met."""

import ast
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from azure.core import PipelineClient
from azure.core.rest import HttpRequest

import contracts.errors
from azure_api.errors import RULES, AzureError, meaning, translated, unwrap
from contracts.errors import CloudUnavailable, DeploymentError, Throttled, all_errors

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
    folders = ("activities", "azure_api", "orchestrations")
    production = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
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


@pytest.mark.parametrize("body", [None, [], "text", {}, {"error": None}, {"error": {"details": {"code": None}}}])
def test_an_error_body_of_any_shape_has_a_message(body: Any) -> None:
    assert meaning(unwrap(418, body)).message == "Azure answered 418 without a message."


def test_an_error_that_is_a_word_is_its_message() -> None:
    assert meaning(unwrap(400, {"error": "invalid_request"})).message == "invalid_request"


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """The URL of a server that answers one request with these bytes and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


CUT_OFF = [
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{",
    b"HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\n{",
    b"no answer at all",
]


@pytest.mark.parametrize("answer", CUT_OFF)
def test_an_answer_that_breaks_off_may_be_asked_for_again(answer: bytes) -> None:
    with (
        answering(answer) as url,
        PipelineClient[Any, Any](url, policies=[]) as client,
        pytest.raises(CloudUnavailable),
        translated(),
    ):
        client.send_request(HttpRequest("GET", url))


@pytest.mark.parametrize(
    ("told", "waited"), [("90", 90.0), ("-1", None), ("nan", None), ("inf", None), ("1e300", None)]
)
def test_only_a_sensible_time_to_wait_is_obeyed(told: str, waited: float | None) -> None:
    slow_down = f"HTTP/1.1 429 Slow\r\nRetry-After: {told}\r\nContent-Length: 0\r\n\r\n".encode()
    with (
        answering(slow_down) as url,
        PipelineClient[Any, Any](url, policies=[]) as client,
        pytest.raises(Throttled) as refused,
        translated(),
    ):
        client.send_request(HttpRequest("GET", url)).raise_for_status()

    assert refused.value.to_failure().retry_after == waited


def test_the_code_azure_gave_is_kept_as_the_cause() -> None:
    error = meaning(failed("SomethingNew: nobody has seen this before."))

    assert (type(error).__name__, error.cause) == ("ProvisioningFailed", "SomethingNew")
