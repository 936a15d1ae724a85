"""Who gets tokens, what they are good for, and what nobody can reach."""

from __future__ import annotations

import os
from datetime import timedelta

import httpx
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient

from local.cloud.cloud import LocalCloud
from local.cloud.world import APP, FEATURE_STORAGE, USER_ASSIGNED, storage_id
from local.waiting import PATIENCE
from tests.local.cloud.sdk import arm

FEATURES = "https://slipwayfeatures.blob.core.windows.net"
ARM_SCOPE, STORAGE_SCOPE = "https://management.azure.com/.default", "https://storage.azure.com/.default"


class TestProxy:
    @pytest.mark.parametrize(
        "url",
        [
            "https://example.com/",
            "https://login.microsoftonline.com/",
            "https://unknownaccount.blob.core.windows.net/",
            "https://management.azure.com.example.com/",
            "https://management.azure.com:8443/",
            "https://a.b.eastus.inference.ml.azure.com/score",
        ],
    )
    def test_refuses_every_host_that_is_not_emulated(self, cloud: LocalCloud, url: str) -> None:
        signs_in = "nobody signs in here, .* use DefaultAzureCredential"
        why = f"403 .* refuses CONNECT .*: {signs_in if 'login' in url else 'only the Azure hosts it emulates'}"
        with pytest.raises(requests.exceptions.ProxyError, match=why):
            requests.get(url, timeout=PATIENCE)
        with pytest.raises(httpx.ProxyError, match=why):
            httpx.get(url, timeout=PATIENCE)
        assert len(cloud.refused_hosts()) == 2

    def test_refuses_plain_http(self, cloud: LocalCloud) -> None:
        answer = requests.get("http://management.azure.com/", timeout=PATIENCE)
        assert answer.status_code == 403
        assert "only the Azure hosts it emulates" in answer.text

    def test_certificates_are_of_its_own_authority(self, cloud: LocalCloud) -> None:
        with pytest.raises(requests.exceptions.SSLError):
            requests.get("https://management.azure.com/", verify="/etc/ssl/certs/ca-certificates.crt", timeout=PATIENCE)

    def test_environment_overrides_every_certificate_setting(self, cloud: LocalCloud) -> None:
        for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
            assert cloud.environment()[name] == str(cloud.authority)

    def test_the_directory_tells_nothing_to_an_identity_without_rights_in_it(self, cloud: LocalCloud) -> None:
        token = cloud.credential().get_token("https://graph.microsoft.com/.default").token
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get("https://graph.microsoft.com/v1.0/servicePrincipals", headers=headers, timeout=PATIENCE)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")

    def test_registry_discovery_is_answered_at_once(self, cloud: LocalCloud) -> None:
        url = "https://eastus.api.azureml.ms/registrymanagement/v1.0/registries/azureml/discovery"
        assert requests.get(url, timeout=PATIENCE).status_code == 404


class TestManagedIdentity:
    def test_header_decides_who_one_is(self, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        for identity in ("slipway-app", "developer"):
            monkeypatch.setenv("IDENTITY_HEADER", cloud.environment(identity)["IDENTITY_HEADER"])
            token = DefaultAzureCredential().get_token(ARM_SCOPE).token
            assert arm(cloud, "GET", "", token=token).status_code == 200
            assert cloud.journal.entries()[-1].caller == identity

    def test_wrong_header_gets_nothing(self, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IDENTITY_HEADER", "guessed")
        with pytest.raises(ClientAuthenticationError):
            ManagedIdentityCredential().get_token(ARM_SCOPE)

    def test_only_attached_identities_can_be_chosen(self, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        credit, spare, *_ = USER_ASSIGNED
        monkeypatch.setenv("IDENTITY_HEADER", cloud.environment(credit.name)["IDENTITY_HEADER"])
        assert ManagedIdentityCredential(client_id=credit.client_id).get_token(ARM_SCOPE).token
        by_resource = ManagedIdentityCredential(identity_config={"mi_res_id": str(credit.resource_id)})
        assert by_resource.get_token(ARM_SCOPE).token
        with pytest.raises(ClientAuthenticationError):
            ManagedIdentityCredential(client_id=spare.client_id).get_token(ARM_SCOPE)

    def test_unknown_resource_is_refused(self, cloud: LocalCloud) -> None:
        with pytest.raises(ClientAuthenticationError):
            ManagedIdentityCredential().get_token("https://example.com/.default")


class TestTokens:
    def test_token_for_one_service_is_no_use_at_another(self, cloud: LocalCloud) -> None:
        credential = cloud.credential("developer")
        wrong = arm(cloud, "GET", "", token=credential.get_token(STORAGE_SCOPE).token)
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "InvalidAuthenticationTokenAudience")
        headers = {"Authorization": f"Bearer {credential.get_token(ARM_SCOPE).token}"}
        blob = requests.get(f"{FEATURES}/features/x", headers=headers, timeout=PATIENCE)
        assert (blob.status_code, blob.headers["x-ms-error-code"]) == (401, "InvalidAuthenticationInfo")

    def test_changed_token_is_refused(self, cloud: LocalCloud) -> None:
        token = cloud.credential("spare-identity").get_token(ARM_SCOPE).token
        head, _, signature = token.split(".")
        _, stolen, _ = cloud.credential("developer").get_token(ARM_SCOPE).token.split(".")
        forged = arm(cloud, "GET", "", token=f"{head}.{stolen}.{signature}")
        assert (forged.status_code, forged.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")

    @pytest.mark.parametrize("token", ["no.token.at-all", "a.b.\xff"])
    def test_what_is_no_token_is_refused(self, cloud: LocalCloud, token: str) -> None:
        answer = arm(cloud, "GET", "", token=token)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")

    def test_no_token_is_refused_with_a_challenge(self, cloud: LocalCloud) -> None:
        answer = requests.get(
            "https://management.azure.com/subscriptions/x/resourceGroups/y?api-version=2021-04-01", timeout=PATIENCE
        )
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")


class TestBlobs:
    @pytest.fixture
    def blobs(self, cloud: LocalCloud) -> BlobServiceClient:
        return BlobServiceClient(FEATURES, credential=DefaultAzureCredential())

    def test_reading_needs_the_role(self, cloud: LocalCloud, blobs: BlobServiceClient) -> None:
        cloud.blobs.put(FEATURE_STORAGE, "features", "rate.txt", b"0.07")
        blob = blobs.get_blob_client("features", "rate.txt")
        with pytest.raises(HttpResponseError) as refused:
            blob.download_blob().readall()
        assert refused.value.status_code == 403
        assert "ErrorCode:AuthorizationPermissionMismatch" in str(refused.value)
        cloud.authorization.seed(APP.principal_id, "Storage Blob Data Reader", storage_id(FEATURE_STORAGE))
        assert blob.download_blob().readall() == b"0.07"
        with pytest.raises(HttpResponseError, match="not authorized"):
            blob.upload_blob(b"0.08", overwrite=True)

    def test_contributor_writes_lists_and_deletes(self, cloud: LocalCloud, blobs: BlobServiceClient) -> None:
        cloud.authorization.seed(APP.principal_id, "Storage Blob Data Contributor", storage_id(FEATURE_STORAGE))
        container = blobs.get_container_client("features")
        content = os.urandom(5 * 1024 * 1024)
        small_blocks = BlobServiceClient(
            FEATURES, credential=DefaultAzureCredential(), max_single_put_size=1024, max_block_size=1024 * 1024
        )
        small_blocks.get_blob_client("features", "a/large.bin").upload_blob(content, metadata={"kind": "noise"})
        container.upload_blob("a/b/empty.txt", b"")
        assert container.download_blob("a/large.bin").readall() == content
        assert container.download_blob("a/large.bin", offset=3, length=4).readall() == content[3:7]
        assert container.download_blob("a/b/empty.txt").readall() == b""
        assert container.get_blob_client("a/large.bin").get_blob_properties().metadata == {"kind": "noise"}
        assert [one.name for one in container.walk_blobs("a/")] == ["a/b/", "a/large.bin"]
        assert [one.name for one in container.list_blobs(results_per_page=1)] == ["a/b/empty.txt", "a/large.bin"]
        with pytest.raises(HttpResponseError, match="already exists"):
            container.upload_blob("a/large.bin", b"again")
        container.delete_blob("a/large.bin")
        with pytest.raises(ResourceNotFoundError):
            container.download_blob("a/large.bin")

    @pytest.mark.parametrize("query", ["", "?sig=made-up&sp=r&se=2099-01-01T00:00:00Z&ss=b&srt=co&sv=2025-01-05"])
    def test_without_a_valid_signature_nothing_is_read(self, cloud: LocalCloud, query: str) -> None:
        cloud.blobs.put(FEATURE_STORAGE, "features", "rate.txt", b"0.07")
        answer = requests.get(f"{FEATURES}/features/rate.txt{query}", timeout=PATIENCE)
        assert answer.status_code == (403 if query else 401)
        assert answer.content != b"0.07"

    def test_signature_ends_and_is_for_its_account(self, cloud: LocalCloud) -> None:
        secrets = arm(cloud, "POST", "/datastores/workspaceblobstore/listSecrets").json()
        container = arm(cloud, "GET", "/datastores/workspaceblobstore").json()["properties"]["containerName"]
        listing = f"{secrets['sasToken']}&restype=container&comp=list"
        own = f"https://slipwaylocal.blob.core.windows.net/{container}"
        with cloud.clock.busy():
            assert requests.get(f"{own}{listing}", timeout=PATIENCE).status_code == 200
            assert requests.get(f"{FEATURES}/features{listing}", timeout=PATIENCE).status_code == 403
            cloud.clock.advance(timedelta(minutes=61))
            assert requests.get(f"{own}{listing}", timeout=PATIENCE).status_code == 403
