"""Scopes, identities and paths of a request mean what is written, to whoever resolves them."""

from __future__ import annotations

import pytest

from contracts.problems import read_request
from tests.unit.changed_request import GRANT_SCOPE, IDENTITY, SUBSCRIPTION, changed, problems

# Whoever resolves a `.` ends at another scope than the one that was read; so does who drops an empty part.
NO_SCOPES = [
    "",
    "/",
    "/subscriptions",
    "/subscriptions/00000000-0000-0000-0000-00000000000",
    SUBSCRIPTION + "/",
    SUBSCRIPTION + "/resourceGroups",
    SUBSCRIPTION + "/resourceGroups/.",
    SUBSCRIPTION + "/resourceGroups/..",
    GRANT_SCOPE + "/",
    GRANT_SCOPE + "/.",
    GRANT_SCOPE + "//providers/Microsoft.Storage/storageAccounts/a",
    GRANT_SCOPE + "/providers/Microsoft.Storage",
    GRANT_SCOPE + "/providers/Microsoft.Storage/storageAccounts",
    GRANT_SCOPE + "/providers/Microsoft.Storage/storageAccounts/.",
    GRANT_SCOPE + "/providers/Microsoft.Storage/./a",
    GRANT_SCOPE + "/providers/./storageAccounts/a",
    GRANT_SCOPE + "/providers/Microsoft.Storage/storageAccounts/..",
    GRANT_SCOPE + "/providers/Microsoft.Storage/storageAccounts/a/",
    GRANT_SCOPE + "/providers/Microsoft.Storage/storageAccounts/%2e",
    GRANT_SCOPE + "?x=1",
    GRANT_SCOPE + "\n",
    " " + GRANT_SCOPE,
]
SCOPES = [
    SUBSCRIPTION,
    GRANT_SCOPE,
    GRANT_SCOPE.replace("resourceGroups", "resourcegroups"),
    SUBSCRIPTION + "/resourceGroups/a.b-c_(d)",
    GRANT_SCOPE + "/providers/Microsoft.Storage/storageAccounts/a/blobServices/default/containers/c",
    GRANT_SCOPE + "/providers/Microsoft.KeyVault/vaults/v/secrets/s",
]


@pytest.mark.parametrize("scope", NO_SCOPES)
def test_a_scope_that_could_mean_another_one_is_refused(scope: str) -> None:
    body = changed("access/additional", [{"role": "Reader", "scope": scope}])

    assert problems(body) == [("access.additional.0.scope", "invalid_value")]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_is_taken_as_it_is_written(scope: str) -> None:
    body = changed("access/additional", [{"role": "Reader", "scope": scope}])

    assert read_request(body).access.additional[0].scope == scope


@pytest.mark.parametrize(
    "scope", [f"{SUBSCRIPTION}/resourceGroups/{name}{IDENTITY}" for name in (".", "..", "", "a/b")]
)
def test_an_identity_of_another_group_than_the_one_written_is_refused(scope: str) -> None:
    identity = {"type": "user_assigned", "user_assigned_identities": [{"resource_id": scope}]}

    assert problems(changed("endpoint/identity", identity)) == [
        ("endpoint.identity.user_assigned_identities.0.resource_id", "invalid_value")
    ]


NO_PATHS = ["a/./b", "a/..", "a/../b", "a//b", "a/%2e%2e/b", "a/%2E/b", "a%2f..", "./a", "a?sv=1", "a#b", "a\\b"]


@pytest.mark.parametrize("path", NO_PATHS)
def test_a_datastore_path_that_leads_elsewhere_is_refused(path: str) -> None:
    model = {"name": "a", "version": "1", "path": f"azureml://datastores/d/paths/{path}"}

    assert problems(changed("model", model)) == [("model.path", "invalid_value")]


@pytest.mark.parametrize(
    "path",
    [
        "azureml://datastores/d/paths/a.b/c..d/.hidden",
        "azureml://datastores/d/paths/made/",
        "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/a%20b",
    ],
)
def test_a_datastore_path_is_taken_as_it_is_written(path: str) -> None:
    body = changed("model", {"name": "a", "version": "1", "path": path})
    assert read_request(body).model.path == path  # type: ignore[union-attr]
