"""What a new deployment must pass before it gets traffic, each an activity of its own."""

from __future__ import annotations

from activities.gates.smoke_test import smoke_test

GATES = (smoke_test,)
