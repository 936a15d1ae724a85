"""Online deployments of the local Azure through the real SDK, with real scoring processes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import CodeConfiguration, Environment, ManagedOnlineEndpoint, Model
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from local.cloud.cloud import LocalCloud
from local.cloud.world import (
    BLOB_CONTAINER,
    FEATURE_STORAGE,
    REGISTRY_ID,
    USER_ASSIGNED,
    WORKSPACE_STORAGE,
    storage_id,
)
from tests.local.cloud.sdk import (
    PROPAGATION,
    Describe,
    arm,
    deploy,
    detail,
    grant,
    keep_secret,
    principal_of,
    score,
    user_assigned,
)


@pytest.mark.usefixtures("endpoint")
class TestServing:
    def test_answers_with_the_models_own_result(self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe) -> None:
        began = cloud.clock.now()
        deployment = deploy(ml, deployment_of())
        assert deployment.provisioning_state == "Succeeded"
        assert cloud.clock.now() - began >= timedelta(minutes=7)
        answer = score(cloud, ml, {"data": [1, 2.5]})
        assert (answer.status_code, answer.json()) == (200, [2.0, 5.0])
        assert answer.headers["azureml-model-deployment"] == "blue"
        assert "factor is 2.0" in ml.online_deployments.get_logs("blue", "double", lines=100)

    def test_has_no_route_until_it_has_traffic(self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe) -> None:
        deploy(ml, deployment_of())
        assert score(cloud, ml, {"data": [1]}, pin=None).status_code == 404
        endpoint = ml.online_endpoints.get("double")
        endpoint.traffic = {"blue": 100}
        assert ml.online_endpoints.begin_create_or_update(endpoint).result().traffic == {"blue": 100}
        assert score(cloud, ml, {"data": [1]}, pin=None).json() == [2.0]

    def test_failing_init_fails_the_deployment_and_keeps_its_log(
        self, ml: MLClient, deployment_of: Describe, tmp_path: Path
    ) -> None:
        (tmp_path / "score.py").write_text(
            "def init():\n    raise RuntimeError('no such tokenizer')\ndef run(raw): ...\n"
        )
        code = CodeConfiguration(code=str(tmp_path), scoring_script="score.py")
        with pytest.raises(
            HttpResponseError, match=r"\(None\) ResourceNotReady: User container has crashed"
        ) as failure:
            deploy(ml, deployment_of(code_configuration=code))
        assert failure.value.status_code == 200  # the status of the operation's own document
        assert ml.online_deployments.get("blue", "double").provisioning_state == "Failed"
        assert "no such tokenizer" in ml.online_deployments.get_logs("blue", "double", lines=200)

    def test_replacing_it_serves_the_new_code(
        self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe, tmp_path: Path
    ) -> None:
        deploy(ml, deployment_of())
        (tmp_path / "score.py").write_text("def init(): ...\ndef run(raw): return 'second'\n")
        code = CodeConfiguration(code=str(tmp_path), scoring_script="score.py")
        deploy(ml, deployment_of(code_configuration=code))
        assert score(cloud, ml, {}).json() == "second"

    def test_files_that_cannot_be_laid_out_fail_it(
        self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe
    ) -> None:
        # A blob may have another one beneath it; a file may not.
        for name in ("odd/clash", "odd/clash/inside"):
            cloud.blobs.put(WORKSPACE_STORAGE, BLOB_CONTAINER, name, b"x")
        path = "azureml://datastores/workspaceblobstore/paths/odd"
        odd = ml.models.create_or_update(Model(name="odd", path=path, type="custom_model"))
        with pytest.raises(HttpResponseError, match="InternalServerError: The local Azure could not start"):
            deploy(ml, deployment_of(model=odd))
        assert ml.online_deployments.get("blue", "double").provisioning_state == "Failed"

    def test_own_variables_and_the_platforms_reach_the_process(
        self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe, tmp_path: Path
    ) -> None:
        script = (
            "import os\ndef init(): ...\ndef run(raw): return [os.environ.get(n) for n in ('MODE', 'HTTPS_PROXY')]\n"
        )
        (tmp_path / "score.py").write_text(script)
        code = CodeConfiguration(code=str(tmp_path), scoring_script="score.py")
        deploy(ml, deployment_of(code_configuration=code, environment_variables={"MODE": "calm"}))
        assert score(cloud, ml, {}).json() == ["calm", cloud.proxy_url]

    def test_scaling_keeps_the_rest(self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe) -> None:
        deploy(ml, deployment_of(tags={"team": "risk"}))
        path = "/onlineEndpoints/double/deployments/blue"
        with cloud.clock.busy():
            assert arm(cloud, "PATCH", path, body={"sku": {"capacity": 3}}).status_code == 200
            assert score(cloud, ml, {"data": [1]}).json() == [2.0]  # the running process serves meanwhile
        scaled = ml.online_deployments.get("blue", "double")
        assert (scaled.instance_count, scaled.tags) == (3, {"team": "risk"})
        (sku,) = arm(cloud, "GET", f"{path}/skus").json()["value"]
        assert (sku["sku"]["capacity"], sku["capacity"]["maximum"]) == (3, 50)

    def test_logs_are_cut_to_the_lines_asked_for(
        self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe
    ) -> None:
        deploy(ml, deployment_of())
        assert len(ml.online_deployments.get_logs("blue", "double", lines=2).splitlines()) == 2
        storage = ml.online_deployments.get_logs("blue", "double", lines=10, container_type="storage-initializer")
        assert "model double:1" in storage
        path = "/onlineEndpoints/double/deployments/blue/getLogs"
        assert arm(cloud, "POST", path, body={"containerType": "Sidecar"}).status_code == 400

    def test_deleting_it_ends_its_answers(self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe) -> None:
        deploy(ml, deployment_of())
        ml.online_deployments.begin_delete("blue", "double").result()
        assert score(cloud, ml, {"data": [1]}).status_code == 404
        with pytest.raises(ResourceNotFoundError):
            ml.online_deployments.get("blue", "double")


class TestEndpointIdentity:
    def test_user_assigned_needs_its_roles_and_they_need_time(
        self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe
    ) -> None:
        identity = USER_ASSIGNED[0].principal_id
        mine = ManagedOnlineEndpoint(name="double", auth_mode="key", identity=user_assigned())
        ml.online_endpoints.begin_create_or_update(mine).result()
        with pytest.raises(HttpResponseError, match=r"BadArgument: .*authorization error.*AcrPull"):
            deploy(ml, deployment_of())
        grant(cloud, "AcrPull", REGISTRY_ID, identity)
        with cloud.clock.busy():
            cloud.clock.advance(PROPAGATION)
        with pytest.raises(HttpResponseError, match=r"Storage Blob Data Reader"):
            deploy(ml, deployment_of())
        grant(cloud, "Storage Blob Data Reader", storage_id(WORKSPACE_STORAGE), identity)
        with pytest.raises(HttpResponseError, match=r"Storage Blob Data Reader"):
            deploy(ml, deployment_of())  # granted a minute ago: not in effect yet
        with cloud.clock.busy():
            cloud.clock.advance(PROPAGATION)
        assert deploy(ml, deployment_of()).provisioning_state == "Succeeded"

    @pytest.mark.usefixtures("endpoint")
    def test_scoring_script_gets_what_the_identity_may_read(
        self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe
    ) -> None:
        cloud.blobs.put(FEATURE_STORAGE, "features", "rate.txt", b"0.07")
        principal = principal_of(ml.online_endpoints.get("double"))
        address = keep_secret(cloud, "multiplier", "seven", principal)
        variables = {"SECRET_URL": f"{address}?api-version=7.4", "INJECTED": f"is ${{{{keyvault:{address}}}}}"}
        deploy(ml, deployment_of(code="as_identity", environment_variables=variables))
        refused = {"refused": 403, "code": "AuthorizationPermissionMismatch"}
        assert score(cloud, ml, {}).json() == refused
        grant(cloud, "Storage Blob Data Reader", storage_id(FEATURE_STORAGE), principal)
        with cloud.clock.busy():
            assert score(cloud, ml, {}).json() == refused
            cloud.clock.advance(PROPAGATION)
        assert score(cloud, ml, {}).json() == {"rate": "0.07", "secret": "seven", "injected": "is seven"}
        told = ml.online_deployments.get("blue", "double").environment_variables
        assert told["INJECTED"] == variables["INJECTED"]


@pytest.mark.usefixtures("endpoint")
class TestAdmission:
    def test_unknown_model_is_not_found(self, ml: MLClient, deployment_of: Describe, model: Model) -> None:
        with pytest.raises(ResourceNotFoundError, match="double and version: 9 not found") as refused:
            deploy(ml, deployment_of(model=str(model.id).replace("versions/1", "versions/9")))
        assert detail(refused.value)[1] == "ModelNotFound"

    def test_quota_counts_a_reserve_of_a_fifth(self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe) -> None:
        cloud.state.quota.cores = 7
        with pytest.raises(HttpResponseError, match=r"Not enough quota available for STANDARD_DS3_V2") as refused:
            deploy(ml, deployment_of())
        status, code, message = detail(refused.value)
        assert (status, code) == (400, "InferencingClientCreateDeploymentFailed")
        assert "usage/limit: 0/7. Additional needed: 8 Please" in message
        cloud.state.quota.cores = 8
        assert deploy(ml, deployment_of()).provisioning_state == "Succeeded"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"instance_type": "Standard_Imaginary"}, "InvalidInstanceType"),
            ({"instance_count": 51}, "InvalidInstanceCount"),
            ({"code_configuration": None}, "MissingDriverProgram"),
        ],
    )
    def test_what_cannot_run_is_refused(
        self, ml: MLClient, deployment_of: Describe, changes: dict[str, object], code: str
    ) -> None:
        with pytest.raises(HttpResponseError) as refused:
            deploy(ml, deployment_of(**changes))
        assert detail(refused.value)[:2] == (400, code)

    def test_image_that_cannot_run_here_fails_by_name(self, ml: MLClient, deployment_of: Describe) -> None:
        with pytest.raises(HttpResponseError, match=r"ImageNotRunnableLocally.*docker\.io/me/mine"):
            deploy(ml, deployment_of(environment=Environment(image="docker.io/me/mine:1")))

    def test_script_that_is_no_python_fails_by_name(
        self, ml: MLClient, deployment_of: Describe, tmp_path: Path
    ) -> None:
        (tmp_path / "plumber.R").write_text("function(req) req$body\n")
        code = CodeConfiguration(code=str(tmp_path), scoring_script="plumber.R")
        wanted = deployment_of(code_configuration=code)
        with pytest.raises(HttpResponseError, match=r"ImageNotRunnableLocally.*plumber\.R"):
            ml.online_deployments.begin_create_or_update(wanted, skip_script_validation=True).result()

    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            ({"modelMountPath": "/mnt/model"}, "modelMountPath"),
            ({"egressPublicNetworkAccess": "disabled"}, "network isolation"),
            ({"environmentVariables": {"AML_APP_ROOT": "/mine"}}, "the environment variable AML_APP_ROOT"),
            ({"endpointComputeType": "Kubernetes"}, "Kubernetes"),
        ],
    )
    def test_what_would_not_happen_is_refused_by_name(
        self, cloud: LocalCloud, changes: dict[str, object], named: str
    ) -> None:
        code = {"scoringScript": "score.py"}
        properties = {"endpointComputeType": "Managed", "codeConfiguration": code, **changes}
        body = {"location": "eastus", "properties": properties}
        answer = arm(cloud, "PUT", "/onlineEndpoints/double/deployments/blue", body=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (501, "NotEmulatedLocally")
        assert named in answer.json()["error"]["message"]

    def test_one_operation_at_a_time(self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe) -> None:
        with cloud.clock.busy():
            running = ml.online_deployments.begin_create_or_update(deployment_of())
            with pytest.raises(ResourceExistsError, match="already in progress"):
                ml.online_deployments.begin_create_or_update(deployment_of(name="green"))
            with pytest.raises(ResourceExistsError, match="already in progress"):
                ml.online_endpoints.begin_delete("double")
        assert running.result().provisioning_state == "Succeeded"

    def test_endpoint_that_is_updating_takes_no_deployment(
        self, cloud: LocalCloud, ml: MLClient, deployment_of: Describe, endpoint: ManagedOnlineEndpoint
    ) -> None:
        with cloud.clock.busy():
            updating = ml.online_endpoints.begin_create_or_update(endpoint)
            with pytest.raises(ResourceExistsError, match="because it is in Updating provisioning state"):
                ml.online_deployments.begin_create_or_update(deployment_of())
        updating.result()

    def test_deployment_with_traffic_is_not_deleted(self, ml: MLClient, deployment_of: Describe) -> None:
        deploy(ml, deployment_of())
        endpoint = ml.online_endpoints.get("double")
        endpoint.traffic = {"blue": 100}
        ml.online_endpoints.begin_create_or_update(endpoint).result()
        with pytest.raises(HttpResponseError, match="has 100 percent of endpoint") as refused:
            ml.online_deployments.begin_delete("blue", "double")
        assert refused.value.status_code == 400
