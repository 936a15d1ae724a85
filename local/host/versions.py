"""Whether this app may run an instance of a given version, as `host.json` says.

The rules and the failure are the extension's (recorded: `CurrentOrOlder` with `Fail`); how two versions compare was
read in the Durable Task Framework: as .NET versions if both are, else as text without regard to case. Without a
default version nothing is compared (believed).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MISMATCH = "Orchestration version did not comply with Worker Versioning"


@dataclass(frozen=True)
class Versioning:
    """What the app's host.json says about versions."""

    default: str = ""
    """The version of instances that are started without one, and that of the app."""
    match: str = "CurrentOrOlder"
    """`None`: any; `Strict`: only the app's own; `CurrentOrOlder`."""
    failure: str = "Reject"
    """`Reject`: what may not be run waits for an app that may; `Fail`: it fails."""

    def runs(self, version: str) -> bool:
        """Whether instances of this version may be run."""
        if self.match == "None" or not self.default:
            return True
        if self.match == "Strict":
            return version.lower() == self.default.lower()
        return not _newer(version, self.default)


def _newer(version: str, other: str) -> bool:
    if not version.strip():
        return False
    parsed, parsed_other = _parsed(version), _parsed(other)
    if parsed is not None and parsed_other is not None:
        return parsed > parsed_other
    return version.lower() > other.lower()


def _parsed(version: str) -> tuple[int, ...] | None:
    """A .NET version: two to four numbers. A number that is missing is less than 0."""
    if not re.fullmatch(r"\d+(\.\d+){1,3}", version):
        return None
    numbers = tuple(map(int, version.split(".")))
    return numbers + (-1,) * (4 - len(numbers))
