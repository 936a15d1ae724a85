"""Errors: the drawn tree is the real one, every code is documented and used, and what the SDK raises is understood."""

import ast
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from azure.core import PipelineClient
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.core.rest import HttpRequest

import contracts.errors
from azure_api.errors import is_already_granted, meaning, of_exception, translated, unwrap
from contracts.azure_refusals import ResourceNotFound, ScopeNotFound
from contracts.errors import (
    AssetNotFound,
    CloudUnavailable,
    DeploymentError,
    IdentityNotFound,
    ModelNotFound,
    Throttled,
    WorkspaceNotFound,
    all_errors,
)

ROOT = Path(__file__).resolve().parents[2]
TREE_LINE = re.compile(r"^[├└]── (\w+)(?: +\(([^)]+)\))?$", re.MULTILINE)
WHOSE_LINE = re.compile(r"^│   whose: (.+)$", re.MULTILINE)


def drawn() -> dict[str, tuple[str, str]]:
    """Of every code in the drawn tree, whose problem it is and its mark."""
    _, *parts = WHOSE_LINE.split(contracts.errors.__doc__ or "")
    return {
        code: (whose, mark)
        for whose, branch in zip(parts[::2], parts[1::2], strict=True)
        for code, mark in TREE_LINE.findall(branch)
    }


def mark_of(error: type[DeploymentError]) -> str:
    if error.propagation:
        return "retryable while role assignments take effect"
    return "retryable" if error.retryable else ""


def test_the_drawn_tree_is_the_real_one() -> None:
    assert drawn() == {name: (error.whose, mark_of(error)) for name, error in all_errors().items()}


def test_an_error_that_does_not_say_whose_problem_it_is_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="whose"):
        type("Unowned", (DeploymentError,), {})


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


@pytest.fixture(scope="module")
def used() -> set[str]:
    """All names in what raises errors."""
    folders = ("activities", "azure_api", "orchestrations")
    production = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return {
        node.id if isinstance(node, ast.Name) else node.attr
        for path in production
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name | ast.Attribute)
    }


@pytest.mark.parametrize("code", all_errors())
def test_no_code_is_dead(used: set[str], code: str) -> None:
    assert code in used


READING = ("contracts/problems.py", "contracts/corrections.py", "contracts/policy.py", "triggers/body.py")


def test_every_problem_code_is_documented() -> None:
    source = "".join((ROOT / name).read_text() for name in READING)
    codes = set(re.findall(r'code="(\w+)"|_problem\(.+?, "(\w+)", |return parts, "(\w+)"', source))
    named = {one for found in codes for one in found if one} | {"required", "unknown_field", "wrong_type"}
    page = (ROOT / "docs" / "errors.md").read_text()

    assert {"unreadable", "reserved_key", "contradiction", "looks_like_secret", "too_deep"} <= named
    assert not {code for code in named if f"| `{code}` |" not in page}


@pytest.mark.parametrize("body", [None, [], "", 7, {}, {"error": None}, {"error": {"details": {"code": None}}}])
def test_an_error_body_of_any_shape_has_a_message(body: Any) -> None:
    assert meaning(unwrap(418, body)).message == "Azure answered 418 without a message."


@pytest.mark.parametrize("body", [{"error": "invalid_request"}, "invalid_request"])
def test_an_error_that_is_a_word_is_its_message(body: Any) -> None:
    assert meaning(unwrap(400, body)).message == "invalid_request"


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


def refused(status: int, body: str, *headers: str) -> Exception:
    """What the SDK raises for such an answer."""
    head = "\r\n".join((f"HTTP/1.1 {status} No", f"Content-Length: {len(body)}", *headers))
    with answering(f"{head}\r\n\r\n{body}".encode()) as url, PipelineClient[Any, Any](url, policies=[]) as client:
        with pytest.raises(HttpResponseError) as raised:
            client.send_request(HttpRequest("GET", url)).raise_for_status()
        return raised.value


@pytest.mark.parametrize(
    ("code", "status", "granted"),
    [("RoleAssignmentExists", 409, True), ("ScopeLocked", 409, False), ("Conflict", 409, False)],
)
def test_only_one_conflict_means_that_a_role_is_granted_already(code: str, status: int, granted: bool) -> None:
    assert is_already_granted(refused(status, json.dumps({"error": {"code": code, "message": "no"}}))) is granted


def test_what_is_no_answer_of_azure_means_no_grant() -> None:
    assert not is_already_granted(ValueError("RoleAssignmentExists"))
    assert not is_already_granted(ServiceRequestError("RoleAssignmentExists"))


def test_a_code_that_stands_only_in_the_header_is_found() -> None:
    error = of_exception(refused(403, "", "x-ms-error-code: KeyBasedAuthenticationNotPermitted"))

    assert type(error).__name__ == "KeysNotPermitted"


@pytest.mark.parametrize("body", ["<html><h1>502 Bad Gateway</h1></html>", "no healthy upstream", "\ufeff"])
def test_a_gateway_that_answers_no_json_is_tried_again(body: str) -> None:
    assert isinstance(of_exception(refused(502, body)), CloudUnavailable)


GONE = {"error": {"code": "ResourceNotFound", "message": "The Resource 'a/b' under resource group 'g' was not found."}}
NO_GROUP = {"error": {"code": "ResourceGroupNotFound", "message": "Resource group 'g' could not be found."}}


@pytest.mark.parametrize(
    ("body", "asked_for", "told"),
    [
        (GONE, ModelNotFound, ModelNotFound),
        (GONE, AssetNotFound, AssetNotFound),
        (GONE, None, ResourceNotFound),
        # The workspace's own group: no model is missing. An identity's ARM id names a group of its own.
        (NO_GROUP, ModelNotFound, ScopeNotFound),
        (NO_GROUP, AssetNotFound, ScopeNotFound),
        (NO_GROUP, IdentityNotFound, IdentityNotFound),
        (NO_GROUP, WorkspaceNotFound, WorkspaceNotFound),
        (NO_GROUP, None, ScopeNotFound),
    ],
)
def test_an_absence_is_of_what_was_asked_for_only_if_that_is_missing(
    body: Any, asked_for: type[DeploymentError] | None, told: type[DeploymentError]
) -> None:
    with pytest.raises(DeploymentError) as raised, translated(not_found=asked_for):
        raise refused(404, json.dumps(body))

    assert type(raised.value) is told


def test_nothing_of_azures_libraries_is_imported_with_the_rules() -> None:
    program = "import sys, azure_api.errors; assert not [name for name in sys.modules if name.startswith('azure.')]"

    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_the_code_azure_gave_is_kept_as_the_cause() -> None:
    failed = {"status": "Failed", "error": {"code": None, "message": "SomethingNew: nobody has seen this before."}}
    error = meaning(unwrap(200, failed))

    assert (type(error).__name__, error.cause) == ("ProvisioningFailed", "SomethingNew")
