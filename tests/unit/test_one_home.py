"""Each fact has one home in the product; what must stand twice is compared in tests/local/cloud/test_facts.py."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrations.runbooks import RUNBOOKS
from triggers.asking import KEY_CHARACTERS
from triggers.http import ROUTES
from triggers.openapi import document
from triggers.statuses import SHOWN

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("activities", "azure_api", "cli", "contracts", "orchestrations", "triggers")
# Where the states of our own deployments are, some of which are called like Azure's.
HOMES_OF_STATES = {"contracts/status.py", "triggers/statuses.py", "cli/outcome.py", "cli/report.py"}
FACTS = {
    "api-version": r"20\d\d-\d\d-\d\d(-preview)?",
    "GUID": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "action of a role": r"Microsoft\.\w+/[\w/]+/(write|delete|action|read)",
    "provisioning state": r"Canceled|Creating|Updating",
    "key pattern": r"\[!-~\].*",
    "instance prefix": r"(dep|event)-",
}


@pytest.fixture(scope="module")
def texts() -> list[tuple[str, str]]:
    """Every text constant of the product with its module; docstrings are none."""
    return list(_texts())


def _texts() -> Iterator[tuple[str, str]]:
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_text())
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, documented) and node.body
            if isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                yield str(path.relative_to(ROOT)), node.value


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_is_written_once(texts: list[tuple[str, str]], fact: str) -> None:
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for module, text in texts:
        if re.fullmatch(FACTS[fact], text):
            homes[text].append(module)

    assert homes, "this test looks for nothing"
    assert not {text: where for text, where in homes.items() if len(set(where) - HOMES_OF_STATES) > 1}


def test_what_runbooks_have_derives_from_their_list() -> None:
    paths = document(ROUTES)["paths"]

    assert {runbook.status for runbook in RUNBOOKS} == SHOWN.keys()
    for runbook in RUNBOOKS:
        assert f"/api/{runbook.route}" in paths
    assert KEY_CHARACTERS in str(paths["/api/deployments"]["post"]["parameters"])
