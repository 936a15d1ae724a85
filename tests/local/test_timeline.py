"""The table of where a deployment's time went."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from local.timeline import timeline

START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
SPEED = 120.0


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def step(name: str, start: float, end: float, state: str = "succeeded") -> dict[str, Any]:
    return {"name": name, "state": state, "started": at(start), "ended": at(end), "attempts": 1}


def ran(function: str, start: float, seconds: float) -> dict[str, Any]:
    ended = at(start + seconds * SPEED)
    return {"function": function, "started": at(start), "ended": ended, "duration_ms": seconds * 1000}


def call(seconds: float, path: str = "/x", *, write: bool = False, **other: str) -> dict[str, Any]:
    who = {"caller": "slipway-app", "host": "management.azure.com", **other}
    return {"at": at(seconds), "path": path, "write": write, **who}


STATUS = {
    "steps": [
        step("plan_deployment", 0, 240),
        step("grant_roles", 240, 250),
        step("roles_effective", 250, 250, "skipped"),
        step("deployment_provisioned", 250, 850),
    ]
}
CALLS = [
    call(-1),
    call(1),
    call(2),
    call(3, caller="developer"),
    call(4, host="credit-risk.eastus.inference.ml.azure.com"),
    call(241, "/x/roleAssignments/1", write=True),
    call(700),
    call(900),
]
INVOCATIONS = [
    ran("plan_deployment", 0, 2),
    ran("grant_roles", 241, 0.04),
    ran("get_deployment", 300, 0.04),
    ran("get_deployment", 500, 0.04),
    ran("deployment_provisioned", 600, 0.03),
    ran("deployment_provisioned", 800, 0.03),
    ran("plan_deployment", 2000, 9),
]


def shown(width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as captured:
        console.print(timeline(STATUS, CALLS, INVOCATIONS, speed=SPEED, title="credit-risk:1 on credit-risk/blue"))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_each_step_has_its_time_its_work_and_its_calls() -> None:
    rows = {line.split()[0]: line.split()[1:] for line in shown() if line.strip()}

    assert rows["plan_deployment"] == ["0:00", "4:00", "2.0", "s", "1", "2"]
    assert rows["grant_roles"] == ["4:00", "0:10", "40", "ms", "1", "1"]
    assert rows["roles_effective"] == ["4:10", "none"]
    assert rows["deployment_provisioned"] == ["4:10", "10:00", "60", "ms", "1", "1"]


def test_the_sum_counts_the_deployments_own_work_and_calls() -> None:
    # 2 s of planning, and at least a second for granting and for each look at the deployment.
    assert shown()[-1] == "14:10 in all; 5.0 s billed; 4 ARM reads and writes; 1 role granted"


def test_nothing_is_cut_on_a_terminal_of_80_columns() -> None:
    assert "…" not in "".join(shown(80))
    assert shown(80) == shown(200)
