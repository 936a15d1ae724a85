"""The seam between orchestrations and activities: what may cross it, and how."""

import asyncio
import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from azure.functions._durable_functions import _deserialize_custom_object
from pydantic import ValidationError

from activities import envelope
from activities.envelope import ActivityFault, activity
from activities.role_assignments import REFUSAL_BYTES
from contracts.activities import (
    EnsureInput,
    NewestVersion,
    RegistrationRef,
    RolesEnsured,
    SmokeTestInput,
    SmokeTestResult,
)
from contracts.base import beginning
from contracts.errors import EndpointBusy, MissingRight, ScoringScriptFailed
from contracts.ledger import LedgerEntry
from contracts.marks import assignment_id
from contracts.request import MAX_ADDITIONAL_ROLES, MAX_ROLES_BYTES, AccessRequest
from function_app import asking

PAYLOAD = {"model": "m", "version": "1"}


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "CONTRACTS", {})


def raising(error: Exception) -> Any:
    def act(order: RegistrationRef) -> NewestVersion:
        raise error

    act.__annotations__ = {"order": RegistrationRef, "return": NewestVersion}
    return activity(act)


def test_a_result_crosses_as_a_value() -> None:
    @activity
    def act(order: RegistrationRef) -> NewestVersion:
        return NewestVersion(version=order.version)

    assert act(PAYLOAD) == {"ok": {"version": "1"}}


def test_a_foreseen_failure_crosses_as_a_value() -> None:
    error = raising(EndpointBusy("being deleted", retry_after=7))(PAYLOAD)["error"]

    assert (error["code"], error["retryable"], error["retry_after"]) == ("EndpointBusy", True, 7.0)


def test_what_nobody_foresaw_is_raised_and_logged_without_its_secrets(caplog: pytest.LogCaptureFixture) -> None:
    secret = "Bearer abcdefghijklmnop1234"

    with caplog.at_level(logging.ERROR), pytest.raises(ActivityFault) as raised:
        raising(ValueError(f"cannot parse Authorization: {secret}"))(PAYLOAD)

    assert str(raised.value).startswith("ValueError in act, line ")
    assert "ValueError: cannot parse" in caplog.text
    assert secret not in str(raised.value) + caplog.text
    assert "test_envelope.py" in caplog.text  # the traceback
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("asks", asking, ids=lambda asks: asks.__name__)
def test_what_asks_the_task_hub_raises_no_foreign_text_either(asks: Any, caplog: pytest.LogCaptureFixture) -> None:
    foreign = {"wakes": ["Token=abcdefghijklmnop1234"], "endpoint": ["key=abcdefghijklmnop1234"]}

    with caplog.at_level(logging.ERROR), pytest.raises(ActivityFault) as raised:
        asyncio.run(asks(foreign, None))

    assert "abcdefghijklmnop1234" not in str(raised.value)
    assert asks.__name__ in caplog.text
    assert raised.value.__cause__ is None


def test_an_answer_too_large_for_a_history_is_an_error() -> None:
    @activity
    def act(order: RegistrationRef) -> RegistrationRef:
        return RegistrationRef(model="m" * 5000, version="1")

    with pytest.raises(ValueError, match="5037 bytes"):
        act(PAYLOAD)


@pytest.mark.parametrize("answer", ["{}", "[{}]", '{{"a": [1, {{"b": {}}}]}}'])
def test_what_a_model_answers_is_never_rebuilt_as_an_object(answer: str) -> None:
    object_of_the_sdk = '{"__class__": "OrderedDict", "__module__": "collections", "__data__": "x"}'

    @activity
    def act(order: SmokeTestInput) -> SmokeTestResult:
        foreign = json.loads(answer.format(object_of_the_sdk))
        return SmokeTestResult(deployment="blue", http_status=200, answer=foreign, milliseconds=1)

    stored = json.dumps(act({"endpoint": "e", "deployment": "d", "test": {}}))

    # As a library without strict typing reads histories: it would look for a class, and raise or build one.
    read = json.loads(stored, object_hook=_deserialize_custom_object)
    assert "OrderedDict" in json.dumps(read["ok"]["answer"])


@pytest.mark.parametrize(
    ("act", "payload", "line"),
    [
        ("works", {"mark": "dep-1", "wanted": {"name": "not in the log"}}, r"ensure_it dep-1: ok after \d+\.\d\d s"),
        ("fails", {"mark": "dep-1", "wanted": 1}, r"ensure_it dep-1: EndpointBusy after \d+\.\d\d s"),
    ],
)
def test_an_activity_logs_one_line_that_holds_nothing_foreign(
    act: str, payload: dict[str, Any], line: str, caplog: pytest.LogCaptureFixture
) -> None:
    def ensure_it(order: EnsureInput) -> NewestVersion:
        if act == "fails":
            raise EndpointBusy("in words of Azure")
        return NewestVersion(version="of somebody")

    with caplog.at_level(logging.INFO):
        activity(ensure_it)(payload)

    [record] = caplog.records
    assert record.name == "slipway.activities"
    assert re.fullmatch(line, record.getMessage())


@pytest.mark.parametrize("character", ["я", "日", "🚀", "\\", "\n", "x"])
def test_a_failure_told_in_any_script_fits_a_history(character: str) -> None:
    error = ScoringScriptFailed(character * 2000, log_tail="first" + character * 5000 + "last")
    failure = raising(error)(PAYLOAD)["error"]

    assert failure["code"] == "ScoringScriptFailed"
    assert failure["message"].startswith(character)
    assert failure["log_tail"].endswith(character + "last")


def test_as_many_roles_as_a_request_takes_fit_a_history_even_when_the_last_is_refused() -> None:
    scope = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/" + "g" * 90
    longest = (MAX_ROLES_BYTES - 2 * MAX_ADDITIONAL_ROLES) // MAX_ADDITIONAL_ROLES - len(scope)
    asked = AccessRequest(additional=[{"role": "r" * longest, "scope": scope}] * MAX_ADDITIONAL_ROLES)  # type: ignore[list-item]  # as a caller writes it
    automatic = [
        ("AcrPull", f"{scope}/providers/Microsoft.ContainerRegistry/registries/{'r' * 50}"),
        ("Storage Blob Data Reader", f"{scope}/providers/Microsoft.Storage/storageAccounts/{'s' * 24}"),
    ]
    told = [(one.role, one.scope) for one in asked.additional] + automatic
    refused = MissingRight("я" * 1000, cause="AuthorizationFailed").to_failure()

    @activity
    def act(order: RegistrationRef) -> RolesEnsured:
        return RolesEnsured(
            entries=[LedgerEntry(kind="role_assignment", id=assignment_id(at, "who", role)) for role, at in told],
            newest=datetime(2026, 1, 1, tzinfo=UTC),
            refused=refused.model_copy(update={"message": beginning(refused.message, REFUSAL_BYTES)}),
        )

    assert len(act(PAYLOAD)["ok"]["entries"]) == MAX_ADDITIONAL_ROLES + 2


def test_more_than_can_be_told_is_not_taken() -> None:
    with pytest.raises(ValidationError, match="bytes of JSON"):
        AccessRequest.model_validate(
            {"additional": [{"role": "Роль " * 20, "scope": "/subscriptions/00000000-0000-0000-0000-000000000001"}] * 8}
        )
