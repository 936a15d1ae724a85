"""How long each step is waited for and how often it is tried: named data, with the reason beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

# After so many pauses every backoff here has long reached its longest one.
GROWTHS = 64


@dataclass(frozen=True)
class Backoff:
    """Growing pauses between tries, until `deadline` after the first one."""

    first: timedelta
    factor: float
    longest: timedelta
    deadline: timedelta

    def pause(self, tries: int) -> timedelta:
        """The pause after the `tries`-th try, `tries` counted from 1."""
        # A factor to the power of some hundred tries is no float any more, and too long for a timedelta much earlier.
        grown = min(self.factor ** min(tries - 1, GROWTHS), self.longest / self.first)
        return min(self.first * grown, self.longest)


# Reads and registrations fail for seconds to minutes when Azure throttles or an instance restarts.
QUICK = Backoff(timedelta(seconds=5), 2.0, timedelta(minutes=1), deadline=timedelta(minutes=15))

# A write to an endpoint is refused with 409 while another operation runs on it: a deployment next door takes 7 to 20
# minutes, a deletion 20 (Azure ML's documents), so give it the time of two.
ENDPOINT_WRITE = Backoff(timedelta(seconds=15), 1.5, timedelta(minutes=2), deadline=timedelta(minutes=45))

# A principal made seconds ago is found by role assignments after a minute or two (RBAC troubleshooting guide).
GRANT = Backoff(timedelta(seconds=5), 2.0, timedelta(minutes=1), deadline=timedelta(minutes=10))

# The log of a failed deployment is worth a moment's patience, and no more: undo waits for it.
KEEP_LOGS = Backoff(timedelta(seconds=5), 2.0, timedelta(seconds=20), deadline=timedelta(minutes=1))

# A deployment that has just become Succeeded can answer 404, 429 or 5xx for moments more.
SMOKE_TEST = Backoff(timedelta(seconds=10), 1.5, timedelta(minutes=1), deadline=timedelta(minutes=5))

# Small resources are made at once, or within minutes.
RESOURCE_MADE = Backoff(timedelta(seconds=10), 1.5, timedelta(minutes=1), deadline=timedelta(minutes=15))

# Creating an endpoint took 90 s in recordings; the service gives itself 30 minutes (x-ms-async-operation-timeout).
ENDPOINT_CREATED = Backoff(timedelta(seconds=15), 1.5, timedelta(minutes=2), deadline=timedelta(minutes=30))

# 7 minutes in a recording, up to 20 with an image build in the documents: three times that before giving up.
DEPLOYMENT_CREATED = Backoff(timedelta(seconds=15), 1.5, timedelta(minutes=2), deadline=timedelta(minutes=60))

# A compute instance takes some 5 minutes to start, and 15 with scripts of its own (Azure ML's documents); an image of
# gigabytes is pulled in that time as well.
COMPUTE_UP = Backoff(timedelta(seconds=20), 1.5, timedelta(minutes=2), deadline=timedelta(minutes=45))

# Deleting takes about 20 minutes (Azure ML's documents).
DELETED = Backoff(timedelta(seconds=30), 1.5, timedelta(minutes=2), deadline=timedelta(minutes=60))

# After the first wait, how often to look whether slow role assignments have taken effect: each look at a deployment
# is a new provisioning of minutes, so looking more often gains nothing.
ROLES_EFFECTIVE = Backoff(timedelta(minutes=2), 1.5, timedelta(minutes=5), deadline=timedelta(hours=24))

# A deployment that the platform has ended is carried on, and may wait for its roles a day more.
CARRIED_ON = Backoff(timedelta(minutes=1), 1.5, timedelta(minutes=5), deadline=timedelta(days=2))

# An activity that raises what nobody foresaw is tried again: most are a lost worker, which another call can have taken
# with it (measured: a killed worker fails every activity in flight). Five times is enough to know.
CRASHES_ALLOWED = 4

# How often an instance that the platform ended (its worker died in a turn) is carried on before it is undone.
RESUMPTIONS_ALLOWED = 3

# So often a deployment is tried again for slow roles before the run begins a new history: each try adds some 15 events.
TRIES_PER_HISTORY = 12

# Something that was there and is answered 404 once may still be there: an absence is believed after so many looks in a
# row, this far apart.
ABSENCES_BELIEVED = 3
ABSENCE_PAUSE = timedelta(seconds=40)

# A watch begins a new history after so many looks. Replaying costs time quadratic in a history's length (measured:
# 7 ms for the last turn after 30 looks, 107 ms after 480), and every look adds eight events.
LOOKS_PER_HISTORY = 8

# Whoever waits for its turn at an endpoint is woken by the run before it. A wake can get lost, and an owner can end
# without leaving: after so long without a word it looks for itself. A deployment takes 10 to 20 minutes.
NET = timedelta(minutes=10)

# A teardown looks again after every few things it has removed: so often something may be found again that was removed,
# and that is an end for what Azure will not delete.
ROUNDS_OF_TEARDOWN = 20

# No durable timer is longer (some task hubs keep them for six days at most): what waits longer takes several.
LONGEST_TIMER = timedelta(days=1)

# So long before an endpoint goes, its operation and the log say so; or half of its time, if that is less.
EXPIRY_WARNED = timedelta(hours=1)

# Custom status is cut to this; Durable fails an orchestration at 16 KiB of UTF-16.
PROGRESS_LIMIT_BYTES = 4096
