"""Deployments with much to say: what they hand from step to step and show to callers."""

from __future__ import annotations

from typing import Any

from bench.harness.measured import deploy, local_stack, usual_request
from local.cloud import world
from tests import samples

SCOPES = (*map(world.storage_id, (world.FEATURE_STORAGE, world.WORKSPACE_STORAGE)), world.WORKSPACE_ID)
# Roles that say something at more than one scope of the sample world; twelve assignments.
ROLES = ("Storage Blob Data Reader", "AcrPull", "AzureML Metrics Writer (preview)", "Cognitive Services OpenAI User")


def invocations_of_wordy_deployments() -> dict[str, list[dict[str, Any]]]:
    """Invocations by kind of deployment: the usual one, one with many roles, one whose script fails with a long log."""
    many = [{"role": role, "scope": scope} for role in ROLES for scope in SCOPES]
    with local_stack() as stack:
        code = samples.register_code(stack, "init_raises")
        usual = deploy(stack, usual_request("usual-words"))
        roles = deploy(stack, usual_request("many-roles", access={"grants": "auto", "additional": many}))
        failing = deploy(stack, usual_request("failing-script", code=code), ends="Failed")
    return {
        "usual": list(usual.invocations),
        f"{len(many)}_roles": list(roles.invocations),
        "failing": list(failing.invocations),
    }
