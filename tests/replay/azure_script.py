"""Answers of a well-behaved Azure to a first deployment; tests replace some of them."""

from __future__ import annotations

from typing import Any

from contracts.activities import EntryInput, Grants
from contracts.marks import assignment_id
from tests import samples
from tests.replay.scripted import BEGIN, Answer

PRINCIPAL = "11111111-1111-1111-1111-111111111111"
SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
ROLE = {"role": "AcrPull", "guid": "7f951dda-4ed3-4680-a7ca-43fe172d538d", "scope": SCOPE, "reason": "pulls"}
RESOLVED = {
    "location": "eastus",
    "endpoint": "onlineEndpoints/credit-risk",
    "deployment": "onlineEndpoints/credit-risk/deployments/blue",
    "model": "models/credit-risk/versions/1",
    "environment": "environments/serving/versions/1",
    "code": "codes/dot-product/versions/1",
}
GONE = {"state": "Deleted", "done": True, "absent": True}
THERE = {"state": "Succeeded", "done": True}


def order(**parts: Any) -> dict[str, Any]:
    """What a deployment is started with."""
    return {"request": samples.request(identity=None, **parts), "digest": "d"}


def made(kind: str, **more: Any) -> Answer:
    """The answer of an activity that makes something."""
    return lambda message: {"entries": [{"kind": kind, "id": message["resolved"][kind]}], "done": False, **more}


def found(kind: str) -> Answer:
    """The answer of an activity that finds it there."""
    return lambda message: {"entries": [{"kind": kind, "id": message["resolved"][kind], "how": "found"}]}


def granted(message: dict[str, Any]) -> dict[str, Any]:
    """Every role, granted now."""
    grants = Grants.from_wire(message["wanted"])
    ids = [assignment_id(role.scope, grants.principal_id, role.guid) for role in grants.roles]
    entries = [{"kind": "role_assignment", "id": one} for one in ids]
    return {"entries": entries, "newest": BEGIN.isoformat()}


class Removal:
    """Answers of a removal: there when it is asked for, gone when it is looked for afterwards."""

    def __init__(self) -> None:
        self.removed: list[str] = []

    def __call__(self, message: dict[str, Any]) -> dict[str, Any]:
        reference = message["entry"]["id"]
        if wish := EntryInput.from_wire(message).wish:
            return {**THERE, "stays": wish}
        if reference in self.removed:
            return GONE
        self.removed.append(reference)
        return {"state": "Deleting", "done": False}


def stays(message: dict[str, Any]) -> dict[str, Any]:
    """The answer of a room that keeps what it has."""
    return {**THERE, "stays": "it is shared"}


def answers(**others: Answer) -> dict[str, Answer]:
    """Everything is new, and everything works."""
    observed = {
        "endpoint": "credit-risk",
        "deployment": "blue",
        "model_id": "m",
        "principal_id": PRINCIPAL,
        "scoring_uri": "https://credit-risk",
        "traffic": {"blue": 100},
    }
    shift = {"before": {}, "after": {"blue": 100}}
    change = {"kind": "traffic", "id": RESOLVED["endpoint"], "how": "changed", **shift}
    return {
        "plan_deployment": lambda _: {"resolved": RESOLVED, "model": "credit-risk:1", "grants": [ROLE]},
        **{f"register_{kind}": found(kind) for kind in ("model", "environment", "code")},
        "ensure_endpoint": made("endpoint", principal_id=PRINCIPAL),
        "grant_roles": granted,
        "begin_deployment": made("deployment"),
        "smoke_test": lambda _: {"deployment": "blue", "http_status": 200, "answer": [17], "milliseconds": 1},
        "find_newest_version": lambda _: {"version": "1"},
        "read_traffic": lambda _: shift,
        "shift_traffic": lambda _: {"entries": [change], "done": False},
        "read_back": lambda _: observed,
        **{f"{kind}_provisioned": lambda _: THERE for kind in ("endpoint", "deployment", "traffic")},
        **{f"remove_{kind}": stays for kind in ("model", "environment", "code", "role_assignment", "endpoint")},
        "find_claim": lambda _: {},
        "keep_logs": lambda _: {"kept": ["inference-server"]},
        "remove_deployment": Removal(),
        "remove_traffic": Removal(),
        **others,
    }
