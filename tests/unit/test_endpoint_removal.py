"""Removing an endpoint, with the roles of the identity that goes with it."""

from __future__ import annotations

from typing import Any

import pytest

from activities import endpoints
from activities.endpoints import Endpoints
from activities.resource import There
from azure_api import begin
from contracts.activities import EntryInput
from contracts.ledger import LedgerEntry

GIVEN = {"/identity": {"principalId": "given"}}


@pytest.mark.parametrize(
    ("identity", "revoked"),
    [
        ({"identity": {"type": "SystemAssigned", "principalId": "own"}}, ["own"]),
        ({"identity": {"type": "UserAssigned", "userAssignedIdentities": GIVEN}}, []),
        ({"identity": {"type": "SystemAssigned", "principalId": None}}, []),
        ({"identity": {"type": "SystemAssigned"}}, []),
        ({"identity": None}, []),
        ({}, []),
    ],
    ids=["its own", "one that was given to it", "null", "not yet", "none", "not told"],
)
def test_the_roles_of_its_own_identity_go_with_it(
    monkeypatch: pytest.MonkeyPatch, identity: dict[str, Any], revoked: list[str]
) -> None:
    of: list[tuple[str, str]] = []
    deleted: list[str] = []

    def revoke(principal: str, *, but_of: str) -> None:
        of.append((principal, but_of))

    monkeypatch.setattr(endpoints, "revoke_roles", revoke)
    monkeypatch.setattr(begin, "begin_delete_endpoint", deleted.append)
    order = EntryInput(mark="run", entry=LedgerEntry(kind="endpoint", id="onlineEndpoints/north"))

    Endpoints().delete(There({"name": "north", **identity}, ours=True, state="Failed"), order)

    assert (of, deleted) == ([(principal, "run") for principal in revoked], ["north"])
