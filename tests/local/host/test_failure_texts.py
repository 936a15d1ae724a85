"""What becomes of an error's text, as recorded on Microsoft's own Functions host."""

from __future__ import annotations

import pytest

from local.host.failure_texts import hide_credentials
from tests.local.host.driver import Driver, OpenHost

LEAKY = "a key=b c 'quoted' Token=x y\nnext line https://h/p?code=abc&x=1 <tag> Server=z https://user:pw@host:80/"
HIDDEN = "a [Hidden Credential]'quoted' [Hidden Credential]<tag> [Hidden Credential]"


@pytest.fixture
def failing(open_host: OpenHost) -> Driver:
    """The app whose functions raise what they are told."""
    return open_host("failing")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (LEAKY, HIDDEN),
        ("https://user:pw@host:80/x", "[Hidden Credential]/x"),
        ("AccountKey=abc; next", "[Hidden Credential]"),
        ('say PASSWORD=x"more', 'say [Hidden Credential]"more'),
        ("PublicKeyToken=31bf, more", "PublicKeyToken=31bf, more"),
        ("monkey = 3, keys", "monkey = 3, keys"),
        ("https://host/p?sig=x&y", "https://host/p[Hidden Credential]"),
    ],
)
def test_what_looks_like_a_credential_is_hidden_to_the_next_terminator(text: str, kept: str) -> None:
    assert hide_credentials(text) == kept


def test_an_activitys_error_has_one_blank_and_brings_its_traceback(failing: Driver) -> None:
    output = failing.run("catches", ["raises", "bad"])["output"]
    assert output.startswith("Activity function 'raises' failed: ValueError: bad \n {")
    assert "Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException" in output
    assert "raise ValueError(text)" in output


def test_an_activitys_error_loses_its_credentials(failing: Driver) -> None:
    output = failing.run("catches", ["raises", LEAKY])["output"]
    assert output.startswith(f"Activity function 'raises' failed: ValueError: {HIDDEN} \n {{")


def test_an_error_let_through_is_the_instances_own(failing: Driver) -> None:
    output = failing.run("lets_through", ["raises", "bad"])["output"]
    told = "Orchestrator function 'lets_through' failed: Activity function 'raises' failed: ValueError: bad \n {"
    assert output.startswith(told)


def test_a_source_line_with_such_a_word_breaks_the_state_of_the_orchestrator_that_lets_it_through(
    failing: Driver,
) -> None:
    done = failing.run("lets_through", ["key_in_source", "plain"])
    assert done["output"].startswith("Non-Deterministic workflow detected: A previous execution of this orchestration")
    assert "'key_in_source'" in done["output"]


def test_and_does_no_harm_where_it_is_caught(failing: Driver) -> None:
    output = failing.run("catches", ["key_in_source", "plain"])["output"]
    assert output.startswith("Activity function 'key_in_source' failed: ValueError: plain \n {")


def test_an_orchestrators_own_error_loses_its_credentials(failing: Driver) -> None:
    done = failing.run("raises_itself", "Token=abc 'quoted' end")
    assert done["output"] == "Orchestrator function 'raises_itself' failed: [Hidden Credential]'quoted' end"


def test_an_error_before_any_replay_brings_its_traceback(failing: Driver) -> None:
    output = failing.run("no_generator", "plain")["output"]
    told = "One or more errors occurred. (Result: Failure\nException: ValueError: plain\nStack: "
    assert output.startswith(f"Orchestrator function 'no_generator' failed: {told}")
    assert "raise ValueError" in output


def test_results_and_the_custom_status_stay_as_they_are(failing: Driver) -> None:
    done = failing.run("says", "https://h/p?code=abc&sig=def Token=x Password=y")
    assert done["output"] == done["customStatus"] == "https://h/p?code=abc&sig=def Token=x Password=y"
