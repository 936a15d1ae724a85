"""Whole numbers in requests to the local Azure: what is none is refused by name, wherever one is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.cloud.blob import leases
from local.cloud.blob.errors import BlobError
from local.cloud.world import WORKSPACE_ID
from local.whole_numbers import whole_number
from tests.local.cloud.routed import World, routed

# Digits to `str.isdigit`; to `int`; more than Python reads; a sign; what `int` passes over.
NO_NUMBERS = ["²", "٣", "9" * 5000, "-1", "+1", "1_0", " 1", "1.0", "x"]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.text() | st.integers().map(str))
def test_a_number_is_what_digits_write(text: str) -> None:
    number = whole_number(text)
    assert number is None or (number >= 0 and set(text) <= set("0123456789") and number == int(text))


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_every_number_that_fits_is_read(number: int) -> None:
    assert whole_number(str(number)) == number


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with routed(tmp_path_factory.mktemp("azure")) as made:
        yield made


@pytest.mark.parametrize("text", NO_NUMBERS, ids=lambda text: ascii(text)[:12])
@pytest.mark.parametrize("name", ["$skip", "$top", "count"])
def test_a_list_of_arm(world: World, name: str, text: str) -> None:
    refused = world.get(f"{WORKSPACE_ID}/models/there/versions", **{name: text})
    assert f"{name} must be a whole number" in str(refused["error"])


@pytest.mark.parametrize("text", NO_NUMBERS, ids=lambda text: ascii(text)[:12])
def test_a_lease_of_a_blob(text: str) -> None:
    held = leases.acquired(leases.NO_LEASE, {"x-ms-lease-duration": "15"}, NOW)
    for action, header in ((leases.broken, "break-period"), (leases.acquired, "duration")):
        if (header, text) == ("duration", "-1"):  # a lease without end
            continue
        with pytest.raises(BlobError) as refused:
            action(held, {"x-ms-lease-id": held.id, f"x-ms-lease-{header}": text}, NOW + timedelta(seconds=1))
        assert refused.value.code == "InvalidHeaderValue"
