"""One measured figure beside its bound, as a JSON line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any

KIB = 1024


@dataclass(frozen=True)
class Figure:
    """A value that is good when it is at most `bound`, and `also` holds.

    `detail` is what explains it; `when_missed` says what a miss means.
    """

    name: str
    value: float
    unit: str
    bound: float
    also: bool = True
    detail: Mapping[str, Any] = field(default_factory=dict)
    when_missed: str = ""

    @property
    def ok(self) -> bool:
        """Whether the bound is met."""
        return self.value <= self.bound and self.also

    def line(self) -> str:
        """The JSON line."""
        told = {"name": self.name, "value": round(self.value, 3), "unit": self.unit, "bound": self.bound, "ok": self.ok}
        why = {"when_missed": self.when_missed} if self.when_missed and not self.ok else {}
        return json.dumps(told | {"detail": {**self.detail, **why}})


def report(measure: Callable[[], Figure]) -> None:
    """Measure, and print the line; whatever libraries print meanwhile goes to stderr."""
    with redirect_stdout(sys.stderr):
        figure = measure()
    print(figure.line(), flush=True)
