"""Azure's tables and this project's rules, held against the sources. Standard library only."""

from __future__ import annotations

from collections.abc import Callable

from infra.check.access import role_assignment_findings, role_id_findings
from infra.check.azd import tag_findings
from infra.check.conditions import grant_findings
from infra.check.events import event_findings
from infra.check.flex import backend_findings, flex_findings
from infra.check.hooks import hook_findings
from infra.check.keys import key_findings, output_findings
from infra.check.language import language_findings
from infra.check.limits import limit_findings
from infra.check.naming import name_findings
from infra.check.package import package_findings
from infra.check.references import reference_findings
from infra.check.schema import schema_findings
from infra.check.settings import setting_findings
from infra.check.sources import Sources
from infra.check.stacks import input_findings, stack_findings
from infra.check.timing import timing_findings

RULES: tuple[Callable[[Sources], list[str]], ...] = (
    schema_findings,
    reference_findings,
    language_findings,
    timing_findings,
    role_assignment_findings,
    role_id_findings,
    grant_findings,
    key_findings,
    output_findings,
    flex_findings,
    backend_findings,
    setting_findings,
    limit_findings,
    event_findings,
    name_findings,
    stack_findings,
    input_findings,
    tag_findings,
    hook_findings,
    lambda sources: package_findings(sources.root),
)


def rule_findings(sources: Sources) -> list[str]:
    """Every finding of every rule, and what could not be read."""
    return [*sources.unread, *(finding for rule in RULES for finding in rule(sources))]
