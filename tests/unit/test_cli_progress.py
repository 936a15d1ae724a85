"""Following a deployment: the board on a terminal, lines elsewhere, and giving up at last."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from cli.following import LONGEST_PAUSE, MISSES_ALLOWED, SHORTEST_PAUSE, follow
from cli.outcome import Interrupted, Unreachable
from cli.report import print_plan
from cli.screen import LineLog, board, progress
from cli.service import Service
from cli.wording import clock_time, plain, span
from contracts.plan import Plan
from contracts.status import DeploymentStatus, StepStatus
from tests.unit.scripted_service import ScriptedService

START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


def status(*steps: StepStatus, state: str = "Running") -> DeploymentStatus:
    return DeploymentStatus.model_validate(
        {
            "id": "dep-1",
            "status": state,
            "endpoint": "credit-risk",
            "deployment": "blue",
            "model": "credit-risk:1",
            "steps": steps,
        }
    )


def shown(found: DeploymentStatus) -> list[str]:
    console = Console(file=io.StringIO(), width=120)
    with console.capture() as captured:
        console.print(board(found, START + timedelta(minutes=5)))
    return [line.rstrip() for line in captured.get().splitlines()]


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    with ScriptedService() as running:
        yield running


def test_the_board_shows_every_step_with_its_times() -> None:
    lines = shown(
        status(
            StepStatus(name="ensure_endpoint", state="succeeded", started=START, ended=START + timedelta(seconds=90)),
            StepStatus(name="read_traffic", state="skipped", started=START, ended=START),
            StepStatus(name="begin_deployment", state="running", started=START, attempts=3, detail="retried"),
            StepStatus(
                name="roles_effective", state="waiting", started=START, waiting_until=START + timedelta(minutes=15)
            ),
        )
    )

    assert lines == [
        "credit-risk:1 → credit-risk/blue: Running",
        "✓  ensure_endpoint   succeeded after 1 min 30 s",
        "-  read_traffic      not needed",
        "▶  begin_deployment  running for 5 min, attempt 3 (retried)",
        "…  roles_effective   waiting until 14:15 UTC, 10 min left",
    ]


def test_on_a_terminal_the_words_of_a_plan_go_on_under_each_other_and_elsewhere_in_one_line() -> None:
    plan = Plan(model="credit-risk:1", confirms=["one two three four five six seven"])
    terminal, pipe = io.StringIO(), io.StringIO()

    print_plan(Console(file=terminal, force_terminal=True, color_system=None, width=30), plan)
    print_plan(Console(file=pipe, width=30), plan)

    assert "  confirms  one two three four\n            five six seven" in terminal.getvalue()
    assert "  confirms  one two three four five six seven\n" in pipe.getvalue()


def test_a_terminal_gets_a_board_and_anything_else_gets_lines() -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True)
    pipe = Console(file=io.StringIO())

    with progress(terminal) as live, progress(pipe) as lines:
        assert type(live) is not type(lines)
        assert isinstance(lines, LineLog)


def test_lines_are_printed_when_something_changes_and_not_with_every_look() -> None:
    written = io.StringIO()
    log = LineLog(Console(file=written, width=20))
    running = StepStatus(name="smoke_test", state="running", started=START)

    failed = running.model_copy(update={"state": "failed", "ended": START + timedelta(minutes=3)})
    log.show(status(running), START + timedelta(minutes=1))
    log.show(status(running), START + timedelta(minutes=2))
    log.show(status(failed), START + timedelta(minutes=3))

    assert written.getvalue().splitlines() == [
        "14:01:00 smoke_test: running for 1 min",
        "14:03:00 smoke_test: failed after 3 min",
    ]


def test_following_asks_politely_and_ends_with_the_last_answer(service: ScriptedService) -> None:
    wire = [status(state=state).to_wire() for state in ("Pending", "Running", "Succeeded")]
    service.on("GET", "/api/deployments/dep-1", *wire)
    pauses: list[float] = []

    reply = follow(Service(service.url), "dep-1", LineLog(Console(file=io.StringIO())), pauses.append, interval=0)

    assert reply.value.status == "Succeeded"
    assert pauses == [SHORTEST_PAUSE, SHORTEST_PAUSE]


def test_following_gives_up_at_last_and_says_how_to_go_on() -> None:
    pauses: list[float] = []
    written = io.StringIO()

    with pytest.raises(Unreachable, match="slipway status dep-1 --follow"):
        follow(Service("http://127.0.0.1:1"), "dep-1", LineLog(Console(file=written)), pauses.append)

    assert len(pauses) == MISSES_ALLOWED
    assert max(pauses) == LONGEST_PAUSE
    assert len(written.getvalue().splitlines()) == 1


def test_an_interrupted_follower_is_told_that_the_deployment_goes_on(service: ScriptedService) -> None:
    service.on("GET", "/api/deployments/dep-1", status().to_wire())

    def ctrl_c(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="slipway status dep-1 --follow"):
        follow(Service(service.url), "dep-1", LineLog(Console(file=io.StringIO())), ctrl_c)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (200, "3 min 20 s"),
        (754, "12 min"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
        (90_000, "25 h"),
    ],
)
def test_durations_are_said_in_at_most_two_units(seconds: float, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words


def test_times_are_utc_whatever_their_zone() -> None:
    assert clock_time(datetime.fromisoformat("2026-11-20T16:05:00+02:00")) == "14:05 UTC"


def test_text_from_elsewhere_loses_its_control_characters_only() -> None:
    assert plain("\x1b[2Ja\tb\nc\r\x9b1m é") == "a\tb\nc1m é"
