"""What is done about a registration: which policies are for it, what they ask for, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from contracts.digests import digest
from contracts.events import ModelRegistered
from contracts.marks import MARK_TAG
from contracts.orders import DeployOrder, PolicyDeployment, ReactOrder
from contracts.policy import Policy
from contracts.problems import RequestProblems
from contracts.request import DeploymentRequest
from contracts.status import REASONS_LIMIT_BYTES, EventOutcome, bounded
from orchestrations.runbooks import DEPLOY, REACT
from settings import settings
from triggers.policies import InvalidPolicy, PolicyFolder
from triggers.requests import deployment_request

REASON_CHARACTERS = 300
# The outcome names them all, and is a custom status: at most so many for one registration.
POLICIES_AT_ONCE = 10
INVALID_NAMED = 5
# What is to be mended comes first, and leaves room for the rest.
INVALID_LIMIT_BYTES = REASONS_LIMIT_BYTES * 3 // 4
ALL_TOLD_BY = "`slipway policies check` tells everything that is wrong"


def order_for(event: ModelRegistered, folder: PolicyFolder, before: EventOutcome | None = None) -> ReactOrder:
    """What the policies ask for a registration; `before` is what an earlier decision has come to.

    The same version always is the same instance. What was started stays as it ended: policies that were used `before`
    are not used again.
    """
    key = digest([event.workspace_id.lower(), event.model, event.version])
    instance_id = REACT.prefix + key
    decision = _Decision(event, instance_id, before.deployments if before else {})
    decision.take(folder)
    outcome = EventOutcome(
        id=instance_id,
        model=event.model,
        version=event.version,
        outcome="failed" if before and before.outcome == "failed" and before.deployments else "received",
        reasons=decision.told(before),
        deployments=decision.used,
        policies=folder.digest,
        invalid=[*decision.invalid][:INVALID_NAMED],
    )
    return ReactOrder(outcome=outcome, asked=decision.asked, event=event if decision.invalid else None, digest=key)


@dataclass
class _Decision:
    event: ModelRegistered
    instance_id: str
    used: dict[str, str]
    asked: list[PolicyDeployment] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    # By name of the policy's file: what is wrong with it.
    invalid: dict[str, list[str]] = field(default_factory=dict)

    def take(self, folder: PolicyFolder) -> None:
        """Go through the folder, if the registration is one for policies at all."""
        if self.event.workspace_id.lower() != settings().workspace_id.lower():
            self.reasons.append("the event is from another workspace")
        elif MARK_TAG in self.event.tags:
            self.reasons.append("registered by a deployment of Slipway itself")
        elif not folder.policies and not folder.invalid:
            self.reasons.append("there are no policies")
        else:
            self._invalid(folder.invalid)
            for policy in folder.policies:
                if policy.name not in self.used:
                    self._policy(policy)

    def told(self, before: EventOutcome | None) -> list[str]:
        """The reasons, as many as may be told."""
        # The first of each, then the second: no file's problems hide another's.
        turns = zip_longest(*self.invalid.values())
        wrong = [line[:REASON_CHARACTERS] for turn in turns for line in turn if line]
        mending = bounded(wrong, INVALID_LIMIT_BYTES)
        if mending != wrong:
            mending[-1] += f": {ALL_TOLD_BY}"
        used = tuple(f"{name}: " for name in self.used)
        ended = [line for line in before.reasons if line.startswith(used)] if before else []
        others = [*ended, *(line[:REASON_CHARACTERS] for line in self.reasons)]
        return [*mending, *bounded(others, REASONS_LIMIT_BYTES - INVALID_LIMIT_BYTES)]

    def _invalid(self, policies: list[InvalidPolicy]) -> None:
        for policy in policies:
            why_not = policy.why_not(self.event)
            if why_not:
                self.reasons.append(f"{policy.file}: {why_not}")
            else:
                self.invalid[policy.file] = policy.lines

    def _policy(self, policy: Policy) -> None:
        why_not = policy.why_not(self.event)
        if why_not:
            self.reasons.append(f"{policy.name}: {why_not}")
            return
        try:
            request = policy.request_for(self.event.model, self.event.version, deployment_request())
        except RequestProblems as error:
            self.invalid[policy.name] = [f"{policy.name}: {one.path}: {one.message}" for one in error.problems]
            return
        why_not = next(self._in_its_way(request), None)
        if why_not:
            self.reasons.append(f"{policy.name}: {why_not}")
            return
        order = DeployOrder(
            request=request.to_wire(),
            match=policy.match.to_wire(),
            shares_endpoint=policy.shares_endpoint,
            policy=policy.name,
        )
        instance_id = DEPLOY.prefix + digest([self.instance_id, policy.name])
        self.asked.append(PolicyDeployment(policy=policy.name, instance_id=instance_id, order=order))

    def _in_its_way(self, request: DeploymentRequest) -> Iterator[str]:
        names = request.endpoint.name, request.deployment.name
        for other in self.asked:
            if (other.order.endpoint, other.order.deployment) == names:
                yield f"policy {other.policy} asks for deployment {names[1]} of endpoint {names[0]} already"
        if len(self.asked) == POLICIES_AT_ONCE:
            yield f"{POLICIES_AT_ONCE} other policies are for this model, more are not used"
