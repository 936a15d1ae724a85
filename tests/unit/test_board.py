"""What a failed run shows is in the text of its error, and the Functions host hides in it what it takes for secrets."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from contracts.base import Json
from contracts.errors import Failure
from contracts.ledger import LedgerEntry
from contracts.status import Progress, StepStatus
from local.host.failure_texts import hide_credentials
from orchestrations.board import Board
from orchestrations.policies import PROGRESS_LIMIT_BYTES

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)

# As recorded on the host: what follows such a beginning is hidden, a quote's backslash included.
TAKEN = (
    "Token", "DefaultEndpointsProtocol", "AccountKey", "Data Source", "Server", "Password", "pwd", "&amp;sig", "&sig",
    "?sig", "SharedAccessKey", "&amp;code", "&code", "?code", "/code", "key",
)  # fmt: skip


@pytest.mark.parametrize("word", TAKEN)
def test_nothing_is_hidden_in_what_is_shown(word: str) -> None:
    text = f'it says {word}=http://a"b" and more'
    assert hide_credentials(text) != text

    published: list[Json] = []
    board = Board(published.append)
    board.broke(Failure(code="ModelFilesWrong", message=text, retryable=False, suggestion=text.upper()))
    board.show([], [])

    shown = json.dumps(published)
    assert "and more" in shown
    assert hide_credentials(shown) == shown


def test_what_is_shown_is_the_progress_as_it_is_now() -> None:
    published: list[Json] = []
    board = Board(published.append)
    board.about(endpoint="credit-risk", deployment="blue")
    running = StepStatus(name="smoke_test", state="running", started=MOMENT)
    ended = running.model_copy(update={"state": "succeeded", "ended": MOMENT, "detail": "3 of 3"})
    made = LedgerEntry(kind="endpoint", id="onlineEndpoints/credit-risk", sure=False)
    sure = made.model_copy(update={"sure": True})

    # A status that is shown again is written once; one that takes its place is another.
    for steps, ledger in (([], []), ([running], [made]), ([running], [sure]), ([ended], [sure]), ([ended], [])):
        board.show(steps, ledger)
        progress = Progress(endpoint="credit-risk", deployment="blue", steps=steps, ledger=ledger)
        assert published[-1] == progress.to_wire()


def test_no_board_is_over_its_limit_and_none_is_cut_that_fits() -> None:
    published: list[Json] = []
    board = Board(published.append)
    cut: list[bool] = []
    for length in range(PROGRESS_LIMIT_BYTES - 250, PROGRESS_LIMIT_BYTES - 100):
        step = StepStatus(name="smoke_test", started=MOMENT, detail="d" * length)
        whole = Progress(steps=[step], ledger=[LedgerEntry(kind="code", id="codes/1")]).to_wire()
        board.show([step], [LedgerEntry(kind="code", id="codes/1")])
        assert len(json.dumps(published[-1])) <= PROGRESS_LIMIT_BYTES
        assert (published[-1] == whole) == (len(json.dumps(whole)) <= PROGRESS_LIMIT_BYTES)
        cut.append(published[-1] != whole)
    assert {*cut} == {True, False}
