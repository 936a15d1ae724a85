"""Runs of a deployment on answers from a script: those that must succeed, and those that must fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from contracts.errors import DeploymentError
from contracts.status import DeploymentResult
from orchestrations.run import RunFailed
from tests.replay import azure_script as azure
from tests.replay.scripted import Answer, Context, World, run


def deployed(given: Any = None, **others: Answer) -> tuple[Context, DeploymentResult]:
    """A deployment that must succeed."""
    context = Context(World(azure.answers(**others)), given or azure.order())
    return context, DeploymentResult.from_wire(run("deploy", context))


def failed(given: Any = None, **others: Answer) -> Context:
    """A deployment that must fail in words of our own."""
    context = Context(World(azure.answers(**others)), given or azure.order())
    with pytest.raises(RunFailed):
        run("deploy", context)
    return context


def raising(*errors: DeploymentError, then: Answer | None = None) -> Answer:
    """An activity that fails as often as there are errors, and for ever without `then`."""
    left: Iterator[DeploymentError] = iter(errors if then else ())

    def answer(message: dict[str, Any]) -> Any:
        error = next(left, None if then else errors[0])
        if error:
            raise error
        assert then is not None
        return then(message)

    return answer


def fates(context: Context) -> dict[str, str]:
    """What became of what a run had made, by kind."""
    return {entry.kind: entry.fate for entry in context.progress.ledger if entry.how != "found"}
