"""What Azure's errors mean: each of `azure_errors.json`, as its source quotes it, with what follows from it.

A row's `again` says whether Slipway tries again, `whose` whose problem it is, and `do` is some of the advice. Rows with
`code` and `message` are put on the wire as the machine learning service does it; those with `body` are the wire itself.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from azure_api.error_bodies import MOST_OF_A_MESSAGE, read_body, unwrap
from azure_api.error_rule import AzureError
from azure_api.error_rules import BY_STATUS, RULES, rule_for
from azure_api.errors import meaning, refusal_in
from contracts.errors import DeploymentError

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "azure_errors.json").read_text())

# What passes by itself, whatever is said with it.
PASSING = {408, 429, 500, 502, 503, 504}


def seen(row: dict[str, Any]) -> AzureError:
    if "body" in row:
        body = read_body(row["body"]) if isinstance(row["body"], str) else row["body"]
        return unwrap(row["status"], body)
    error = {"code": row["code"], "message": row["message"]}
    return unwrap(row["status"], {"status": "Failed", "error": error} if row["status"] == 200 else {"error": error})


def again(error: type[DeploymentError]) -> str:
    return "while roles take effect" if error.propagation else "yes" if error.retryable else "no"


def name(row: dict[str, Any]) -> str:
    return f"{row['status']} {row.get('code') or ''} {row.get('message') or row['source']}"[:80]


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_an_azure_error_means(row: dict[str, Any]) -> None:
    error = meaning(seen(row))

    assert type(error).__name__ == row["means"]
    assert (again(type(error)), type(error).whose) == (row["again"], row["whose"])
    assert row["do"] in error.advice


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["{}", "Access denied to list workspace secret due to invalid authentication."], "SecretsNotReadable"),
        (["may not perform 'Microsoft.MachineLearningServices/workspaces/datastores/read'"], "DatastoreNotReadable"),
        (["(AuthorizationPermissionMismatch)", "connections/c/listsecrets?x failed"], "SecretsNotReadable"),
        (["(AuthorizationPermissionMismatch)"], "AccessNotYetEffective"),
        (["ValueError: weights do not fit the features", ""], None),
    ],
)
def test_what_an_identity_was_refused_is_told_by_answers_and_logs(texts: list[str], code: str | None) -> None:
    found = refusal_in(*texts)

    assert (found and found.__name__) == code
    assert found is None or found.propagation


@pytest.mark.parametrize("row", [row for row in ROWS if "body" in row], ids=name)
def test_a_body_of_any_shape_gives_its_most_telling_code_and_words(row: dict[str, Any]) -> None:
    error = meaning(seen(row))

    assert error.cause == row.get("cause", error.cause)
    assert row.get("says", "") in error.message


def test_there_are_enough_of_them_and_each_names_its_source() -> None:
    answers = {json.dumps([row["status"], row.get("code"), row.get("message"), row.get("body")]) for row in ROWS}

    assert len(answers) == len(ROWS) >= 120
    assert all(row["source"] for row in ROWS)


def test_nothing_is_tried_again_for_its_status_alone_unless_that_passes() -> None:
    for row in ROWS:
        rule = rule_for(seen(row))

        assert rule not in BY_STATUS or again(rule.error) == "no" or row["status"] in PASSING, name(row)


def test_a_status_alone_is_tried_again_only_where_it_passes() -> None:
    for status in range(400, 600):
        error = meaning(AzureError(status, "", "so it is"))

        assert error.retryable == (status in PASSING), status
        assert "so it is" in error.message, status


def test_every_rule_decides_some_row() -> None:
    deciding = {id(rule_for(seen(row))) for row in ROWS}

    assert not [rule for rule in RULES if id(rule) not in deciding]


def test_every_rule_asks_for_something_and_says_where_it_was_seen() -> None:
    assert all((rule.status or rule.code or rule.text) and rule.source for rule in RULES)


def test_a_refusal_that_no_rule_knows_is_shown_whole() -> None:
    told = " ".join(f"reason {number};" for number in range(80))

    assert meaning(AzureError(409, "Odd", told)).message == f"Azure answered 409 Odd: {told}"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "Conflict", "message": "no", "details": [{"code": "Conflict"}, {"code": "ScopeLocked"}]}},
        {"error": {"code": "Conflict", "details": [{"details": [{"details": [{"code": "ScopeLocked"}]}]}]}},
        {"error": {"code": "UserError", "innerError": {"code": "Conflict", "innererror": {"code": "ScopeLocked"}}}},
        {"error": {"code": "Conflict", "InnerError": {"Code": "ScopeLocked"}}},
        {"Error": {"Code": "ScopeLocked", "Message": "no"}},
        {"odata.error": {"code": "ScopeLocked", "message": {"lang": "en", "value": "no"}}},
        {"error": {"code": None, "message": "ResourceOperationFailure: ScopeLocked: no"}},
        {"error": {"code": None, "message": "(ScopeLocked) The scope cannot be written"}},
        {"error": {"code": None, "message": "(None) ScopeLocked: no"}},
        {
            "error": {
                "code": "Conflict",
                "message": "(None) {'error': {'message': 'ResourceLocked'}, 'code': 'ScopeLocked'}",
            }
        },
        {"error": {"code": "BadRequest", "message": '{\r\n "error": {"code": "ScopeLocked", "message": "no"}\r\n}'}},
        {"error": {"code": "BadRequest", "message": 'it said {\\"error\\": {\\"code\\": \\"ScopeLocked\\"}} to us'}},
        {"error": {"code": "BadRequest", "message": '{"error": {"code": "ScopeLocked", "message": "cut sho'}},
        {"error": {"code": "BadRequest", "message": "{'details': [{'code': 'ScopeLocked', 'message': None}]}"}},
        {"statusCode": 409, "code": "ScopeLocked", "message": "no", "details": None},
        [{"error": {"code": "ScopeLocked", "message": "no"}}],
    ],
)
def test_a_telling_code_is_found_wherever_it_is(body: Any) -> None:
    assert unwrap(409, body).code == "ScopeLocked"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"code": "OddThing", "message": "Note: this is a word"}}, "OddThing"),
        ({"error": {"code": "OddThing", "message": "no", "innererror": {"date": "2026-01-01"}}}, "OddThing"),
        ({"error": {"code": "BadRequest", "details": [{"code": "OddThing"}, {"code": "Conflict"}]}}, "OddThing"),
        ({"error": {"code": "OddThing", "details": [{"code": "Unspecified", "message": "no"}]}}, "OddThing"),
        ({"error": {"code": "OddThing", "message": "(None) it broke"}}, "OddThing"),
        ({"error": {"code": "", "message": "no"}}, ""),
    ],
)
def test_a_code_that_tells_nothing_does_not_stand_before_one_that_may(body: Any, code: str) -> None:
    assert unwrap(409, body).code == code


def test_only_so_much_of_a_long_body_is_read() -> None:
    long = unwrap(409, {"error": {"code": "Conflict", "message": "no " * 100_000}})
    many = unwrap(409, {"error": {"code": "Conflict", "details": [{"code": "Conflict"}] * 500 + [{"code": "Odd"}]}})
    prefixes = unwrap(200, {"error": {"code": None, "message": "FirstCode: " + "NextCode: " * 50 + "LastCode: no"}})

    assert len(long.message) == MOST_OF_A_MESSAGE
    assert many.code == "Conflict"
    assert prefixes.code == "NextCode"


def test_a_body_without_end_is_read_as_far_as_an_error_goes() -> None:
    endless: dict[str, Any] = {"code": "Conflict", "message": "the outermost"}
    for _ in range(3000):
        endless = {"code": "Conflict", "details": [endless], "message": "{" * 1000}

    assert unwrap(409, endless).code == "Conflict"
