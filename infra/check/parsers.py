"""What other programs say about the files: two Bicep parsers, PowerShell or a parser of it, the shell, checkov's rules.

checkov exits 0 on a file that it cannot parse, so its parsing errors count as findings here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOOKS = Path("infra", "hooks")
# What PowerShell itself says, where it is at hand: its own parser, and nothing is run.
PARSE = """
$tokens = $errors = $null
[void][System.Management.Automation.Language.Parser]::ParseFile($env:HOOK, [ref]$tokens, [ref]$errors)
$errors | ForEach-Object { "line $($_.Extent.StartLineNumber): $($_.Message)" }
"""
QUERY = re.compile(r"--query (?:\"([^\"]*)\"|'([^']*)')")


def parse_findings(files: Mapping[str, str]) -> list[str]:
    """Both parsers understand every Bicep file."""
    import tree_sitter_bicep
    from pycep import BicepParser
    from tree_sitter import Language, Parser

    grammar = Parser(Language(tree_sitter_bicep.language()))
    findings = []
    for path, text in files.items():
        if grammar.parse(text.encode()).root_node.has_error:
            findings.append(f"{path}: tree-sitter-bicep finds a syntax error")
        try:
            BicepParser().parse(text=text)
        except Exception as error:  # whatever the parser's grammar library raises
            findings.append(f"{path}: pycep cannot parse it: {str(error).splitlines()[0]}")
    return findings


def script_findings(root: Path) -> list[str]:
    """Every hook is one that `sh` and a PowerShell parser can read."""
    import tree_sitter_powershell
    from tree_sitter import Language, Parser

    grammar = Parser(Language(tree_sitter_powershell.language()))
    findings = []
    for path in sorted((root / HOOKS).glob("*.sh")):
        run = subprocess.run(["sh", "-n", str(path)], capture_output=True, text=True, check=False)  # noqa: S607 - PATH's
        findings += [f"{HOOKS / path.name}: {line}" for line in run.stderr.splitlines()]
    for path in sorted((root / HOOKS).glob("*.ps1")):
        broken = _first_error(grammar.parse(path.read_bytes()).root_node)
        findings += [f"{HOOKS / path.name}: line {broken}: PowerShell cannot parse it"] if broken else []
    return findings


def powershell_findings(root: Path) -> list[str]:
    """What PowerShell says about the hooks that are for it; nothing where it is not on the path."""
    pwsh = shutil.which("pwsh")
    findings = []
    for path in sorted((root / HOOKS).glob("*.ps1")) if pwsh else ():
        run = subprocess.run(
            [str(pwsh), "-NoProfile", "-NonInteractive", "-Command", PARSE],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=os.environ | {"HOOK": str(path.resolve())},
        )
        findings += [f"{HOOKS / path.name}: {line}" for line in (run.stdout + run.stderr).splitlines() if line.strip()]
    return findings


def query_findings(root: Path) -> list[str]:
    """Every query that a hook gives to az is one; az says so only when the hook runs."""
    import jmespath

    findings = []
    for path in sorted((root / HOOKS).iterdir()):
        for double, single in QUERY.findall(path.read_text()):
            try:
                jmespath.compile((double or single).replace("$2", "contains(actions, '*')"))
            except jmespath.exceptions.JMESPathError as error:
                findings.append(f"{HOOKS / path.name}: {str(error).splitlines()[0]}")
    return findings


def _first_error(node: Any) -> int | None:
    """The line of the first thing that the parser did not understand, None when it understood everything."""
    if node.is_error or node.is_missing:
        return int(node.start_point[0]) + 1
    return next((line for child in node.children if child.has_error and (line := _first_error(child))), None)


@dataclass(frozen=True)
class Lint:
    """What checkov said: how many rules passed, and what has to change."""

    passed: int
    findings: list[str]


def lint(report: Mapping[str, Any]) -> Lint:
    """Read checkov's JSON report. Files it could not parse and rules skipped without a reason are findings."""
    results = report.get("results", {})
    failed = [f"{c['repo_file_path']}: {c['check_id']} {c['check_name']}" for c in results.get("failed_checks", [])]
    unread = [f"{path}: checkov cannot parse it" for path in results.get("parsing_errors", [])]
    silent = [
        f"{c['repo_file_path']}: {c['check_id']} is skipped without a reason"
        for c in results.get("skipped_checks", [])
        if c["check_result"].get("suppress_comment", "").lower() in ("", "no comment provided")
    ]
    passed = len(results.get("passed_checks", []))
    return Lint(passed, failed + unread + silent + ([] if passed else ["checkov looked at nothing"]))


def checkov_report(folder: Path) -> dict[str, Any]:
    """Run checkov on `folder` without letting it reach for the network."""
    checkov = Path(sys.executable).with_name("checkov")
    command = [str(checkov), "-d", str(folder), "--framework", "bicep", "--skip-download", "-o", "json"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BC_", "PRISMA_"))}
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=environment | {"LOG_LEVEL": "ERROR"},
    )
    report = json.loads(run.stdout)
    return report if isinstance(report, dict) else {}
