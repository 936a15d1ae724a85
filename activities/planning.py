"""Find out, by reading only, what a deployment would do and what would stop it: one look at each resource.

The first step of every deployment, and all of `POST /api/plans`: a missing right, an unknown model or a name that is
taken is told before anything is created.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from activities.envelope import activity
from activities.registry import RESOURCES
from activities.resource import Resource
from activities.scene import Finding, Scene, problem
from azure_api.errors import UNANSWERED
from azure_api.rights import missing_rights
from contracts.agreements import PlanOutdated
from contracts.digests import digest
from contracts.errors import DeploymentError
from contracts.ledger import short_name
from contracts.orders import PARTS, DeployOrder
from contracts.plan import Extra, PlanInput, PlanProblem, PlanVerdict

# How many problems a history is told of; POST /api/plans tells all.
PROBLEMS_KEPT = 3
# Kinds of what a request names or defines, and is registered once.
ASSETS = ("model", "environment", "code")


@activity
def plan_deployment(order: PlanInput) -> PlanVerdict:
    """What a deployment needs to know before it creates anything: whether it can succeed, where, and for whom.

    Raises only for what says nothing about the request: an unreachable or throttled Azure. A plan that was agreed to
    and is another one by now is a problem before all others.
    """
    findings = look(order)
    verdict, now = findings.verdict, findings.digest
    if order.expects in (None, now):
        return verdict
    moved = problem("plan", PlanOutdated(f"the plan agreed to is {order.expects}, and it is {now} by now"))
    problems = [moved, *verdict.problems][:PROBLEMS_KEPT]
    return verdict.model_copy(update={"problems": problems, "problem_count": verdict.problem_count + 1})


@dataclass(frozen=True)
class Findings:
    """What each resource's room found, and the scene that they looked at."""

    scene: Scene
    by_kind: dict[str, Finding]
    extras: list[Extra]

    @property
    def problems(self) -> list[PlanProblem]:
        """All of them."""
        return [one for finding in self.by_kind.values() for one in finding.problems]

    @property
    def model(self) -> str:
        """`name:version`; as asked for when it could not be found."""
        return short_name(self.scene.resolved.model) if self.scene.resolved.model else self.scene.order.model

    @property
    def digest(self) -> str:
        """Of what was asked for and what would be made of it.

        Not of time, quota, and what is unchecked; nor of whether an asset is registered yet: its reference says what
        it is made of, and a caller may register it between plan and deployment.
        """
        request = {name: part for name, part in self.scene.order.request.items() if name != "plan"}
        if isinstance(request.get("model"), str):
            del request["model"]  # its version is among what is resolved
        resolved = self.scene.resolved.model_dump(mode="json")
        assets = {name: str(resolved.pop(name) or "").lower() for name in ASSETS}
        made = {
            kind: [finding.creates, finding.changes, finding.confirms]
            for kind, finding in self.by_kind.items()
            if kind not in ASSETS
        }
        grants = [grant.model_dump(mode="json") for grant in self.scene.planned_grants]
        return digest({"request": request, "resolved": resolved, "assets": assets, "made": made, "grants": grants})

    @property
    def verdict(self) -> PlanVerdict:
        """What a run needs of it."""
        return PlanVerdict(
            resolved=self.scene.resolved,
            model=self.model,
            grants=self.scene.grants,
            extras=self.extras,
            problems=self.problems[:PROBLEMS_KEPT],
            problem_count=len(self.problems),
        )


def look(order: PlanInput) -> Findings:
    """Look at each resource in turn; a problem with one does not hide those with others.

    Raises CloudUnavailable and Throttled; everything else becomes a problem.
    """
    asked = DeployOrder(request=order.request, shares_endpoint=order.shares_endpoint)
    scene = Scene(asked, order.mark, order.uploads, order.known)
    found = {"workspace": _guarded("workspace", lambda: _workspace(scene))}
    extras = []
    for resource in RESOURCES:
        part = scene.order.part(resource.kind)
        if resource.optional and not part:
            continue
        path = ".".join(PARTS.get(resource.kind, (resource.kind,)))
        found[resource.kind] = _guarded(path, partial(_finding, resource, part, scene))
        makes = resource.reference(scene) if resource.optional else None
        if makes is not None:
            extras.append(Extra(kind=resource.kind, id=makes, after=resource.after))
    if scene.resolved.location:
        found["rights"] = _guarded("access", lambda: _rights(found.values()))
    return Findings(scene, found, extras)


def _finding(resource: Resource[Any], part: Any, scene: Scene) -> Finding:
    return resource.plan(resource.read(part), scene)


def _guarded(path: str, find: Callable[[], Finding]) -> Finding:
    try:
        return find()
    except UNANSWERED:
        raise
    except DeploymentError as error:
        return Finding(problems=[problem(path, error)])


def _workspace(scene: Scene) -> Finding:
    scene.resolve(location=str(scene.workspace.location))
    return Finding()


def _rights(findings: Iterable[Finding]) -> Finding:
    needed = [right for finding in findings for right in finding.needs]
    return Finding(problems=[problem("access", error) for error in missing_rights(needed)])
