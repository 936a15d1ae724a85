"""A deployment's settings, read: durations, counts, probes. What is not given is what the service fills in."""

from __future__ import annotations

from datetime import timedelta

from local.cloud.arm.documents import Json
from local.cloud.arm.schema import parsed_duration
from local.cloud.serving import Probe

_USUAL = Probe()


def duration(text: object, otherwise: timedelta) -> timedelta:
    """An ISO 8601 duration of days, hours, minutes and seconds; `otherwise` when there is none, or none at all."""
    return parsed_duration(str(text or "")) or otherwise


def whole(value: object, otherwise: int) -> int:
    """A whole number above 0; `otherwise` for anything else."""
    return value if isinstance(value, int) and value > 0 else otherwise


def probe(settings: Json, path: str) -> Probe:
    """A probe of these settings that asks for `path`."""
    return Probe(
        initial_delay=duration(settings.get("initialDelay"), _USUAL.initial_delay),
        period=duration(settings.get("period"), _USUAL.period),
        timeout=duration(settings.get("timeout"), _USUAL.timeout),
        failure_threshold=whole(settings.get("failureThreshold"), _USUAL.failure_threshold),
        success_threshold=whole(settings.get("successThreshold"), _USUAL.success_threshold),
        path=path,
    )
