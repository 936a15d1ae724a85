"""How a management client tells that it was refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from azure.core.exceptions import HttpResponseError


@contextmanager
def refused(code: str, status: int = 400, text: str = "") -> Iterator[None]:
    """What is done inside is refused so, and in words that hold `text`."""
    with pytest.raises(HttpResponseError) as raised:
        yield
    assert (raised.value.status_code, raised.value.error.code if raised.value.error else None) == (status, code)
    assert text in str(raised.value)
