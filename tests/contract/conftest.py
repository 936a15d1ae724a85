"""Which Slipway is asked: the one of SLIPWAY_CONTRACT_URL, or a local stack of this run's own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import LocalStack
from tests import samples
from tests.contract.service import Service

URL, KEY, REQUEST = (f"SLIPWAY_CONTRACT_{name}" for name in ("URL", "KEY", "REQUEST"))
READ_ONLY = "SLIPWAY_CONTRACT_READ_ONLY"


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack | None]:
    """A local stack that checks keys as Azure does; None where another Slipway is asked.

    No longer than these tests: the environment that it needs is that of the whole process.
    """
    if os.environ.get(URL):
        yield None
        return
    with LocalStack(tmp_path_factory.mktemp("contract"), check_keys=True) as started:
        samples.register_all(started)
        yield started


@pytest.fixture(scope="module")
def service(own_stack: LocalStack | None) -> Iterator[Service]:
    """The Slipway that is asked."""
    url, key = os.environ.get(URL, ""), os.environ.get(KEY, "")
    if own_stack is not None:
        url, key = own_stack.host.url, own_stack.host.keys.master
    assert key, "say which key: make contract URL=... KEY=..."
    with Service(url, key, writes=not os.environ.get(READ_ONLY)) as asked:
        yield asked


@pytest.fixture(scope="module")
def wanted(own_stack: LocalStack | None) -> dict[str, Any] | None:
    """A request that can succeed there, if one is at hand."""
    if own_stack is not None:
        return samples.request(endpoint="contract")
    path = os.environ.get(REQUEST)
    if not path:
        return None
    body: dict[str, Any] = json.loads(Path(path).read_text())
    return body
