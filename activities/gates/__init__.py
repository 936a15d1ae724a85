"""What is proved by real requests, before a deployment gets traffic and after, each an activity of its own."""

from __future__ import annotations

from activities.gates.answers import count_answers
from activities.gates.shares import verify_shares
from activities.gates.smoke_test import smoke_test

GATES = (smoke_test, verify_shares, count_answers)
