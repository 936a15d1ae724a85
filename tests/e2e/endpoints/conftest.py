"""One stack for all that is told and asked of an online endpoint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.cloud.machinelearning.records import Endpoint
from local.stack import LocalStack
from tests import samples


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A workspace with one endpoint: blue has its traffic, green keeps two machines for nothing."""
    with LocalStack(tmp_path_factory.mktemp("endpoints")) as started:
        samples.register_all(started)
        code = samples.register_code(started, "passes_on")
        for name, traffic, count in (("blue", "all_at_once", 1), ("green", "none", 2)):
            body = samples.request(deployment=name, code=code, expect={"contains": "data"}, traffic=traffic)
            body["deployment"]["instance_count"] = count
            assert started.deploy(body)["status"] == "Succeeded"
        yield started


@pytest.fixture
def stack(shared: LocalStack) -> Iterator[LocalStack]:
    yield shared
    shared.cloud.faults.clear()


@pytest.fixture
def endpoint(stack: LocalStack) -> Iterator[Endpoint]:
    """The endpoint as the local Azure has it, put back afterwards."""
    found = stack.cloud.state.endpoints["credit-risk"]
    before = dict(vars(found))
    yield found
    vars(found).update(before)
