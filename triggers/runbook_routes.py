"""What can be done with runbooks over HTTP: start an instance of one; look at one, cancel it, list them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from orchestrations.runbooks import Runbook
from triggers.asking import starting
from triggers.canceling import canceling
from triggers.listing import listing
from triggers.logs import reading_logs
from triggers.routes import Route
from triggers.showing import showing


def routes_of(runbooks: Sequence[Runbook]) -> Iterator[Route]:
    """The routes that the registrations of runbooks give them: a call for each, the rest for those that share one."""
    for runbook in runbooks:
        if runbook.call is not None:
            name = runbook.noun if runbook.call.path == runbook.route else runbook.name
            start = _named(f"{runbook.call.method.lower()}_{name}", starting(runbook))
            yield Route(runbook.call.method, runbook.call.path, start, runbook)
    for route in dict.fromkeys(runbook.route for runbook in runbooks):
        yield from _of_all([runbook for runbook in runbooks if runbook.route == route])


def _of_all(runbooks: Sequence[Runbook]) -> Iterator[Route]:
    """What can be done with the instances of the runbooks that share a route."""
    first = runbooks[0]
    if any(runbook.call for runbook in runbooks):
        yield Route("GET", f"{first.route}/{{id}}", _named(f"get_{first.noun}", showing(*runbooks)), first)
        cancel = _named(f"cancel_{first.noun}", canceling(*runbooks))
        yield Route("POST", f"{first.route}/{{id}}/cancel", cancel, first)
    if any(runbook.keeps_logs for runbook in runbooks):
        path = f"{first.route}/{{id}}/logs"
        yield Route("GET", path, _named(f"get_{first.noun}_log", reading_logs(*runbooks)), first)
    yield Route("GET", first.route, _named(f"list_{first.noun}s", listing(*runbooks)), first)


def _named(name: str, handler: Any) -> Any:
    # The Functions worker calls a function by its name.
    handler.__name__ = handler.__qualname__ = name
    return handler
