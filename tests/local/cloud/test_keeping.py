"""A local Azure that goes on where another one left off."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.checkout import SCORING_PYTHON
from local.clock import Clock
from local.cloud.cloud import KeptCloud
from local.cloud.keeping import KeptDamaged
from local.cloud.world import BLOB_CONTAINER, DEVELOPER, WORKSPACE_STORAGE, WORKSPACE_VAULT
from local.process_environment import applied
from local.waiting import until
from tests.local.cloud.sdk import arm, keep_secret

BODY = {"location": "eastus", "properties": {"authMode": "Key"}}
MODEL = {"properties": {"modelUri": "azureml://datastores/workspaceblobstore/paths/some/", "modelType": "custom_model"}}


@contextmanager
def running(data: Path, clock: Clock) -> Iterator[KeptCloud]:
    with KeptCloud(data, clock, scoring_python=SCORING_PYTHON) as cloud, applied(cloud.environment("developer")):
        yield cloud


def test_everything_is_there_again(tmp_path: Path) -> None:
    clock = Clock(stepped=True)
    with running(tmp_path, clock) as cloud:
        before = cloud.environment("developer")["IDENTITY_HEADER"]
        cloud.blobs.put(WORKSPACE_STORAGE, BLOB_CONTAINER, "some/file", b"content")
        assert arm(cloud, "PUT", "/models/some/versions/1", body=MODEL).ok
        with clock.busy():
            assert arm(cloud, "PUT", "/onlineEndpoints/double", body=BODY).ok
            keep_secret(cloud, "key", "of the vault", DEVELOPER.principal_id)
            grants = [one.name for one in cloud.authorization.assignments()]
            keys = cloud.state.named("double").keys
            kept = clock.hold("the test")
    with running(tmp_path, clock) as cloud:
        assert cloud.environment("developer")["IDENTITY_HEADER"] == before
        assert cloud.blobs.get(WORKSPACE_STORAGE, BLOB_CONTAINER, "some/file").content() == b"content"
        assert arm(cloud, "GET", "/models/some/versions/1").ok
        assert [one.name for one in cloud.authorization.assignments()] == grants
        held = cloud.world.vaults.named(WORKSPACE_VAULT)
        assert held
        assert [one.current.value for one in held.secrets.values()] == ["of the vault"]
        assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o600
        assert arm(cloud, "GET", "/onlineEndpoints/double").json()["properties"]["provisioningState"] == "Creating"
        kept.release()
        assert until(lambda: cloud.state.named("double").state == "Succeeded")
        assert cloud.state.named("double").keys == keys
    clock.close()


def test_what_was_kept_by_another_version_is_refused(tmp_path: Path) -> None:
    clock = Clock(stepped=True)
    (tmp_path / "kept").write_bytes(b"something else")
    with pytest.raises(KeptDamaged, match="begin with --fresh"):
        KeptCloud(tmp_path, clock, scoring_python=SCORING_PYTHON)
    clock.close()
