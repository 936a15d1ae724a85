"""Sharing traffic out in whole numbers."""

from __future__ import annotations

from contracts.plan import Percentages


def scaled(shares: Percentages, whole: int) -> Percentages:
    """Shares of `whole` in the same proportions; what comes to nothing is left out, and nothing comes of nothing."""
    total = sum(shares.values())
    if not total:
        return {}
    parts = {name: share * whole // total for name, share in shares.items()}
    # What is left over goes to those that lost most by rounding.
    rests = sorted(shares, key=lambda name: (-(shares[name] * whole % total), name))
    for name in rests[: whole - sum(parts.values())]:
        parts[name] += 1
    return {name: part for name, part in parts.items() if part}
