"""A thousand deployments at once: of identical content, so that one model server serves them all."""

from bench.harness import crowd
from bench.harness.figure import Figure, report

THOUSAND = crowd.Crowd("thousand_at_once", deployments=1000, memory_mib=1024, shares_processes=True)


def measure() -> Figure:
    """How much longer the last of them takes than one alone."""
    return crowd.measure(THOUSAND)


if __name__ == "__main__":
    report(measure)
