"""The management clients of other people's scripts, on a local Azure without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
import requests
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient

from local.clock import Clock
from local.cloud.arm.router import ArmRouter
from local.cloud.cloud import LocalCloud
from local.cloud.faults import Faults
from local.cloud.gate import Gate
from local.cloud.journal import Journal
from local.cloud.world import BLOB_CONTAINER, SUBSCRIPTION, WORKSPACE_STORAGE
from tests.local.cloud.conftest import SCORING_PYTHON
from tests.local.in_process import Http, InProcess

Client = TypeVar("Client")
Connect = Callable[[Callable[..., Client]], Client]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    clock = Clock(stepped=True)
    made = LocalCloud(tmp_path_factory.mktemp("azure"), clock, scoring_python=SCORING_PYTHON)
    made.blobs.put(WORKSPACE_STORAGE, BLOB_CONTAINER, "files/file", b"x")
    yield made
    made.close()
    clock.close()


@pytest.fixture(scope="module")
def connect(cloud: LocalCloud) -> Connect[Any]:
    """Makes a management client of the developer's."""
    router = ArmRouter(
        cloud.arm_routes,
        clock=cloud.clock,
        tokens=cloud.world.tokens,
        permissions=cloud.authorization,
        lock=cloud.state.lock,
    )
    session = requests.Session()
    session.mount("https://", InProcess(Http(Gate(router, cloud.clock, Journal(), Faults()))))

    def connected(client: Callable[..., Client]) -> Client:
        transport = RequestsTransport(session=session, session_owner=False)
        return client(cloud.credential("developer"), SUBSCRIPTION, transport=transport, retry_total=0)

    return connected


@pytest.fixture(scope="module")
def ml(connect: Connect[MachineLearningServicesMgmtClient]) -> MachineLearningServicesMgmtClient:
    return connect(MachineLearningServicesMgmtClient)
