"""Run every benchmark (or those named), each in a process of its own, and show them beside their bounds.

Ends with 1 when something could not be measured; a missed bound is shown with its reason and is not a failure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from local.checkout import ROOT

BENCHMARKS = (
    "against_plain_script",
    "overhead_wall",
    "overhead_cpu",
    "history_events",
    "history_growth",
    "billed_seconds",
    "longest_invocation",
    "import_cpu",
    "import_memory",
    "arm_reads",
    "arm_writes",
    "request_latency",
    "list_page",
    "second_deployment_wait",
    "largest_activity_output",
    "largest_request",
    "largest_custom_status",
    "hundred_at_once",
    "thousand_at_once",
    "chain_throughput",
    "long_history",
    "purged_memory",
)
COMPARISON = "billed_against_plain_script"
# Figures that the plain script has too, and where the comparison says them.
OF_SCRIPT = {
    "billed_seconds": "billed_s",
    "longest_invocation": "longest_invocation_s",
    "arm_reads": "arm_reads",
    "arm_writes": "arm_writes",
}
# The same for a second deployment to the endpoint.
OF_SECOND = {"second_deployment_wait": "role_wait_s"}
COMPARED = {
    "cloud_time_s": "Azure's time until live, s",
    "role_wait_s": "of it, waiting for roles alone, s",
    "arm_reads": "ARM reads",
    "arm_writes": "ARM writes",
    "billed_s": "billed execution, s",
    "longest_invocation_s": "longest invocation, s",
    "wall_s": "real time here, s",
}
# For one that hangs: nothing is measured by it, and on a crowded machine a thousand deployments take their time.
TIMEOUT_SECONDS = 4 * 3600

Line = Mapping[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a JSON line per benchmark, then tables; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    chosen = parser.parse_args(arguments).names or BENCHMARKS
    unknown = set(chosen) - set(BENCHMARKS)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    began = time.monotonic()
    lines = {name: run(name) for name in chosen}
    show([line for line in lines.values() if line])
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(
        f"{time.monotonic() - began:.0f} s; load {load:.1f} on {cores} cores (above 1 per core, real times are noise)"
    )
    return 0 if all(lines.values()) else 1


def run(name: str) -> Line | None:
    """The line of one benchmark, printed as it comes; None when there is none, and stderr says why."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", f"bench.{name}"],
            cwd=ROOT,
            # What it says of its progress, and why it fails, comes as it is said.
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        sys.stderr.write(f"{name}: not measured within {TIMEOUT_SECONDS} s\n")
        return None
    if done.returncode:
        sys.stderr.write(f"{name}: could not be measured\n")
        return None
    print(done.stdout.strip(), flush=True)
    line: Line = json.loads(done.stdout)
    return line


def show(lines: Sequence[Line]) -> None:
    """The figures beside their bounds, then service and script side by side."""
    console = Console(width=120) if not sys.stdout.isatty() else Console()
    compared = next((line for line in lines if line["name"] == COMPARISON), None)
    console.print(figures(lines, compared))
    for line in lines:
        if not line["ok"]:
            detail = "; ".join(f"{name}: {value}" for name, value in line["detail"].items())
            console.print(f"{line['name']} misses its bound. {detail}", markup=False)
    if compared:
        console.print(side_by_side(compared["detail"]))
        console.print(compared["detail"]["how"], markup=False)


def figures(lines: Sequence[Line], compared: Line | None) -> Table:
    """One row per figure."""
    table = Table(title="Slipway, one deployment")
    for name in ("figure", "measured", "at most", "unit", "", "plain script"):
        table.add_column(name, justify="right" if name in ("measured", "at most", "plain script") else "left")
    script = compared["detail"]["script"] if compared else {"first": {}, "second": {}}
    for line in lines:
        if line is not compared:
            name = line["name"]
            same = script["first"].get(OF_SCRIPT.get(name)) or script["second"].get(OF_SECOND.get(name), "")
            verdict = "met" if line["ok"] else "MISSED"
            table.add_row(name, f"{line['value']:g}", f"{line['bound']:g}", line["unit"], verdict, str(same))
    return table


def side_by_side(detail: Mapping[str, Any]) -> Table:
    """One row per compared figure: a new endpoint, then a second version on it."""
    table = Table(title="The same work, by the service and by a plain script")
    table.add_column("")
    for which in ("first", "second"):
        for who in ("service", "script"):
            table.add_column(f"{which}, {who}", justify="right")
    for key, title in COMPARED.items():
        table.add_row(
            title, *(f"{detail[who][which][key]:g}" for which in ("first", "second") for who in ("service", "script"))
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
