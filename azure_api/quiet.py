"""What the libraries log of every request stays out of the app's log, in which hardly any other line would be found.

`host.json` cannot do it: the Functions host knows a worker's records by the function they come from, whatever the
Python logger is called (measured).
"""

from __future__ import annotations

import logging

LIBRARIES = ("azure", "msal", "urllib3", "requests_oauthlib", "opentelemetry")
# Tells every 404 as an error; to Slipway it is an answer, and what fails is told by Slipway itself.
TELEMETRY = "azure.ai.ml._telemetry"
NEVER = logging.CRITICAL + 1


def quiet_libraries() -> None:
    """Let the libraries log warnings and errors only; again after one was imported that gives itself a level."""
    for name in LIBRARIES:
        _set(logging.getLogger(name), logging.WARNING)
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and name.partition(".")[0] in LIBRARIES:
            _set(logger, logger.level and max(logger.level, logging.WARNING))
    _set(logging.getLogger(TELEMETRY), NEVER)


def _set(logger: logging.Logger, level: int) -> None:
    # Each setting has all loggers of the process forget what they are enabled for, which they then find out anew.
    if logger.level != level:
        logger.setLevel(level)
