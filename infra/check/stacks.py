"""What may be in the workspace's group, and what `azd down` must not forget.

The workspace's group is the customer's. A deployment stack deletes what it manages: what that may be is fixed here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from infra.check.sources import MAIN, STACKS, Sources
from infra.check.syntax import Literal, Text

MANAGED = {
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.EventGrid/systemTopics/eventSubscriptions",
}
# Shared by everybody who listens to the workspace: made by a plain deployment, so that no stack deletes it.
SHARED = "infra/topic.bicep"
SHARED_TYPES = {"Microsoft.EventGrid/systemTopics"}
SYMBOLIC = re.compile(
    r"^\s*(?:@export|type\s|func\s|import\s|extension\s|assert\s|param \w+ (?!string\b|int\b|bool\b))", re.M
)


def stack_findings(sources: Sources) -> list[str]:
    """Anything but role assignments and event subscriptions in a stack, and what would put the workspace in one."""
    findings = []
    for path in STACKS:
        findings += [] if path in sources.texts else [f"{path}: not there; azure.yaml deploys it"]
        findings += _strangers(sources, path, MANAGED)
        # A file that needs symbolic names lists `existing` resources as its own: the workspace would be among them.
        text = sources.texts.get(path, "")
        findings += [f"{path}: `{hit[0].strip()}` needs symbolic names" for hit in SYMBOLIC.finditer(text)]
    return findings + list(_strangers(sources, SHARED, SHARED_TYPES))


def input_findings(sources: Sources) -> list[str]:
    """Outputs with the name of a variable that the user sets: `azd down` would forget what was set."""
    tree, parameters = sources.trees.get(MAIN), sources.beside("infra/main.parameters.json")
    if tree is None or parameters is None:
        return [f"{MAIN} or infra/main.parameters.json: not there"]
    inputs = set(re.findall(r"\$\{(\w+)", parameters))
    findings = [
        f"{MAIN}: output {name} has the name of an input; `azd down` forgets it" for name in inputs & set(tree.outputs)
    ]
    given = set(json.loads(parameters)["parameters"])
    needed = {name for name, parameter in tree.parameters.items() if parameter.default is None}
    findings += [f"infra/main.parameters.json: gives no {name}" for name in sorted(needed - given)]
    findings += [f"infra/main.parameters.json: {name} is no parameter" for name in sorted(given - set(tree.parameters))]
    group = next((one for one in tree.resources.values() if one.type == "Microsoft.Resources/resourceGroups"), None)
    name = group.body.get("name") if group else None
    if not isinstance(name, Text) or name.parts[0] != "rg-" or len(name.parts) != 2 or isinstance(name, Literal):
        findings.append(f"{MAIN}: the group must be named rg-${{environmentName}}; infra/hooks/postdown looks for it")
    return findings


def _strangers(sources: Sources, path: str, managed: set[str]) -> Iterator[str]:
    for where, one in sources.deployed(path):
        if one.type not in managed:
            yield f"{path}: deploys {one.type} ({where}: {one.symbol}) into a group that is not ours"
