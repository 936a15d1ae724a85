"""The proof that a deployment answers as it should, for every runbook that makes or changes one."""

from __future__ import annotations

from contracts.base import Json
from contracts.smoke_test import cases_of
from orchestrations import steps
from orchestrations.engine import Taking
from orchestrations.run import Run


def smoke_test(run: Run, endpoint: str, deployment: str, test: Json, model: str | None) -> Taking[Json]:
    """Prove with real requests, pinned to the deployment, that it answers as expected; what it answered."""
    waived = f"waived: {test['waived']}" if test and test.get("waived") else "" if test else "no request is known"
    if waived:
        run.log.skipped(steps.SMOKE_TEST.activity, run.now, waived)
        return None
    answers = []
    for wanted in cases_of(endpoint, deployment, test, model):
        tested = yield from run.take(steps.SMOKE_TEST, wanted)
        answers.append(tested.answer)
    if len(answers) == 1:
        return answers[0]
    run.log.noted(steps.SMOKE_TEST.activity, f"{len(answers)} cases")
    return answers
