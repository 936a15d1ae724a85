"""This process's environment, for tests and tools that act on the local Azure themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from local.cloud.environment import CONFLICTING


@contextmanager
def applied(environment: Mapping[str, str]) -> Iterator[None]:
    """The environment as a process started for the local Azure would have it; put back afterwards."""
    before = dict(os.environ)
    for name in CONFLICTING:
        os.environ.pop(name, None)
    os.environ.update(environment)
    forget_connections()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        forget_connections()


def forget_connections() -> None:
    """Make the app read its settings and connect anew, as a new process would."""
    for module, name in (("settings", "settings"), ("azure_api.clients", "clients")):
        if module in sys.modules:
            getattr(sys.modules[module], name).cache_clear()
