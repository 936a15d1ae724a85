"""What can be done with each runbook over HTTP: start an instance, look at one, list them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrations.runbooks import Runbook
from triggers.asking import KEY_CHARACTERS, LONGEST_KEY, starting
from triggers.canceling import canceling
from triggers.listing import listing
from triggers.logs import reading_logs
from triggers.parameters import PAGE_DEFAULT, PAGE_LIMIT
from triggers.routes import Route
from triggers.showing import showing

__all__ = ["KEY_CHARACTERS", "LONGEST_KEY", "PAGE_DEFAULT", "PAGE_LIMIT", "routes_of"]


def routes_of(runbook: Runbook) -> Iterator[Route]:
    """The routes that a runbook's registration gives it."""
    if runbook.asked_with is not None:
        yield Route("POST", runbook.route, _named(f"post_{runbook.noun}", starting(runbook)), runbook)
        yield Route("GET", f"{runbook.route}/{{id}}", _named(f"get_{runbook.noun}", showing(runbook)), runbook)
        cancel = _named(f"cancel_{runbook.noun}", canceling(runbook))
        yield Route("POST", f"{runbook.route}/{{id}}/cancel", cancel, runbook)
    if runbook.keeps_logs:
        path = f"{runbook.route}/{{id}}/logs"
        yield Route("GET", path, _named(f"get_{runbook.noun}_log", reading_logs(runbook)), runbook)
    yield Route("GET", runbook.route, _named(f"list_{runbook.noun}s", listing(runbook)), runbook)


def _named(name: str, handler: Any) -> Any:
    # The Functions worker calls a function by its name.
    handler.__name__ = handler.__qualname__ = name
    return handler
