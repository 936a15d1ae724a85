"""A plan for callers: what each resource's room found, the runbook's own steps, and how long roles are waited for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from activities.mirror_traffic import copies_at
from activities.planning import Findings, look
from activities.registry import RESOURCES
from activities.scene import Finding
from azure_api import begin
from contracts.activities import Observed, SmokeTestResult, TrafficShift
from contracts.base import Contract, Json
from contracts.orders import DeployOrder
from contracts.plan import Plan, PlanInput
from contracts.rollout import AnswersSeen
from orchestrations import steps
from orchestrations.deploy import deploy
from orchestrations.stage import rehearse


def plan(order: PlanInput) -> Plan:
    """What a judged request would create, change, confirm, grant and wait for, and every problem in its way.

    Raises CloudUnavailable and Throttled; everything else becomes a problem of the plan.
    """
    findings = look(order)
    scene, found = findings.scene, findings.by_kind.values()
    return Plan(
        model=findings.model,
        location=scene.resolved.location,
        principal_id=scene.resolved.principal_id,
        creates=[line for one in found for line in one.creates],
        changes=[line for one in found for line in one.changes],
        confirms=[line for one in found for line in one.confirms],
        grants=scene.planned_grants,
        steps=rehearse(deploy, DeployOrder(request=order.request).to_wire(), datetime.now(UTC), Foretelling(findings)),
        problems=findings.problems,
        warnings=[line for one in found for line in one.warnings],
        unchecked=[line for one in found for line in one.unchecked],
        usage=[line for one in found for line in one.usage],
        digest=findings.digest,
        **_waits(findings),
    )


class Foretelling:
    """What each activity would answer if everything went as the plan says."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._ensuring = {resource.step or f"ensure_{resource.kind}": resource for resource in RESOURCES}

    def __call__(self, activity: str, message: Json) -> Json:
        """The envelope of a success."""
        resource = self._ensuring.get(activity)
        if resource is None:
            return {"ok": self._other(activity, message).to_wire()}
        finding = self._findings.by_kind.get(resource.kind, Finding())
        return {"ok": resource.foretold(finding, self._findings.scene, message.get("wanted")).to_wire()}

    def _other(self, activity: str, message: Json) -> Contract:
        scene = self._findings.scene
        if activity == steps.PLAN_DEPLOYMENT.activity:
            return self._findings.verdict.model_copy(update={"problems": []})
        if activity == steps.READ_TRAFFIC.activity:
            before = begin.traffic_of(scene.endpoint) if scene.endpoint is not None else {}
            return TrafficShift(before=before, after=message["traffic"], mirrored=copies_at(scene))
        if activity == steps.SMOKE_TEST.activity:
            return SmokeTestResult(deployment=scene.order.deployment, http_status=200, answer=None, milliseconds=0)
        if activity == steps.COUNT_ANSWERS.activity:
            return AnswersSeen(requests=0)
        return Observed(
            endpoint=scene.order.endpoint,
            deployment=scene.order.deployment,
            model_id="",
            principal_id="",
            scoring_uri="",
            traffic={},
        )


def _waits(findings: Findings) -> dict[str, Any]:
    # Told as a moment, not as what is left: the assignments' clock is Azure's, not this machine's.
    scene = findings.scene
    wait = scene.order.propagation.wait
    if any(not grant.exists for grant in scene.planned_grants):
        return {"role_wait": wait}
    return {"roles_effective_at": scene.newest_grant + wait} if scene.newest_grant else {}
