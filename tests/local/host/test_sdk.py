"""What the host adjusts in the SDK must not change an answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dateutil.parser import parse  # type: ignore[import-untyped] # the SDK brings it, without annotations

from local.host.events import stamp
from local.host.sdk import parse_timestamp, prepare
from tests.local.host.driver import START


@pytest.mark.parametrize(
    "text",
    [
        stamp(START),
        stamp(START + timedelta(microseconds=1)),
        "2026-11-20T06:22:44.9874861Z",
        "2026-11-20T06:22:44Z",
        "2026-11-20T06:22:44+05:00",
        "2026-11-20T06:22:44",
    ],
)
def test_timestamps_are_read_as_the_sdk_would_read_them(text: str) -> None:
    prepare()
    read, expected = parse_timestamp(text), parse(text)
    assert read == expected
    assert str(read) == str(expected)
    assert read.utcoffset() == expected.utcoffset()
