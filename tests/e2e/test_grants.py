"""Roles beyond the automatic ones: as many as allowed, and told of exactly when one of them may not be granted."""

import pytest

from local.cloud import world
from local.process_environment import forget_connections
from local.stack import LocalStack
from tests import samples

FEATURES = world.storage_id(world.FEATURE_STORAGE)
OPENAI_USER, SECRETS_READER = (
    "Cognitive Services OpenAI User",
    "Azure Machine Learning Workspace Connection Secrets Reader",
)
SCOPES = (FEATURES, world.storage_id(world.WORKSPACE_STORAGE), world.WORKSPACE_ID, world.REGISTRY_ID)


def test_as_many_roles_as_a_request_may_ask_for_are_granted(stack: LocalStack) -> None:
    asked = [{"role": role, "scope": scope} for role in (OPENAI_USER, SECRETS_READER) for scope in SCOPES]

    status = stack.deploy(samples.request(access={"additional": asked}))

    assert status["status"] == "Succeeded"
    assert sum(entry["kind"] == "role_assignment" for entry in status["ledger"]) == len(asked) + 2


def test_a_role_that_azure_does_not_let_be_granted_fails_before_anything_is_made(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The app may, and the condition on its right to grant does not know of it.
    monkeypatch.setenv("SLIPWAY_GRANTABLE_ROLES", "Contributor")
    forget_connections()
    asked = [{"role": "Storage Blob Data Reader", "scope": FEATURES}, {"role": "Contributor", "scope": FEATURES}]

    status = stack.deploy(samples.request(access={"additional": asked}))

    assert (status["status"], status["error"]["code"], status["error"]["step"]) == (
        "Failed",
        "MissingRight",
        "plan_deployment",
    )
    assert "Contributor" in status["error"]["message"]
    assert status["ledger"] == []
    assert stack.cloud.state.endpoints == {}
