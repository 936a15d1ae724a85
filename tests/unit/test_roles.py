"""Roles by any of their names, and which actions of a role definition are as good as the role itself."""

from __future__ import annotations

from typing import Any

import pytest

from activities.roles import ACR_PULL, BLOB_READER, METRICS_WRITER, OPENAI_USER, SECRETS_READER, BuiltInRole, asked_for
from azure_api.rights import allows
from contracts.request import RoleGrant
from local.process_environment import applied

SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
DEFINITIONS = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Authorization/roleDefinitions"
ML = "Microsoft.MachineLearningServices/workspaces"
SETTINGS = {"SLIPWAY_SUBSCRIPTION_ID": "s", "SLIPWAY_RESOURCE_GROUP": "rg", "SLIPWAY_WORKSPACE": "team"}


@pytest.mark.parametrize(
    ("written", "role"),
    [
        ("AcrPull", ACR_PULL),
        ("ACR pull", ACR_PULL),
        ("ACR pull |Pull container image", ACR_PULL),
        ("Workspace metrics writer", METRICS_WRITER),
        ("AzureML Metrics Writer (preview)", METRICS_WRITER),
        ("storage blob data reader", BLOB_READER),
        ("Azure Machine Learning Workspace Connection Secrets Reader", SECRETS_READER),
        ("OpenAI User", OPENAI_USER),
        (BLOB_READER.guid.upper(), BLOB_READER),
        (f"{DEFINITIONS}/{SECRETS_READER.guid}", SECRETS_READER),
    ],
)
def test_a_role_is_known_by_any_of_its_names(written: str, role: BuiltInRole) -> None:
    with applied(SETTINGS):
        found = asked_for(RoleGrant(role=written, scope=SCOPE))

    assert (found.role, found.guid) == (role.name, role.guid)


@pytest.mark.parametrize(
    ("role", "permission", "met"),
    [
        # What the documents call a customised role.
        (SECRETS_READER, {"actions": [f"{ML}/connections/listsecrets/action"]}, True),
        (SECRETS_READER, {"actions": [f"{ML}/*/action"], "notActions": [f"{ML}/listKeys/action"]}, True),
        (SECRETS_READER, {"actions": [f"{ML}/*/action"], "notActions": [f"{ML}/connections/*"]}, False),
        (SECRETS_READER, {"actions": [f"{ML}/connections/read"]}, False),
        (ACR_PULL, {"actions": ["*/read"]}, True),
        (BLOB_READER, {"actions": ["*"]}, False),
        (BLOB_READER, {"dataActions": ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"]}, True),
        (BLOB_READER, {"dataActions": ["*"], "notDataActions": ["Microsoft.Storage/*"]}, False),
        (OPENAI_USER, {"dataActions": ["Microsoft.CognitiveServices/*"]}, True),
        (METRICS_WRITER, {"actions": [f"{ML}/*/write"]}, True),
    ],
)
def test_an_action_is_had_by_any_role_that_contains_it(
    role: BuiltInRole, permission: dict[str, Any], met: bool
) -> None:
    assert allows(permission, str(role.action), on_data=role.on_data) == met
