"""What a failed run shows is in the text of its error, and the Functions host hides in it what it takes for secrets."""

from __future__ import annotations

import json

import pytest

from contracts.base import Json
from contracts.errors import Failure
from local.host.failure_texts import hide_credentials
from orchestrations.board import Board

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
