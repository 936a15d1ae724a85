"""What can go wrong in Azure and on the way to it, drawn from a seed: one `Weather` for one schedule."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from contracts.digests import digest

Kind = Literal[
    "throttled", "unavailable", "conflict", "refused", "rejected", "lost_before", "lost_after", "hidden", "interlude"
]
KINDS: tuple[Kind, ...] = (
    "throttled",
    "unavailable",
    "conflict",
    "refused",
    "rejected",
    "lost_before",
    "lost_after",
    "hidden",
    "interlude",
)
# What is drawn how often for one fault; what ends a run at once is drawn seldom, or nothing would get far.
OFTEN: dict[Kind, int] = {"refused": 1, "rejected": 1, "hidden": 4, "interlude": 4, "lost_after": 4}
# A look that finds nothing although it is there: so long at most, in seconds. Slipway believes an absence that lasted.
HIDDEN_SECONDS = 45
# So long what was hidden is seen before it is hidden again: two in a row would be an absence that lasted.
SEEN_AGAIN = timedelta(minutes=5)
HIDEABLE = re.compile(r"onlineEndpoints/[^/]+(/deployments/[^/]+)?$|versions/[^/]+$|roleAssignments/[^/]+$")
# Has no divisor in common with 100: its multiples spread requests evenly over the shares.
SPREAD = 37
CRASHED = "ResourceNotReady: User container has crashed or terminated."
REFUSED_LOG = "azure.core.exceptions.HttpResponseError: AuthorizationPermissionMismatch"


@dataclass(frozen=True)
class Ending:
    """How the provisioning of a deployment ends: in so many seconds, with an error or with a model that answers."""

    seconds: float
    error: str | None = None
    log: str = ""
    answers: str = "right"


class Weather:
    """Draws faults and endings. `rate` is the share of requests that something happens to."""

    def __init__(self, seed: object, *, rate: float, kinds: tuple[Kind, ...] = KINDS, trouble: float = 0.0) -> None:
        self.rate = rate
        self.trouble = trouble
        self._kinds = kinds
        self._random = Random(digest(["weather", str(seed)]))
        self._hidden: dict[str, datetime] = {}
        self._routed = 0

    def fault(self, method: str, key: str, now: datetime) -> Kind | None:
        """What happens to a request; None when nothing."""
        if not self._kinds or self._random.random() >= self.rate:
            return None
        kind = self._random.choices(self._kinds, [OFTEN.get(one, 2) for one in self._kinds])[0]
        if kind == "hidden":
            if method != "GET" or not HIDEABLE.search(key) or self._hidden_of_late(key, now):
                return None
            self.hide(key, now, self._random.choice((0, 0, HIDDEN_SECONDS)))
        return kind

    def hide(self, key: str, now: datetime, seconds: float = 0) -> None:
        """Answer looks at something with 404 for so long; with 0 seconds, at this moment alone."""
        self._hidden[key.lower()] = now + timedelta(seconds=seconds)

    def _hidden_of_late(self, key: str, now: datetime) -> bool:
        until = self._hidden.get(key.lower())
        return until is not None and now - until < SEEN_AGAIN

    def hides(self, key: str, now: datetime) -> bool:
        """Whether something that may be there is answered 404; once at least, and as long as was drawn."""
        until = self._hidden.get(key.lower())
        return until is not None and now <= until

    def span(self, seconds: float) -> timedelta:
        """About so long."""
        return timedelta(seconds=round(seconds * self._random.uniform(0.5, 1.5), 1))

    def endpoint_error(self) -> str | None:
        """Why an endpoint does not come up; None as a rule."""
        return "InternalServerError: An internal error." if self._random.random() < self.trouble / 3 else None

    def deployment(self) -> Ending:
        """How a deployment ends."""
        seconds = self._random.choice((60, 420, 420, 900))
        if self._random.random() >= self.trouble:
            return Ending(seconds)
        return self._random.choice(
            (
                Ending(seconds, CRASHED, 'File "score.py", line 3, in init\nValueError: no model'),
                Ending(seconds, CRASHED, REFUSED_LOG),
                Ending(seconds, "OutOfQuota: Not enough quota."),
                Ending(5 * 3600),
                Ending(seconds, answers="wrong"),
                Ending(seconds, answers="raises"),
                Ending(seconds, answers="slow"),
            )
        )

    def routed(self, traffic: dict[str, int]) -> str:
        """The deployment that a request goes to: of a hundred in a row each gets as many as its share says."""
        self._routed += 1
        place = self._routed * SPREAD % 100
        for name, share in traffic.items():
            place -= share
            if place < 0:
                return name
        return ""

    def failing(self) -> int:
        """How many of a hundred live requests a deployment fails for."""
        return self._random.choice((0, 0, 0, 40)) if self._random.random() < self.trouble else 0

    def status(self) -> int:
        """Of an Azure that is down."""
        return self._random.choice((500, 502, 503))
