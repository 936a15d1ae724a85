"""No keys: none is read, none is accepted, none leaves as an output."""

from __future__ import annotations

import re

from infra.check.sources import Sources
from infra.check.syntax import Name, walk
from infra.check.text import without_comments

# The address of Application Insights is called a connection string; it opens nothing while DisableLocalAuth is on.
KEYS = re.compile(
    r"list\w*(?:Keys|Sas)\s*\(|AccountKey|SharedAccess|(?<!\binsights\.properties\.)connectionString", re.I
)
SWITCHED_OFF = (
    ("infra/app/storage.bicep", "allowSharedKeyAccess: false"),
    ("infra/app/monitoring.bicep", "DisableLocalAuth: true"),
    ("infra/app/monitoring.bicep", "disableLocalAuth: true"),
)
SECRET_NAME = re.compile(r"(password|secret|credential|token|sas|key)s?$", re.I)


def key_findings(sources: Sources) -> list[str]:
    """Keys that are used, and places where Azure would accept them and is not told otherwise."""
    code = {path: without_comments(text) for path, text in sources.texts.items()}
    findings = [f"{path}: uses a key: {hit[0]}" for path, text in code.items() for hit in KEYS.finditer(text)]
    missing = [(path, text) for path, text in SWITCHED_OFF if text not in code.get(path, "")]
    return findings + [f"{path}: must say {text}" for path, text in missing]


def output_findings(sources: Sources) -> list[str]:
    """Outputs that by their name or content are secrets: they stay readable in the deployment's history."""
    findings = []
    for path, tree in sources.trees.items():
        secure = {name for name, parameter in tree.parameters.items() if "secure" in parameter.decorators}
        for output in tree.outputs.values():
            inside = {node.name for node in walk(output.value) if isinstance(node, Name)}
            if SECRET_NAME.search(output.name) or inside & secure:
                findings.append(f"{path}: output {output.name} is a secret by its name or content; outputs are kept")
    return findings
