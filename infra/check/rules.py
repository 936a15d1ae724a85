"""Check the Bicep and azd files without Azure, without the Bicep compiler and without a network.

    .venv-infra/bin/python -m infra.check.rules

Exits 1 and names every finding. Two independent parsers read each file (tree-sitter-bicep, pycep) and checkov lints
what pycep understood; checkov alone exits 0 on a file it cannot parse, so its parsing errors count as findings here.
The remaining rules are this project's own and need no third-party package, so that tests can break them one by one.
None of this is a type check: whether Azure accepts a property is only known after `azd provision`.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.check.host import host_findings
from infra.check.package import package_findings

ROOT = Path(__file__).resolve().parents[2]
RBAC = "infra/app/rbac.bicep"
FUNCTION = "infra/app/function.bicep"

# Roles with which an identity could give itself, or anybody, everything in their scope.
NEVER_ASSIGNED = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
}
RBAC_ADMINISTRATOR = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"

# The address of Application Insights is called a connection string; it opens nothing while DisableLocalAuth is on.
KEYS = re.compile(
    r"list\w*(?:Keys|Sas)\s*\(|AccountKey|SharedAccess|(?<!\binsights\.properties\.)connectionString", re.I
)
SWITCHED_OFF = {
    "infra/app/storage.bicep": "allowSharedKeyAccess: false",
    "infra/app/monitoring.bicep": "DisableLocalAuth: true",
}

STRING_OR_COMMENT = re.compile(r"('''.*?'''|'(?:\\.|[^'\\\n])*')|//[^\n]*|/\*.*?\*/", re.S)
ASSIGNMENT = re.compile(
    r"(?P<comment>(?:^//[^\n]*\n)*)^resource (?P<symbol>\w+) 'Microsoft\.Authorization/roleAssignments@[^']+' ="
    r" (?:if \([^\n]*\) )?\{\n(?P<body>.*?)^\}",
    re.M | re.S,
)
# One half of a condition, without white space, as in learn.microsoft.com/azure/role-based-access-control/
# delegate-role-assignments-examples. White space has no meaning to Azure outside of quotes.
HALF = re.compile(
    r"\(\(!\(ActionMatches\{'Microsoft\.Authorization/roleAssignments/(?P<action>\w+)'\}\)\)OR\("
    r"@(?P<source>\w+)\[Microsoft\.Authorization/roleAssignments:RoleDefinitionId\]"
    r"ForAnyOfAnyValues:GuidEquals\{(?P<roles>[^{}]*)\}"
    r"AND@(?P<type_source>\w+)\[Microsoft\.Authorization/roleAssignments:PrincipalType\]"
    r"ForAnyOfAnyValues:StringEqualsIgnoreCase\{(?P<types>[^{}]*)\}\)\)"
)
# A new assignment's attributes are in the request; those of the one to delete are on the resource.
SOURCE_OF = {"write": "Request", "delete": "Resource"}


def without_comments(bicep: str) -> str:
    """The same Bicep with comments removed and strings, in which // is text, left alone."""
    return STRING_OR_COMMENT.sub(lambda match: match[1] or "", bicep)


def field(body: str, name: str) -> str:
    """The text after `name:` on its line in a resource body, or an empty string."""
    found = re.search(rf"^\s+{name}: (.+)$", body, re.M)
    return found[1].strip() if found else ""


def role_assignment_findings(files: Mapping[str, str]) -> list[str]:
    """Every role assignment is in one file, says why, is named by scope, principal and role, and is not too wide."""
    findings = []
    for path, text in files.items():
        count = without_comments(text).count("'Microsoft.Authorization/roleAssignments@")
        if path != RBAC and count:
            findings.append(f"{path}: assigns roles; all role assignments belong in {RBAC}")
        elif count != len(ASSIGNMENT.findall(text)):
            findings.append(f"{path}: a role assignment is nested or looped; write each one at the top level")
    text = files.get(RBAC, "")
    roles = dict(re.findall(r"^var (\w+) = '([0-9a-f-]{36})'", text, re.M))
    for match in ASSIGNMENT.finditer(text):
        findings += [f"{RBAC}: {match['symbol']}: {problem}" for problem in _assignment_problems(match, roles)]
    return findings


def _assignment_problems(match: re.Match[str], roles: Mapping[str, str]) -> list[str]:
    body = match["body"]
    scope, principal = field(body, "scope"), field(body, "principalId")
    definition = re.search(r"'Microsoft\.Authorization/roleDefinitions', (\w+)\)", field(body, "roleDefinitionId"))
    role = definition[1] if definition else ""
    problems = []
    if not match["comment"]:
        problems.append("no comment above it says why it is needed")
    if field(body, "name") != f"guid({scope}.id, {principal}, {role})":
        problems.append(f"name must be guid({scope}.id, {principal}, {role}), so that it is created once and only once")
    if field(body, "principalType") != "'ServicePrincipal'":
        problems.append("principalType must be 'ServicePrincipal', or a new identity is not found yet")
    if role not in roles:
        problems.append("roleDefinitionId must name a variable that holds the ID of a built-in role")
    elif roles[role] in NEVER_ASSIGNED:
        problems.append(f"assigns {NEVER_ASSIGNED[roles[role]]}; choose roles that hold only what is used")
    elif roles[role] == RBAC_ADMINISTRATOR and (field(body, "condition"), field(body, "conditionVersion")) != (
        "grantCondition",
        "'2.0'",
    ):
        problems.append("the right to grant must carry condition: grantCondition and conditionVersion: '2.0'")
    return problems


def grant_condition(rbac: str) -> str:
    """The condition on the right to grant, as Azure would get it; an empty string if the file has none."""
    parts = re.search(r"^var grantCondition = join\(\[\n(.*?)^\], ' '\)", rbac, re.M | re.S)
    listed = re.search(r"^var grantableRoles = \[\n(.*?)^\]", rbac, re.M | re.S)
    if not parts or not listed:
        return ""
    roles = ", ".join(re.findall(r"'([^']*)'", without_comments(listed[1])))
    lines = [line.strip()[1:-1].replace("\\'", "'") for line in parts[1].splitlines()]
    return " ".join(lines).replace("${grantable}", roles)


def condition_findings(condition: str) -> list[str]:
    """Both halves are there, look at the right attributes, and allow the same few roles for service principals only."""
    dense = re.sub(r"\s", "", condition)
    halves = {half["action"]: half for half in HALF.finditer(dense)}
    findings = [
        f"the condition does not limit roleAssignments/{action}" for action in SOURCE_OF if action not in halves
    ]
    if HALF.sub("half", dense) != "halfANDhalf":
        findings.append("the condition must be exactly two halves joined by AND; anything else could let more through")
    for action, half in halves.items():
        if {half["source"], half["type_source"]} != {SOURCE_OF.get(action)}:
            findings.append(f"the {action} half must look at @{SOURCE_OF.get(action)} and nothing else")
        if half["types"] != "'ServicePrincipal'":
            findings.append(f"the {action} half must be for principals of type 'ServicePrincipal' only")
        for role in half["roles"].split(","):
            if role in NEVER_ASSIGNED or role == RBAC_ADMINISTRATOR or not re.fullmatch(r"[0-9a-f-]{36}", role):
                findings.append(f"the {action} half allows {NEVER_ASSIGNED.get(role, role or 'no role')}")
    if len({frozenset(half["roles"].split(",")) for half in halves.values()}) > 1:
        findings.append("the two halves allow different roles: Slipway could not undo, or could undo too much")
    return findings


def key_findings(files: Mapping[str, str]) -> list[str]:
    """No key is read or written anywhere, and where Azure would accept keys they are switched off."""
    code = {path: without_comments(text) for path, text in files.items()}
    findings = [f"{path}: uses a key: {hit[0]}" for path, text in code.items() for hit in KEYS.finditer(text)]
    missing = [(path, text) for path, text in SWITCHED_OFF.items() if text not in code.get(path, "")]
    return findings + [f"{path}: must say {text}" for path, text in missing]


def app_settings(function: str) -> dict[str, str]:
    """The application settings in function.bicep, name to expression."""
    block = re.search(r"name: 'appsettings'\n  properties: \{\n(.*?)^  \}", without_comments(function), re.M | re.S)
    return dict(re.findall(r"^    (\w+): (.+)$", block[1], re.M)) if block else {}


def settings_read(settings_py: str) -> tuple[set[str], set[str]]:
    """The SLIPWAY_ names in Python source, docstrings aside: all of them, and those read as `get(name, default)`."""
    nodes = list(ast.walk(ast.parse(settings_py)))
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    gets = [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get"]
    defaulted = {ast.unparse(call.args[0]).strip("'") for call in gets if len(call.args) == 2}
    return {text for text in strings if re.fullmatch(r"SLIPWAY_[A-Z_]+", text)}, defaulted


def settings_findings(settings: Mapping[str, str], settings_py: str) -> list[str]:
    """What settings.py reads is what the function app is given: nothing needed is missing, nothing set is unread."""
    given = {name for name in settings if name.startswith("SLIPWAY_")}
    read, defaulted = settings_read(settings_py)
    missing = sorted(read - defaulted - given)
    unread = sorted(given - read)
    return [f"{FUNCTION}: {name} is read by settings.py but not set" for name in missing] + [
        f"{FUNCTION}: {name} is set but settings.py does not read it" for name in unread
    ]


def hook_findings(azure_yaml: str, main: str, workspace: str) -> list[str]:
    """The hooks give workspace.bicep every parameter it asks for, from variables that azd or main.bicep provides."""
    wanted = set(re.findall(r"^param (\w+)", workspace, re.M))
    outputs = set(re.findall(r"^output (\w+)", main, re.M)) | {"AZURE_ENV_NAME", "AZURE_SUBSCRIPTION_ID"}
    findings = []
    for create in re.findall(r"az stack group create.*?(?=\n {4}\w|\n  \w|\Z)", azure_yaml, re.S):
        given = set(re.findall(r"[ \n](\w+)=\"", create))
        findings += [f"azure.yaml: a hook gives no {name} to workspace.bicep" for name in sorted(wanted - given)]
        findings += [f"azure.yaml: workspace.bicep has no parameter {name}" for name in sorted(given - wanted)]
    used = set(re.findall(r"\$(?:env:)?([A-Z][A-Z_]+)\b", azure_yaml)) - {"LASTEXITCODE"}
    return findings + [f"azure.yaml: nothing provides {name}" for name in sorted(used - outputs)]


def rule_findings(files: Mapping[str, str], root: Path) -> list[str]:
    """This project's own rules over the Bicep `files`, and over the files below `root` they must agree with."""
    settings = app_settings(files.get(FUNCTION, ""))
    main, workspace = files.get("infra/main.bicep", ""), files.get("infra/workspace.bicep", "")
    agreements: dict[str, Callable[[str], list[str]]] = {
        "settings.py": lambda text: settings_findings(settings, text),
        "host.json": lambda text: host_findings(text, settings),
        "azure.yaml": lambda text: hook_findings(text, main, workspace),
    }
    findings = role_assignment_findings(files) + key_findings(files)
    findings += package_findings(root) if (root / ".funcignore").is_file() else []
    findings += [f"{RBAC}: {finding}" for finding in condition_findings(grant_condition(files.get(RBAC, "")))]
    for name, agrees in agreements.items():
        there = (root / name).is_file()
        findings += agrees((root / name).read_text()) if there else [f"{name}: not there; the Bicep must agree with it"]
    return findings


def parse_findings(files: Mapping[str, str]) -> list[str]:
    """Both parsers understand every file."""
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


def main() -> int:
    """Print what was checked and every finding; 0 only when there is none."""
    files = {str(path.relative_to(ROOT)): path.read_text() for path in sorted((ROOT / "infra").rglob("*.bicep"))}
    linted = lint(checkov_report(ROOT / "infra"))
    findings = [*parse_findings(files), *rule_findings(files, ROOT), *linted.findings]
    sys.stdout.writelines(f"{finding}\n" for finding in findings)
    sys.stdout.write(f"{len(files)} Bicep files, {linted.passed} checkov rules passed, {len(findings)} findings\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
