"""azure-mgmt-machinelearningservices against the local Azure: everything made, read, listed, changed and removed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.machinelearningservices import models as m

from local.cloud.cloud import LocalCloud
from local.cloud.machinelearning.scoring import EndpointDirectory
from local.cloud.world import REGION, RESOURCE_GROUP, WORKSPACE
from tests import samples

HERE = (RESOURCE_GROUP, WORKSPACE)
FILES = "azureml://datastores/workspaceblobstore/paths/files"
KINDS: dict[str, tuple[type, Any]] = {
    "model": (m.ModelVersion, m.ModelVersionProperties(model_uri=FILES, model_type="custom_model")),
    "code": (m.CodeVersion, m.CodeVersionProperties(code_uri=FILES)),
    "environment": (m.EnvironmentVersion, m.EnvironmentVersionProperties(image=samples.IMAGE)),
    "data": (m.DataVersionBase, m.UriFolderDataVersion(data_uri=FILES)),
}


@contextmanager
def refused(code: str, status: int = 400) -> Iterator[None]:
    """As `refusals.refused`, but Machine Learning tells most of its codes among the details of *UserError*."""
    with pytest.raises(HttpResponseError) as raised:
        yield
    assert raised.value.status_code == status
    assert raised.value.error
    assert code in [raised.value.error.code, *(one.code for one in raised.value.error.details or [])]


class TestAssets:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_version_lives(self, ml: Any, kind: str) -> None:
        versions, containers = getattr(ml, f"{kind}_versions"), getattr(ml, f"{kind}_containers")
        whole, properties = KINDS[kind]
        made = versions.create_or_update(*HERE, "mine", "1", whole(properties=properties))
        assert (made.name, versions.get(*HERE, "mine", "1").id) == ("1", made.id)

        made.properties.tags = {"team": "risk"}
        assert versions.create_or_update(*HERE, "mine", "1", made).properties.tags == {"team": "risk"}
        assert [one.name for one in versions.list(*HERE, "mine")] == ["1"]
        assert containers.get(*HERE, "mine").properties.next_version == "2"
        assert "mine" in [one.name for one in containers.list(*HERE)]

        versions.delete(*HERE, "mine", "1")
        with pytest.raises(ResourceNotFoundError):
            versions.get(*HERE, "mine", "1")
        containers.delete(*HERE, "mine")
        with pytest.raises(ResourceNotFoundError):
            containers.get(*HERE, "mine")

    def test_a_container_is_made_and_described(self, ml: Any) -> None:
        body = m.ModelContainer(properties=m.ModelContainerProperties(description="all of them"))
        assert ml.model_containers.create_or_update(*HERE, "empty", body).properties.description == "all of them"
        assert list(ml.model_versions.list(*HERE, "empty")) == []
        ml.model_containers.delete(*HERE, "empty")

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({}, ["3", "2"]),
            ({"order_by": "createdtime asc"}, ["2", "3"]),
            ({"version": "2"}, ["2"]),
            ({"tags": "stage=test"}, ["2"]),
            ({"tags": "stage"}, ["3", "2"]),
            ({"tags": "stage=test,team"}, []),
            ({"properties": "origin=job"}, ["3"]),
            ({"description": "second"}, ["2"]),
            ({"list_view_type": "All"}, ["3", "2", "1"]),
            ({"list_view_type": "ArchivedOnly"}, ["1"]),
            ({"top": 1}, ["3", "2"]),
        ],
    )
    def test_lists_are_filtered(self, ml: Any, asked: dict[str, Any], found: list[str]) -> None:
        given = {
            "1": m.ModelVersionProperties(model_uri=FILES, is_archived=True),
            "2": m.ModelVersionProperties(model_uri=FILES, tags={"stage": "test"}, description="the second"),
            "3": m.ModelVersionProperties(model_uri=FILES, tags={"stage": "live"}, properties={"origin": "job"}),
        }
        for version, properties in given.items():
            ml.model_versions.create_or_update(*HERE, "many", version, m.ModelVersion(properties=properties))
        assert [one.name for one in ml.model_versions.list(*HERE, "many", **asked)] == found

    def test_code_is_found_by_its_hash(self, ml: Any) -> None:
        properties = m.CodeVersionProperties(code_uri=FILES, properties={"hash_sha256": "abc", "hash_version": "1"})
        ml.code_versions.create_or_update(*HERE, "hashed", "1", m.CodeVersion(properties=properties))
        assert [one.name for one in ml.code_versions.list(*HERE, "made-up", hash="abc")] == ["1"]

    @pytest.mark.parametrize(
        ("kind", "version", "properties", "code", "status"),
        [
            ("model", "v1", {"model_uri": FILES}, "InvalidModelVersion", 400),
            ("model", "1.0", {"model_uri": FILES}, "InvalidModelVersion", 400),
            ("model", "9", {"model_uri": f"{FILES}/nothing"}, "AssetPathNotFound", 400),
            ("model", "9", {"model_uri": "azureml://datastores/another/paths/x"}, "DatastoreNotFound", 404),
            ("model", "9", {"model_uri": "azureml://jobs/train/outputs/artifacts/paths/x/"}, "JobNotFound", 404),
            ("model", "9", {"model_uri": "runs:/train/model"}, "JobNotFound", 404),
            ("model", "9", {"model_uri": "https://example.com/model"}, "InvalidAssetPath", 400),
            ("model", "9", {"model_uri": FILES, "model_type": "pickle"}, "InvalidRequestBody", 400),
            ("code", "9", {"code_uri": f"{FILES}/nothing"}, "AssetPathNotFound", 400),
            ("environment", "9", {}, "InvalidEnvironment", 400),
            ("environment", "9", {"image": "i", "build": m.BuildContext(context_uri=FILES)}, "InvalidEnvironment", 400),
            ("environment", "9", {"build": m.BuildContext(context_uri=f"{FILES}/no")}, "AssetPathNotFound", 400),
        ],
    )
    def test_what_points_to_nothing_is_refused(
        self, ml: Any, kind: str, version: str, properties: dict[str, Any], code: str, status: int
    ) -> None:
        whole, sample = KINDS[kind]
        body = whole(properties=type(sample)(**properties))
        with refused(code, status):
            getattr(ml, f"{kind}_versions").create_or_update(*HERE, "wrong", version, body)
        with pytest.raises(ResourceNotFoundError):
            getattr(ml, f"{kind}_containers").get(*HERE, "wrong")

    def test_data_may_name_what_is_still_to_be_written(self, ml: Any) -> None:
        body = m.DataVersionBase(properties=m.UriFolderDataVersion(data_uri=f"{FILES}/collected/later"))
        assert ml.data_versions.create_or_update(*HERE, "later", "2026-01-05", body).name == "2026-01-05"


def endpoint(**changes: Any) -> m.OnlineEndpoint:
    identity = m.ManagedServiceIdentity(type=changes.pop("identity", "SystemAssigned"))
    properties = m.OnlineEndpointProperties(**{"auth_mode": "Key", **changes.pop("properties", {})})
    return m.OnlineEndpoint(**{"location": REGION, "identity": identity, "properties": properties, **changes})


class TestEndpoints:
    def test_an_endpoint_lives(self, ml: Any) -> None:
        made = ml.online_endpoints.begin_create_or_update(*HERE, "lives", endpoint(tags={"team": "risk"})).result()
        assert made.properties.provisioning_state == "Succeeded"
        patch = m.PartialMinimalTrackedResourceWithIdentity(tags={"team": "credit"})
        assert ml.online_endpoints.begin_update(*HERE, "lives", patch).result().tags == {"team": "credit"}
        assert ml.online_endpoints.get(*HERE, "lives").properties.auth_mode == "Key"
        before = ml.online_endpoints.list_keys(*HERE, "lives")
        ml.online_endpoints.begin_regenerate_keys(
            *HERE, "lives", m.RegenerateEndpointKeysRequest(key_type="Secondary")
        ).result()
        after = ml.online_endpoints.list_keys(*HERE, "lives")
        assert (before.primary_key == after.primary_key, before.secondary_key == after.secondary_key) == (True, False)
        with refused("InvalidAuthMode"):
            ml.online_endpoints.get_token(*HERE, "lives")
        ml.online_endpoints.begin_delete(*HERE, "lives").result()
        with pytest.raises(ResourceNotFoundError):
            ml.online_endpoints.get(*HERE, "lives")

    def test_lists_are_filtered(self, ml: Any) -> None:
        for name, tags in (("first", {"team": "risk"}), ("second", {"team": "credit", "live": "yes"})):
            ml.online_endpoints.begin_create_or_update(*HERE, name, endpoint(tags=tags)).result()

        def names(**asked: Any) -> list[str]:
            # Other tests make others.
            return [one.name for one in ml.online_endpoints.list(*HERE, **asked) if one.name in ("first", "second")]

        assert names() == names(compute_type="Managed") == ["first", "second"]
        assert names(name="second") == names(tags="live") == names(tags="team=credit") == ["second"]
        assert names(compute_type="Kubernetes") == names(tags="team=nobody") == names(properties="own") == []
        assert names(order_by="CreatedAtDesc") == ["second", "first"]
        assert names(count=1) == ["first", "second"]
        with refused("InvalidOrderBy"):
            names(order_by="ByName")
        with refused("InvalidQueryParameter"):
            names(compute_type="Toaster")

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"location": "westeurope"}, "InvalidLocation"),
            ({"tags": {f"n{number}": "v" for number in range(51)}}, "InvalidRequestBody"),
            ({"tags": {"n": "v" * 257}}, "InvalidRequestBody"),
            ({"properties": {"auth_mode": "Password"}}, "InvalidRequestBody"),
            ({"properties": {"mirror_traffic": {"blue": 10}}}, "InferencingClientUpdateEndpointFailed"),
            ({"identity": "UserAssigned"}, "InvalidIdentity"),
        ],
    )
    def test_what_cannot_be_is_refused(self, ml: Any, changes: dict[str, Any], code: str) -> None:
        with refused(code):
            ml.online_endpoints.begin_create_or_update(*HERE, "wrong", endpoint(**changes))

    def test_a_new_auth_mode_is_in_force_after_the_update(self, ml: Any, cloud: LocalCloud) -> None:
        ml.online_endpoints.begin_create_or_update(*HERE, "later", endpoint()).result()
        directory = EndpointDirectory(cloud.world, cloud.state)
        with cloud.clock.busy():
            changed = endpoint(properties={"auth_mode": "AADToken"})
            updating = ml.online_endpoints.begin_create_or_update(*HERE, "later", changed)
            view = directory.endpoint("later")
            assert view is not None
            assert (ml.online_endpoints.get(*HERE, "later").properties.auth_mode, view.auth_mode) == ("AADToken", "Key")
        updating.result()
        after = directory.endpoint("later")
        assert after is not None
        assert after.auth_mode == "AADToken"


def test_the_workspace_and_its_datastore_are_read(ml: Any) -> None:
    assert ml.workspaces.get(*HERE).name == WORKSPACE
    assert [one.name for one in ml.workspaces.list_by_resource_group(RESOURCE_GROUP)] == [WORKSPACE]
    assert [one.name for one in ml.workspaces.list_by_subscription()] == [WORKSPACE]
    assert [one.name for one in ml.datastores.list(*HERE)] == ["workspaceblobstore", "workspaceworkingdirectory"]
    assert ml.datastores.get(*HERE, "workspaceblobstore").properties.is_default
    assert ml.datastores.list_secrets(*HERE, "workspaceblobstore").sas_token


def test_cores_are_counted_by_family(ml: Any, cloud: LocalCloud) -> None:
    usages = {one.name.value: (one.current_value, one.limit) for one in ml.usages.list(REGION)}
    assert usages["Standard DSv2 Family Cluster Dedicated vCPUs"] == (0, 24)
    assert usages["Standard NCADSA100v4 Family Cluster Dedicated vCPUs"] == (0, 0)
    quotas = {one.name.value: one.limit for one in ml.quotas.list(REGION)}
    assert quotas["Standard DSv2 Family Cluster Dedicated vCPUs"] == 24
    sizes = {one.name.lower(): (one.family, one.v_cp_us) for one in ml.virtual_machine_sizes.list(REGION).value}
    assert sizes["standard_ds3_v2"] == ("standardDSv2Family", 4)
    with refused("LocationNotAvailableForResourceType"):
        list(ml.usages.list("westeurope"))


def test_a_compute_instance_lives_as_its_client_asks(ml: Any, cloud: LocalCloud) -> None:
    def machine(size: str = "Standard_DS3_v2") -> Any:
        inner = m.ComputeInstanceProperties(vm_size=size)
        return m.ComputeResource(location=REGION, properties=m.ComputeInstance(properties=inner))

    def state() -> str:
        return str(ml.compute.get(*HERE, "machine").properties.properties.state)

    made = ml.compute.begin_create_or_update(*HERE, "machine", machine()).result()
    assert (made.name, made.properties.provisioning_state, state()) == ("machine", "Succeeded", "Running")
    assert [one.name for one in ml.compute.list(*HERE)] == ["machine"]
    usages = {one.name.value: one.current_value for one in ml.usages.list(REGION)}
    assert usages["Standard DSv2 Family Cluster Dedicated vCPUs"] == 4
    ml.compute.begin_stop(*HERE, "machine").result()
    assert state() == "Stopped"
    with refused("Conflict", 409):
        ml.compute.begin_stop(*HERE, "machine")
    with refused("Conflict", 409):
        ml.compute.begin_create_or_update(*HERE, "machine", machine())
    ml.compute.begin_start(*HERE, "machine").result()
    ml.compute.begin_restart(*HERE, "machine").result()
    assert state() == "Running"
    for name, other, code in (
        ("no", machine(), "InvalidComputeName"),
        ("other", machine("Standard_Nothing"), "InvalidVmSize"),
        ("other", machine("Standard_NC24ads_A100_v4"), "OutOfQuota"),
    ):
        with refused(code):
            ml.compute.begin_create_or_update(*HERE, name, other)
    with refused("NotEmulatedLocally", 501):
        ml.compute.begin_create_or_update(
            *HERE, "cluster", m.ComputeResource(location=REGION, properties=m.AmlCompute())
        )
    ml.compute.begin_delete(*HERE, "machine", "Delete").result()
    with refused("ComputeNotFound", 404):
        ml.compute.get(*HERE, "machine")


@pytest.mark.parametrize("operations", ["batch_endpoints", "jobs", "schedules"])
def test_what_is_not_emulated_says_so(ml: Any, operations: str) -> None:
    with refused("NotEmulatedLocally", 501):
        list(getattr(ml, operations).list(*HERE))


@pytest.fixture(scope="module")
def parts(ml: Any) -> dict[str, str]:
    """An endpoint, and what a deployment of it is made of."""
    ml.online_endpoints.begin_create_or_update(*HERE, "serves", endpoint()).result()
    return {
        kind: getattr(ml, f"{kind}_versions").create_or_update(*HERE, "part", "1", whole(properties=properties)).id
        for kind, (whole, properties) in KINDS.items()
    }


class TestDeployments:
    @staticmethod
    def described(parts: dict[str, str], *, capacity: int = 1, **changes: Any) -> m.OnlineDeployment:
        code = m.CodeConfiguration(code_id=parts["code"], scoring_script="score.py")
        fields = {
            "model": parts["model"],
            "environment_id": parts["environment"],
            "code_configuration": code,
            "instance_type": "Standard_DS3_v2",
        }
        properties = m.ManagedOnlineDeployment(**{**fields, **changes})
        sku = m.Sku(name="Default", capacity=capacity)
        return m.OnlineDeployment(location=REGION, sku=sku, properties=properties)

    def test_a_deployment_lives(self, ml: Any, parts: dict[str, str]) -> None:
        place = (*HERE, "serves", "blue")
        with refused_late():
            ml.online_deployments.begin_create_or_update(*place, self.described(parts)).result()
        assert ml.online_deployments.get(*place).properties.provisioning_state == "Failed"
        assert [one.name for one in ml.online_deployments.list(*HERE, "serves")] == ["blue"]
        assert [one.resource_type for one in ml.online_deployments.list_skus(*place)] != []
        assert isinstance(ml.online_deployments.get_logs(*place, m.DeploymentLogsRequest(tail=5)).content, str)
        used = {one.name.value: one.current_value for one in ml.usages.list(REGION)}
        assert used["Standard DSv2 Family Cluster Dedicated vCPUs"] == 8
        with refused_late():
            patch = m.PartialMinimalTrackedResourceWithSku(sku=m.PartialSku(capacity=2), tags={"team": "risk"})
            ml.online_deployments.begin_update(*place, patch).result()
        changed = ml.online_deployments.get(*place)
        assert (changed.sku.capacity, changed.tags) == (2, {"team": "risk"})
        ml.online_deployments.begin_delete(*place).result()
        with pytest.raises(ResourceNotFoundError):
            ml.online_deployments.get(*place)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"instance_type": "Standard_NC6"}, "InvalidInstanceType"),
            ({"instance_type": "Standard_NC24ads_A100_v4"}, "InferencingClientCreateDeploymentFailed"),
            ({"capacity": 6}, "InferencingClientCreateDeploymentFailed"),
            ({"capacity": 0}, "InvalidRequestBody"),
            ({"scale_settings": m.TargetUtilizationScaleSettings()}, "InvalidScaleSettings"),
            ({"request_settings": {"request_timeout": "PT10M"}}, "InvalidRequestBody"),
            ({"request_settings": {"max_concurrent_requests_per_instance": 0}}, "InvalidRequestBody"),
            ({"liveness_probe": {"period": "PT0S"}}, "InvalidRequestBody"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, ml: Any, parts: dict[str, str], changes: dict[str, Any], code: str
    ) -> None:
        if "request_settings" in changes:
            changes = {"request_settings": m.OnlineRequestSettings(**changes["request_settings"])}
        if "liveness_probe" in changes:
            changes = {"liveness_probe": m.ProbeSettings(**changes["liveness_probe"])}
        with refused(code):
            ml.online_deployments.begin_create_or_update(*HERE, "serves", "red", self.described(parts, **changes))


@contextmanager
def refused_late() -> Iterator[None]:
    """The files of these tests are no scoring script: the operation is taken, and fails."""
    with pytest.raises(HttpResponseError, match=r"score\.py"):
        yield
