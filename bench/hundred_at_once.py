"""A hundred deployments at once, each with a real model server of its own."""

from bench.harness import crowd
from bench.harness.figure import Figure, report

HUNDRED = crowd.Crowd("hundred_at_once", deployments=100, memory_mib=600)


def measure() -> Figure:
    """How much longer the last of them takes than one alone."""
    return crowd.measure(HUNDRED)


if __name__ == "__main__":
    report(measure)
