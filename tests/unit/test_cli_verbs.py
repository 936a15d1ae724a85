"""Every verb that the parser knows has its help, its examples, its exit codes as they are told, and a test."""

from __future__ import annotations

import ast
import io
import json
import re
import shlex
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli.application import app
from cli.outcome import ExitCode
from cli.verbs import VERBS, Verb
from contracts.errors import all_errors
from tests.unit.slipway_command import REQUEST, Slipway, service, slipway

__all__ = ["service", "slipway"]

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "http://127.0.0.1:1"
# What they print is text of a container, the model's own answer, or one line about a file that was registered.
NO_JSON = {"logs", "endpoint-logs", "invoke", "chat", "register-code"}
# They ask no service.
WITHOUT_SERVICE = {"register-code", "policies check"}


def parsed(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The verbs that the parser knows, with what it knows of each."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, inner in command.commands.items():
        yield from parsed(inner, f"{name} {word}".strip())


COMMANDS = dict(parsed(typer.main.get_command(app)))
EVERY_VERB = pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)


def called(path: Path) -> Iterator[str]:
    """The verbs that a file of tests calls: the first words of `slipway(...)` and of lists of such words."""
    for node in ast.walk(ast.parse(path.read_text())):
        words = node.args if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "slipway" else []
        first = [word.value for word in words[:2] if isinstance(word, ast.Constant) and isinstance(word.value, str)]
        yield from (first[0], " ".join(first)) if first else ()


def misspelt(text: str) -> str:
    """What of a command line is neither a verb nor one of its options."""
    words = text.removeprefix("slipway ").split()
    verb = next((name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS), None)
    if verb is None:
        return words[0]
    options = {name for one in COMMANDS[verb].params for name in (*one.opts, *one.secondary_opts)}
    return " ".join({word.partition("=")[0] for word in words if word.startswith("-") and word != "-"} - options)


def test_the_commands_in_the_documents_are_verbs_with_the_options_that_they_have() -> None:
    pages = "\n".join(path.read_text() for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))
    written = set(re.findall(r"(?:`|^)(slipway [a-z][^`\n]*)", pages, re.MULTILINE))

    assert len(written) > 40
    assert {text: misspelt(text) for text in written if misspelt(text)} == {}


def test_what_an_error_says_to_send_is_told_as_the_command_line_has_it_too() -> None:
    flags = {name for one in COMMANDS.values() for option in one.params for name in option.opts}
    unsaid = [
        (code, flag)
        for code, error in all_errors().items()
        for field in re.findall(r"`(\w+)(?:=true|: true)?`", error.suggestion)
        if (flag := f"--{field.replace('_', '-')}".replace("--plan", "--if-plan")) in flags
        and f"(`{flag}`)" not in error.suggestion
    ]

    assert unsaid == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the examples name, in the folder where they are called; and one line for those that read."""
    deployment = "model: azureml:m:1\nenvironment: azureml:e:1\ninstance_type: Standard_DS3_v2\n"
    code = "code_configuration: {code: azureml:c:1, scoring_script: score.py}\n"
    (tmp_path / "request.yml").write_text(json.dumps(REQUEST))
    (tmp_path / "endpoint.yml").write_text("name: my-endpoint\nauth_mode: key\n")
    (tmp_path / "blue-deployment.yml").write_text(f"name: blue\nendpoint_name: my-endpoint\n{deployment}{code}")
    (tmp_path / "runtime.yml").write_text("name: flows\ncompute: {name: flows-machine}\n")
    (tmp_path / "automatic.yml").write_text("name: flows\n")
    (tmp_path / "my-flow").mkdir()
    (tmp_path / "my-flow" / "flow.dag.yaml").write_text("nodes: []\n")
    (tmp_path / "sample.json").write_text('{"data": [[1]]}')
    (tmp_path / "score").mkdir()
    (tmp_path / "score" / "score.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}\n")))
    monkeypatch.setattr("cli.finishing.pause", lambda _: None)


def words(example: str) -> list[str]:
    return shlex.split(example.partition(" > ")[0])


def test_the_parser_knows_what_is_told_and_nothing_else() -> None:
    assert set(COMMANDS) == {verb.name for verb in VERBS}


@EVERY_VERB
def test_a_verb_says_what_it_does_with_what_and_how_it_ends(verb: Verb, slipway: Slipway) -> None:
    command = COMMANDS[verb.name]

    said = slipway(*verb.name.split(), "-h")

    assert said.code == 0
    assert f"Usage: slipway {verb.name} [OPTIONS]" in said.out
    assert len(command.help) > 20
    assert [one.name for one in command.params if not one.help] == []
    assert [line for line in said.out.splitlines() if len(line) > 80 and "  slipway " not in line] == []
    examples, codes = said.out.split("Examples:\n")[1].split("Exit codes:\n")
    assert [line.strip() for line in examples.strip().splitlines()] == [f"slipway {one}" for one in verb.examples]
    assert [int(line.split()[0]) for line in codes.splitlines()] == [code.value for code in verb.ends]
    assert {ExitCode.SUCCEEDED, ExitCode.REFUSED} <= set(verb.ends)
    assert ("--json" in said.out) == (verb.name not in NO_JSON)


def test_an_option_is_the_same_for_every_verb() -> None:
    forms = defaultdict(set)
    for command in COMMANDS.values():
        for one in command.params:
            for name in (*one.opts, *one.secondary_opts):
                forms[name].add((tuple(one.opts), one.metavar))

    # `--plan` is a word of `delete` alone; a deployment names the digest of one with `--if-plan`.
    assert {name: form for name, form in forms.items() if len(form) > 1 and name.startswith("-")} == {}


def test_every_verb_has_a_test_that_names_it() -> None:
    files = [path for path in (ROOT / "tests" / "unit").glob("test_cli_*.py") if path != Path(__file__)]

    assert set(COMMANDS) - {name for path in files for name in called(path)} == set()


@pytest.mark.usefixtures("folder")
@EVERY_VERB
def test_a_refusal_and_no_answer_end_as_the_help_says(verb: Verb, slipway: Slipway) -> None:
    for example in verb.examples if verb.name != "policies check" else ("policies check --unknown",):
        sys.stdin.seek(0)
        assert (slipway(*words(example)).code, ExitCode.REFUSED in verb.ends) == (2, True)
        if verb.name not in WITHOUT_SERVICE:
            sys.stdin.seek(0)
            ended = slipway("--url", NOBODY, *words(example))
            assert (ended.code, ExitCode.UNREACHABLE in verb.ends) == (4, True)
            assert f"no answer from {NOBODY}" in ended.err
