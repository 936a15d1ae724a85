"""How azd finds what it has made: by tags that nothing else reads, and no compiler knows."""

from __future__ import annotations

import re

from infra.check.flex import members, value_text
from infra.check.sources import FUNCTION, MAIN, Sources
from infra.check.syntax import Name

GROUP, APP = "Microsoft.Resources/resourceGroups", "Microsoft.Web/sites"
OF_ENVIRONMENT, OF_SERVICE = "azd-env-name", "azd-service-name"


def tag_findings(sources: Sources) -> list[str]:
    """A group without its environment's name, and an app without that of its service in azure.yaml."""
    listed = re.search(r"^services:\n((?:  .*\n)+)", sources.beside("azure.yaml") or "", re.M)
    services = set(re.findall(r"^  (\S+):$", listed[1], re.M)) if listed else set()
    findings = []
    for path, tree, one in sources.resources():
        tags = dict(members(one.body.get("tags"), tree))
        environment = tags.get(OF_ENVIRONMENT)
        named_by = environment.name if isinstance(environment, Name) else ""
        if path == MAIN and one.type == GROUP and named_by != "environmentName":
            findings.append(
                f"{path}: {one.symbol} must have the tag {OF_ENVIRONMENT}: environmentName; azd looks for it"
            )
        service = tags.get(OF_SERVICE)
        if path == FUNCTION and one.type == APP and (service is None or value_text(service) not in services):
            findings.append(f"{path}: {one.symbol} must have the tag {OF_SERVICE} with a service of azure.yaml")
    return findings
