"""Which of a function's log records the host keeps: `logging.logLevel` of host.json.

Recorded: the host gets a worker's records under the category `Function.<name>.User`, whatever the Python logger was
called. So a rule such as `"Azure": "Warning"` reaches no logger of Python's, here as there.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}


class LogLevels:
    """The rules of one app; the longest category that fits decides, and of equal ones the last."""

    def __init__(self, rules: Mapping[str, str] | None = None) -> None:
        """`rules`: category (or `default`) to level, both without regard to case. Raises KeyError: no such level."""
        self._rules = {category.lower(): LEVELS[level.lower()] for category, level in (rules or {}).items()}

    def of(self, function: str) -> int:
        """The level from which a function's records are kept. The worker drops what is below Information anyway."""
        category = f"function.{function}.user".lower()
        fitting = [rule for rule in self._rules if category == rule or category.startswith(rule + ".")]
        rule = max(fitting, key=len, default="default")
        return max(self._rules.get(rule, logging.INFO), logging.INFO)
