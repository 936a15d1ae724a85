"""The management clients of other people's scripts, on a local Azure without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
import requests
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient
from azure.mgmt.machinelearningservices import models as m
from azure.mgmt.monitor import MonitorManagementClient

from local.clock import Clock
from local.cloud.arm.router import ArmRouter
from local.cloud.cloud import LocalCloud
from local.cloud.faults import Faults
from local.cloud.gate import Gate
from local.cloud.journal import Journal
from local.cloud.machinelearning.records import Deployment, Operation, Stamps
from local.cloud.world import BLOB_CONTAINER, REGION, RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE, WORKSPACE_STORAGE
from tests.local.clients.autoscale_bodies import setting
from tests.local.clients.watched import PLACE
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


@pytest.fixture(scope="module")
def monitor(connect: Connect[MonitorManagementClient], ml: Any, cloud: LocalCloud) -> MonitorManagementClient:
    """A client, and an endpoint with a deployment that serves as far as the service knows."""
    body = m.OnlineEndpoint(location=REGION, properties=m.OnlineEndpointProperties(auth_mode="Key"))
    ml.online_endpoints.begin_create_or_update(RESOURCE_GROUP, WORKSPACE, "watched", body).result()
    endpoint = cloud.state.endpoint("watched")
    assert endpoint is not None
    now = cloud.clock.now()
    endpoint.deployments["blue"] = Deployment(
        name="blue",
        tags={},
        capacity=1,
        properties={"endpointComputeType": "Managed", "instanceType": "Standard_DS3_v2"},
        stamps=Stamps.new(now, "developer"),
        operation=Operation("done", "2024-04-01", now, "Succeeded", now),
        state="Succeeded",
    )
    cloud.state.quota.cores = 1000
    return connect(MonitorManagementClient)


@pytest.fixture
def scale(monitor: Any, cloud: LocalCloud) -> Iterator[Any]:
    """Makes the setting; afterwards there is none, one instance, and nothing was seen."""

    def make(**properties: Any) -> Any:
        return monitor.autoscale_settings.create_or_update(*PLACE, setting(**properties))

    yield make
    monitor.autoscale_settings.delete(*PLACE)
    cloud._providers.insights.forget()
    with cloud.state.lock:
        endpoint = cloud.state.endpoint("watched")
        assert endpoint is not None
        endpoint.deployments["blue"].capacity = 1
