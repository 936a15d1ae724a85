"""What is cut out of texts before they are stored, and what is left alone."""

import json

import pytest

from contracts.errors import LOG_TAIL_LIMIT, MESSAGE_LIMIT, ProvisioningFailed, all_errors
from contracts.redaction import MASK, redact

KEY = "Ab3+" * 21 + "xy=="
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
OPAQUE = "Zk3v_9-QpT7xWm2b"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {OPAQUE}",
        f"authorization=bearer  {JWT}",
        "Authorization: Basic dXNlcjpwYXNzd29yZA==",
        f"token {JWT} expired",
        f"AccountName=a;AccountKey={KEY};EndpointSuffix=core.windows.net",
        f"the key is {KEY}.",
        f"https://a.blob.core.windows.net/c/b?sv=2021&sig={OPAQUE}%3D&se=2026",
        f"SharedAccessSignature sv=2021&sig={OPAQUE}",
        json.dumps({"primaryKey": OPAQUE, "secondaryKey": OPAQUE}),
        json.dumps({"accessToken": OPAQUE, "tokenType": "Bearer"}),
        str({"IDENTITY_HEADER": OPAQUE, "MSI_SECRET": OPAQUE}),
        f"IDENTITY_HEADER={OPAQUE}",
        f"x-identity-header: {OPAQUE}",
        f"client_secret={OPAQUE}&grant_type=client_credentials",
        f"api-key: {OPAQUE}",
        f"password={OPAQUE}",
        f"postgres://app:{OPAQUE}@db.example.com/x",
    ],
)
def test_a_secret_is_cut_out(text: str) -> None:
    redacted = redact(text)

    assert MASK in redacted
    assert not [secret for secret in (KEY, JWT, OPAQUE, "dXNlcjpwYXNzd29yZA") if secret in redacted]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "KeyError: 'weights'; the key is missing",
        "Bearer of bad news",
        "the access token is invalid",
        "https://aka.ms/oe-tsg#error-resourcenotready",
        "GET https://management.azure.com:443/subscriptions/x@y 404",
        "design=1&assigned=2",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/x",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text) == text


def test_a_known_secret_is_cut_out_wherever_it_stands() -> None:
    assert redact("it is hunter2, hunter2!", "hunter2", "") == f"it is {MASK}, {MASK}!"


def test_what_is_redacted_stays_as_it_is() -> None:
    once = redact(f"AccountKey={KEY} Bearer {OPAQUE} password={OPAQUE}")

    assert redact(once) == once


def test_an_error_redacts_its_message_and_its_log_before_they_are_cut() -> None:
    log = "x" * LOG_TAIL_LIMIT + f" AccountKey={KEY}" + "y" * (LOG_TAIL_LIMIT - 40)
    error = ProvisioningFailed("m" * (MESSAGE_LIMIT - 15) + f" Bearer {JWT}", log_tail=log)
    failure = error.to_failure()

    assert len(failure.message) == MESSAGE_LIMIT
    assert "eyJ" not in failure.message
    assert failure.log_tail is not None
    assert len(failure.log_tail) == LOG_TAIL_LIMIT
    assert "AccountKey=[redacted]" in failure.log_tail


@pytest.mark.parametrize("name", all_errors())
def test_every_error_says_its_name_and_what_to_do(name: str) -> None:
    failure = all_errors()[name](f"it broke: Bearer {JWT}").to_failure()

    assert (failure.code, failure.message) == (name, f"it broke: Bearer {MASK}")
    assert failure.suggestion.endswith(".")
