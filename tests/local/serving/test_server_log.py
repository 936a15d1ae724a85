"""A container's log: whose time its lines carry."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local.cloud.serving.server_log import restamped

VIRTUAL = datetime(2030, 1, 1, 12, 30, 15, tzinfo=UTC)
REAL = datetime(2026, 11, 26, 9, 17, 52, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (b"2026-11-26 09:17:51,990 I [1] azmlinfsrv - hello", b"2030-01-01 12:30:15,990 I [1] azmlinfsrv - hello"),
        (b"[2026-11-26 09:17:52 +0000] [1] [INFO] hello", b"[2030-01-01 12:30:15 +0000] [1] [INFO] hello"),
        (b'127.0.0.1 - - [26/Nov/2026:09:17:52 +0000] "GET /"', b'127.0.0.1 - - [01/Jan/2030:12:30:15 +0000] "GET /"'),
        (b"2019-05-01 00:00:00 was a Wednesday", b"2019-05-01 00:00:00 was a Wednesday"),
        (b"read at 2026-11-26 09:17:52", b"read at 2026-11-26 09:17:52"),
        (b"2026-99-99 99:99:99 is no moment", b"2026-99-99 99:99:99 is no moment"),
    ],
)
def test_a_line_is_stamped_with_the_moment_it_came(written: bytes, kept: bytes) -> None:
    assert restamped(written, VIRTUAL, REAL) == kept
