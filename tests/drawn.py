"""Examples that Hypothesis draws: the same in each run, on every machine, whatever ran before in the same process."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

# No seed of the moment, nothing kept from run to run, and no bound in real time, which a busy machine would miss.
settings.register_profile(
    "repeatable", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

# Now and then it draws what stands in the modules of this project, also with a seed: in those that are loaded by then,
# which depends on the tests that ran before. The others of its constants are always the same.
_no_constants = providers._local_constants
providers._get_local_constants = lambda: _no_constants
