"""How a container answers its probes, while it starts and as long as it is kept up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from local.cloud.serving.spec import Probe


def answers(probes: Mapping[str, Probe], ask: Callable[[Probe], int | None]) -> dict[str, int | None]:
    """What `ask` gets from each, a status or None; those that are the same are asked once."""
    once = {probe: ask(probe) for probe in dict.fromkeys(probes.values())}
    return {name: once[probe] for name, probe in probes.items()}


def is_good(status: int | None) -> bool:
    """Whether a container that answers so is well."""
    return status is not None and 200 <= status < 400
