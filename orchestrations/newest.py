"""Which version of a model is the newest: what comes before it is superseded."""

from __future__ import annotations

from contracts.activities import RegistrationRef
from contracts.base import Json
from orchestrations import steps
from orchestrations.engine import Engine, Taking


def newest_version(engine: Engine, model: str, version: str, match: Json) -> Taking[str | None]:
    """The version registered last among those that a policy's `match` is for; None when the model is gone."""
    order = RegistrationRef(model=model, version=version, match=match)
    newest = yield from engine.take(steps.FIND_NEWEST_VERSION, order)
    return newest.version


def newer_version(engine: Engine, reference: str, match: Json) -> Taking[str | None]:
    """The version that was registered after `name:version`; None when there is none."""
    model, version = reference.rsplit(":", 1)
    newest = yield from newest_version(engine, model, version, match)
    return None if newest in (None, version) else newest
