"""Deployments with much to say: what they hand from step to step and show to callers."""

from __future__ import annotations

from bench.harness.measured import Run, deploy, local_stack, usual_request
from contracts.errors import ActivityCrashed
from local.cloud import world
from tests import samples

SCOPES = (*map(world.storage_id, (world.FEATURE_STORAGE, world.WORKSPACE_STORAGE)), world.WORKSPACE_ID)
CRASHED = ActivityCrashed.__name__
# Roles that say something at more than one scope of the sample world; twelve assignments.
ROLES = ("Storage Blob Data Reader", "AcrPull", "AzureML Metrics Writer (preview)", "Cognitive Services OpenAI User")


def wordy_deployments() -> dict[str, Run]:
    """The usual deployment, one with many roles, and one whose script fails with a long log."""
    many = [{"role": role, "scope": scope} for role in ROLES for scope in SCOPES]
    with local_stack() as stack:
        code = samples.register_code(stack, "init_raises")
        usual = deploy(stack, usual_request("usual-words"))
        roles = deploy(
            stack,
            usual_request("many-roles", access={"grants": "auto", "additional": many}),
            ends=("Succeeded", "Failed"),
        )
        failing = deploy(stack, usual_request("failing-script", code=code), ends=("Failed",))
    return {"usual": usual, f"{len(many)}_roles": roles, "failing_script": failing}


def crashes(runs: dict[str, Run]) -> dict[str, str]:
    """What ended because a payload was refused, by kind of deployment."""
    errors = {kind: run.status.get("error") or {} for kind, run in runs.items()}
    return {kind: str(error["message"])[:200] for kind, error in errors.items() if error.get("code") == CRASHED}
