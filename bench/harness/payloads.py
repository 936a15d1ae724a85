"""Deployments with much to say: what they hand from step to step and show to callers."""

from __future__ import annotations

from bench.harness.measured import Run, deploy, local_stack, usual_request
from contracts.errors import ScoringScriptFailed
from contracts.request import AccessRequest
from local.cloud import world
from local.cloud.grants import GRANTABLE_ROLES
from tests import samples

SCOPES = (*map(world.storage_id, (world.FEATURE_STORAGE, world.WORKSPACE_STORAGE)), world.WORKSPACE_ID)
ENDED = ("Succeeded", "Failed")


def wordy_deployments() -> dict[str, Run]:
    """The usual deployment, one with the most roles a request may ask for, and both with a script that fails at length.

    The most roles go to a user-assigned identity, which needs some more without being asked.
    """
    access = {"grants": "auto", "additional": most_roles()}
    who = samples.request(identity="spare-identity")["endpoint"]["identity"]
    with local_stack() as stack:
        code = samples.register_code(stack, "init_raises")
        bodies = {
            "usual": usual_request("usual-words"),
            "most_roles": usual_request("most-roles", access=access),
            "failing_script": usual_request("failing-script", code=code),
            "failing_script_most_roles": usual_request("failing-most-roles", code=code, access=access),
        }
        for kind, body in bodies.items():
            if kind.endswith("most_roles"):
                body["endpoint"]["identity"] = who
        return {kind: deploy(stack, body, ends=ENDED) for kind, body in bodies.items()}


def most_roles() -> list[dict[str, str]]:
    """As many roles as `access.additional` takes, those with the longest names."""
    most = AccessRequest.model_json_schema()["properties"]["additional"]["maxItems"]
    every = [{"role": role, "scope": scope} for role in GRANTABLE_ROLES for scope in SCOPES]
    return sorted(every, key=lambda grant: -len(grant["role"] + grant["scope"]))[:most]


def surprises(runs: dict[str, Run]) -> dict[str, str]:
    """How those ended that did not end as they should, such as because a payload was refused."""
    ends = {kind: (run.status.get("error") or {"code": None, "message": ""}) for kind, run in runs.items()}
    return {
        f"{kind}_ended": f"{end['code']}: {end['message']}"[:200]
        for kind, end in ends.items()
        if end["code"] != (ScoringScriptFailed.__name__ if kind.startswith("failing_script") else None)
    }
