"""Bad days on demand, the journal that remembers them, and a clean start."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from azure.ai.ml import MLClient
from azure.ai.ml.entities import ManagedOnlineEndpoint, Model
from azure.core.exceptions import HttpResponseError

from local.cloud.cloud import LocalCloud
from local.cloud.faults import Fault
from local.cloud.grants import OWN_ROLE_SEEDS, ROLE_SEEDS
from local.cloud.world import APP, USER_ASSIGNED, storage_id
from local.waiting import PATIENCE
from tests.local.cloud.sdk import Describe, arm, deploy, score

READ_ENDPOINT = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/read"
WRITE_ENDPOINT = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write"
BODY = {"location": "eastus", "properties": {"authMode": "Key"}}
# With an identity of the customer's own, which is the same each time the name is used again.
OWN_IDENTITY = {"type": "UserAssigned", "userAssignedIdentities": {str(USER_ASSIGNED[0].resource_id): {}}}


def put_endpoint(cloud: LocalCloud) -> requests.Response:
    with cloud.clock.busy():
        return arm(cloud, "PUT", "/onlineEndpoints/double", body=BODY)


class TestFaults:
    def test_nth_call_gets_the_given_answer(self, cloud: LocalCloud) -> None:
        body = {"error": {"code": "TooManyRequests", "message": "slow down"}}
        cloud.faults.add(
            Fault(operation="*/datastores/read", skip=1, times=2, status=429, headers={"Retry-After": "7"}, body=body)
        )
        answers = [arm(cloud, "GET", "/datastores/workspaceblobstore") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 429, 429, 200]
        assert (answers[1].headers["Retry-After"], answers[1].json()) == ("7", body)

    def test_method_and_path_narrow_it(self, cloud: LocalCloud) -> None:
        cloud.faults.add(Fault(method="GET", path=r"/datastores/work\w+$", times=None, status=500))
        assert arm(cloud, "GET", "/datastores").status_code == 200
        assert arm(cloud, "POST", "/datastores/workspaceblobstore/listSecrets").status_code == 200
        assert arm(cloud, "GET", "/datastores/workspaceblobstore").status_code == 500

    def test_sdk_survives_what_it_retries(self, cloud: LocalCloud, ml: MLClient) -> None:
        cloud.faults.add(Fault(operation="*/workspaces/read", status=503, headers={"Retry-After": "0.01"}))
        assert ml.workspaces.get("slipway-workspace").location == "eastus"

    def test_connection_lost_before_leaves_nothing_done(self, cloud: LocalCloud) -> None:
        cloud.faults.add(Fault(operation=WRITE_ENDPOINT, drop="before"))
        with pytest.raises(requests.ConnectionError):
            put_endpoint(cloud)
        assert arm(cloud, "GET", "/onlineEndpoints/double").status_code == 404

    def test_connection_lost_after_leaves_it_done(self, cloud: LocalCloud) -> None:
        cloud.faults.add(Fault(operation=WRITE_ENDPOINT, drop="after"))
        with pytest.raises(requests.ConnectionError):
            put_endpoint(cloud)
        assert arm(cloud, "GET", "/onlineEndpoints/double").status_code == 200
        assert [one.status for one in cloud.journal.entries(operation=WRITE_ENDPOINT)] == [None]

    def test_delay_is_virtual_time(self, cloud: LocalCloud) -> None:
        cloud.faults.add(Fault(operation=READ_ENDPOINT, delay=timedelta(hours=3)))
        began = cloud.clock.now()
        arm(cloud, "GET", "/onlineEndpoints/double")
        assert cloud.clock.now() - began >= timedelta(hours=3)

    def test_dead_refuses_everything_until_cleared(self, cloud: LocalCloud) -> None:
        session = requests.Session()
        identity = cloud.environment()["IDENTITY_ENDPOINT"]
        assert session.get(identity, timeout=PATIENCE).status_code == 401
        cloud.faults.dead = True
        with pytest.raises(requests.ConnectionError):
            arm(cloud, "GET", "")
        with pytest.raises(requests.ConnectionError):
            session.get(identity, timeout=PATIENCE)
        cloud.faults.clear()
        assert arm(cloud, "GET", "").status_code == 200

    @pytest.mark.parametrize(
        "wrong", [{"drop": "sometimes"}, {"drop": "after", "status": 500}, {"path": "("}, {"never": 1}]
    )
    def test_a_fault_that_means_nothing_is_refused(self, cloud: LocalCloud, wrong: dict[str, object]) -> None:
        answer = requests.post(f"{cloud.control_url}/local/faults", json=wrong, timeout=PATIENCE)
        assert answer.status_code == 400
        assert answer.json()["error"]


class TestJournal:
    def test_says_who_did_what_and_when(self, cloud: LocalCloud) -> None:
        put_endpoint(cloud)
        (entry,) = cloud.journal.entries(operation=WRITE_ENDPOINT)
        assert (entry.caller, entry.method, entry.status, entry.write) == ("developer", "PUT", 201, True)
        assert entry.api_version == "2023-04-01-preview"
        assert entry.host == "management.azure.com"
        assert entry.at <= cloud.clock.now()

    @pytest.mark.usefixtures("endpoint")
    def test_holds_no_secret(self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe) -> None:
        deploy(ml, deployment_of())
        score(cloud, ml, {"data": [1]})
        keys = ml.online_endpoints.get_keys("double")
        text = json.dumps([entry.document() for entry in cloud.journal.entries()])
        assert len(text) > 1000
        for secret in (keys.primary_key, cloud.environment()["IDENTITY_HEADER"], "sig=", "Bearer", "eyJ"):
            assert secret not in text


class TestControl:
    @pytest.fixture
    def get(self, cloud: LocalCloud) -> Callable[[str], dict[str, Any]]:
        return lambda path: requests.get(f"{cloud.control_url}/local/{path}", timeout=PATIENCE).json()

    def test_shows_the_world(self, cloud: LocalCloud, get: Callable[[str], dict[str, Any]], model: Model) -> None:
        put_endpoint(cloud)
        assert get("health")["status"] == "Healthy"
        state = get("state")
        assert state["models"] == ["double:1"]
        assert [one["name"] for one in state["endpoints"]] == ["double"]
        assert "primaryKey" not in json.dumps(state)
        assert {one["role"] for one in get("assignments")["value"]} >= {"Owner", "AcrPull"}
        assert any(one["path"].endswith("/listSecrets") for one in get("routes")["value"])
        after = get("journal")["value"][-1]["n"]
        arm(cloud, "GET", "")
        assert [one["operation"] for one in get(f"journal?after={after}")["value"]] == [
            "Microsoft.MachineLearningServices/workspaces/read"
        ]

    def test_changes_the_world(self, cloud: LocalCloud, get: Callable[[str], dict[str, Any]]) -> None:
        def post(path: str, body: object) -> int:
            return requests.post(f"{cloud.control_url}/local/{path}", json=body, timeout=PATIENCE).status_code

        assert post("quota", {"cores": 6}) == 200
        assert (cloud.state.quota.cores, cloud.state.quota.endpoints) == (6, 100)
        assert post("quota", {"corse": 6}) == 400
        assert post("propagation", {"kind": "fixed", "seconds": 1200}) == 204
        assert cloud.authorization.propagation.delay == timedelta(minutes=20)
        assert post("propagation", {"kind": "sometimes"}) == 400
        assert post("faults", {"operation": "*/workspaces/read", "status": 500, "delay": 1.5}) == 201
        assert get("faults")["value"][0]["delay"] == 1.5
        requests.delete(f"{cloud.control_url}/local/faults", timeout=PATIENCE)
        assert get("faults") == {"dead": False, "value": []}
        assert post("faults", {"dead": True}) == 200
        assert cloud.faults.dead


@pytest.mark.usefixtures("endpoint")
def test_reset_brings_the_seeded_world_back(cloud: LocalCloud, ml: MLClient, deployment_of: Describe) -> None:
    deploy(ml, deployment_of())
    cloud.authorization.seed(APP.principal_id, "Reader", ROLE_SEEDS[0].scope)
    cloud.state.quota.cores = 1
    cloud.state.shares_processes = True
    cloud.faults.add(Fault(status=500, times=None))
    with cloud.clock.busy():
        process = cloud.state.endpoints["double"].deployments["blue"].process
        cloud.reset()
    assert process is not None
    assert process.state == "stopped"
    assert not cloud.state.shares_processes
    assert cloud.journal.entries() == []
    assert len(cloud.authorization.assignments()) == len((*ROLE_SEEDS, *OWN_ROLE_SEEDS))
    assert list(ml.online_endpoints.list()) == []
    assert list(ml.models.list()) == []
    made = ml.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="double", auth_mode="key")).result()
    assert made.provisioning_state == "Succeeded"
    with pytest.raises(HttpResponseError):
        ml.models.get("double", "1")


def test_reset_forgets_operations_under_way(cloud: LocalCloud) -> None:
    with cloud.clock.busy():
        arm(cloud, "PUT", "/onlineEndpoints/double", body=BODY)
        cloud.reset()
        cloud.clock.advance(timedelta(hours=1))
    assert arm(cloud, "GET", "/onlineEndpoints/double").status_code == 404


def deleted(cloud: LocalCloud) -> None:
    assert arm(cloud, "DELETE", "/onlineEndpoints/double").ok
    cloud.world.schedule.pass_time(timedelta(hours=1))


@pytest.mark.parametrize("forget", [LocalCloud.reset, deleted])
def test_an_endpoint_made_anew_has_no_diagnostic_settings(
    cloud: LocalCloud, forget: Callable[[LocalCloud], None]
) -> None:
    def settings(method: str, name: str, body: object = None) -> requests.Response:
        every = "/onlineEndpoints/double/providers/Microsoft.Insights/diagnosticSettings"
        return arm(cloud, method, every + name, body=body, version="2021-05-01-preview")

    endpoint, storage = {**BODY, "identity": OWN_IDENTITY}, {"storageAccountId": storage_id("slipwaylogs")}
    assert arm(cloud, "PUT", "/onlineEndpoints/double", body=endpoint).ok
    assert settings("PUT", "/mine", {"properties": storage}).ok
    assert len(settings("GET", "").json()["value"]) == 1
    with cloud.clock.busy():
        cloud.world.schedule.pass_time(timedelta(hours=1))
        forget(cloud)
    assert arm(cloud, "PUT", "/onlineEndpoints/double", body=endpoint).ok
    assert settings("GET", "").json()["value"] == []
