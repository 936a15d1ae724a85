"""Which version of a model is the newest: what comes before it is superseded."""

from __future__ import annotations

from contracts.activities import RegistrationRef
from contracts.base import Json
from contracts.errors import StepFailed, Superseded
from orchestrations import steps
from orchestrations.engine import Engine, Taking


def newest_version(engine: Engine, model: str, version: str, match: Json) -> Taking[str | None]:
    """The version registered last among those that a policy's `match` is for; None when the model is gone."""
    order = RegistrationRef(model=model, version=version, match=match)
    newest = yield from engine.take(steps.FIND_NEWEST_VERSION, order)
    return newest.version


def stop_if_superseded(engine: Engine, reference: str, match: Json) -> Taking[None]:
    """Before a write: raise StepFailed(Superseded) once a version after `name:version` counts for the policy.

    A deployment that somebody asked for by name (`match` is None) is superseded by nothing.
    """
    if match is None:
        return
    model, version = reference.rsplit(":", 1)
    newest = yield from newest_version(engine, model, version, match)
    if newest not in (None, version):
        failure = Superseded(f"version {newest} of {model} was registered after version {version}").to_failure()
        raise StepFailed(failure.model_copy(update={"step": steps.FIND_NEWEST_VERSION.activity}))
