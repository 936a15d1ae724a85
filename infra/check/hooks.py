"""azure.yaml and its hooks: what they name is there, in both shells, and at the moment when they run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from infra.check.sources import MAIN, Sources

HOOKS = "infra/hooks"
SHELLS = {".sh": re.compile(r"\$\{?([A-Z][A-Z_]+)\b"), ".ps1": re.compile(r"\$env:([A-Z][A-Z_]+)\b")}
# azd's own, and those that the shells bring.
AZD = {"AZURE_ENV_NAME", "AZURE_SUBSCRIPTION_ID"}
SHELL = {"LASTEXITCODE"}
# Set by a hook with `azd env set`, which outlives `azd down`; outputs do not.
KEPT = {"SLIPWAY_STACK_WORKSPACE"}
AFTER_OUTPUTS = {"predeploy", "postdeploy"}
RUN = re.compile(r"\{ ([^{}]*)run: (?:sh )?(infra/hooks/(\w+)(\.sh|\.ps1))")
# Runs while azd provisions, and must not take the terminal from it; it has nothing to say.
SILENT = {"prepackage"}
# What az.cmd, which az is on Windows, leaves to the command prompt when there is no blank in an argument.
PROMPTS_OWN = re.compile(r"--query '([^' ]*[()&|<>^%\"][^' ]*)'")
# From this version on an empty argument stays one, and what a program says on its error stream stops nothing.
POWERSHELL = "#Requires -Version 7.3\n"
DEPLOYMENT = re.compile(
    r"az (?:stack|deployment) group create.*?(?=\n\n|\n\}|\n *give_up|\|\||\nif|\n *if|2>&1|\Z)", re.S
)
COMMAND = re.compile(r"(?<![\w-])az ((?:[a-z]+ )+)(?=--)")


def hook_findings(sources: Sources) -> list[str]:
    """Hooks without a script, variables that nobody provides then, and templates given what they do not take."""
    azure_yaml = sources.beside("azure.yaml")
    if azure_yaml is None:
        return ["azure.yaml: not there"]
    findings = (
        [] if re.search(r"^requiredVersions:\n +azd:", azure_yaml, re.M) else ["azure.yaml: names no azd version"]
    )
    lines = RUN.findall(azure_yaml)
    named = {(name, suffix): path for _, path, name, suffix in lines}
    for how, path, name, _ in lines:
        if name not in SILENT and "interactive: true" not in how:
            findings.append(f"azure.yaml: {path} must be interactive: azd wipes away what it prints")
    for (name, _), path in named.items():
        if sources.beside(path) is None:
            findings.append(f"azure.yaml: there is no {path}")
        findings += [f"azure.yaml: {name} has no {other} half" for other in SHELLS if (name, other) not in named]
    for path in sorted((sources.root / HOOKS).glob("*.*")):
        findings += [f"{HOOKS}/{path.name}: {problem}" for problem in _problems(sources, path.stem, path.suffix)]
    return findings


def _problems(sources: Sources, name: str, suffix: str) -> Iterator[str]:
    text = sources.beside(f"{HOOKS}/{name}{suffix}") or ""
    other = sources.beside(f"{HOOKS}/{name}{'.ps1' if suffix == '.sh' else '.sh'}")
    if other is None or _commands(text) != _commands(other):
        yield "does not give az the commands of its other half"
    used = set(SHELLS[suffix].findall(text)) - SHELL
    yield from (f"nothing provides {missing} then" for missing in sorted(used - _provided(sources, name)))
    for deployment in DEPLOYMENT.findall(text):
        yield from _misfits(sources, deployment)
    if suffix == ".ps1":
        yield from _not_for_windows(text)


def _not_for_windows(text: str) -> Iterator[str]:
    if not text.startswith(POWERSHELL):
        yield f"must begin with {POWERSHELL.strip()}"
    yield from (f"the query {query} does not reach az on Windows: read its JSON" for query in PROMPTS_OWN.findall(text))


def _commands(text: str) -> list[str]:
    return sorted(COMMAND.findall(text))


def _provided(sources: Sources, name: str) -> set[str]:
    tree = sources.trees.get(MAIN)
    inputs = set(re.findall(r"\$\{(\w+)", sources.beside("infra/main.parameters.json") or ""))
    outputs = set(tree.outputs) if tree else set()
    return AZD | KEPT | inputs | (outputs if name in AFTER_OUTPUTS else set())


def _misfits(sources: Sources, deployment: str) -> Iterator[str]:
    found = re.search(r"--template-file (\S+)", deployment)
    tree = sources.trees.get(found[1]) if found else None
    if not found or tree is None:
        yield f"deploys {found[1] if found else 'no template'}, which is not there"
        return
    given = set(re.findall(r"[ \n](\w+)=\"", deployment))
    needed = {name for name, parameter in tree.parameters.items() if parameter.default is None}
    yield from (f"gives no {name} to {found[1]}" for name in sorted(needed - given))
    yield from (f"{found[1]} has no parameter {name}" for name in sorted(given - set(tree.parameters)))
