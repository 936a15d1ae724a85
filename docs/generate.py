"""`make docs`: write the tables of this folder's pages from the code they describe.

A page marks where a table goes; everything outside the marks is written by hand and stays.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import get_args

from starlette.routing import Route

from azure_api.error_rule import Rule
from azure_api.error_rules import RULES
from cli.verbs import VERBS
from contracts.errors import DeploymentError, all_errors
from contracts.failure import Whose
from local.clock import Clock
from local.cloud.cloud import LocalCloud
from local.stack import SCORING_PYTHON
from orchestrations.policies import Backoff
from orchestrations.runbooks import RUNBOOKS
from orchestrations.steps import Step

DOCS = Path(__file__).parent
_MARKED = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def page(text: str) -> str:
    """`text` with the table of every mark as the code has it now; KeyError for a table that nobody makes."""
    return _MARKED.sub(lambda found: f"{found[1]}\n{TABLES[found['name']]()}\n\n{found[3]}", text)


def errors() -> str:
    """Every error a deployment can end with: the caller's first, then the platform team's, then Azure's."""
    whose = get_args(Whose)
    rows = (
        (f"`{code}`", _sentence(error), _tried_again(error), error.whose, error.suggestion)
        for code, error in sorted(all_errors().items(), key=lambda item: whose.index(item[1].whose))
    )
    return _table(("code", "when", "tried again", "whose problem", "what to do"), rows)


def azure_errors() -> str:
    """The rules that tell what an Azure error means, in the order they are tried."""
    rows = ((f"`{rule.error.__name__}`", _condition(rule), rule.source) for rule in RULES)
    return _table(("becomes", "when Azure says", "seen in"), rows)


def patience() -> str:
    """How long each step is tried or watched."""
    rows = (
        (f"`{name}`", how, *map(_span, (one.first, one.longest, one.deadline)))
        for name, (how, one) in dict(_patience()).items()
    )
    return _table(("step", "how", "first pause", "longest pause", "given up after"), rows)


def azure_routes() -> str:
    """What management.azure.com answers locally: the methods of each kind of resource."""
    methods: dict[tuple[str, str], dict[str, None]] = {}
    with _cloud() as cloud:
        for route in cloud.arm_routes:
            # What can be listed in a group and in its subscription is there twice.
            methods.setdefault((route.provider, route.resource), {})[route.method] = None
    rows = ((provider, f"`{resource}`", " ".join(found)) for (provider, resource), found in methods.items())
    return _table(("provider", "resource", "methods"), rows)


def azure_versions() -> str:
    """The api-versions of each provider."""
    versions: dict[str, set[str]] = {}
    with _cloud() as cloud:
        for route in cloud.arm_routes:
            versions.setdefault(route.provider, set()).update(route.versions)
    rows = ((provider, ", ".join(sorted(spoken))) for provider, spoken in versions.items())
    return _table(("provider", "api-versions"), rows)


def control_routes() -> str:
    """The control API of the local Azure."""
    with _cloud() as cloud:
        rows = [(f"`{_method(route)} {route.path}`", _sentence(route.endpoint)) for route in cloud.control.routes()]
    return _table(("call", "what it does"), sorted(rows, key=lambda row: row[0].split()[1]))


def verbs() -> str:
    """The verbs of the command line: what each does, and the exit codes it can end with."""
    rows = (
        (f"`{verb.name}`", _sentence(verb.command), ", ".join(str(code.value) for code in verb.ends)) for verb in VERBS
    )
    return _table(("verb", "does", "ends with"), rows)


def exit_codes() -> str:
    """What an exit code means, for one verb or another."""
    meant: dict[int, dict[str, None]] = {}
    for verb in VERBS:
        for code, meaning in verb.ends.items():
            meant.setdefault(code.value, {})[meaning] = None
    rows = ((str(code), " · ".join(meanings)) for code, meanings in sorted(meant.items()))
    return _table(("code", "means, by what the verb does"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "errors": errors,
    "azure-errors": azure_errors,
    "patience": patience,
    "azure-routes": azure_routes,
    "azure-versions": azure_versions,
    "control-routes": control_routes,
    "verbs": verbs,
    "exit-codes": exit_codes,
}


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _patience() -> Iterator[tuple[str, tuple[str, Backoff]]]:
    for taken in (one for runbook in RUNBOOKS for one in runbook.takes):
        if isinstance(taken, Step):
            yield taken.activity, ("tried", taken.backoff)
        else:
            yield taken.ensure.activity, ("tried", taken.ensure.backoff)
            yield taken.provisioned.activity, ("watched", taken.provisioned.backoff)
            yield taken.remove.activity, ("watched", taken.removed)


def _sentence(described: object) -> str:
    text = (described.__doc__ or "").split("\n\n")[0]
    return " ".join(text.split())


def _tried_again(error: type[DeploymentError]) -> str:
    if error.propagation:
        return "while roles take effect"
    return "yes" if error.retryable else "no"


def _condition(rule: Rule) -> str:
    parts = {
        "status": " or ".join(map(str, rule.status)),
        "code": f"`{rule.code}`" if rule.code else "",
        "text": f"`{rule.text}`" if rule.text else "",
    }
    return ", ".join(f"{name} {value}" for name, value in parts.items() if value)


@contextmanager
def _cloud() -> Iterator[LocalCloud]:
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCloud(Path(folder), Clock(stepped=True), scoring_python=SCORING_PYTHON) as cloud,
    ):
        yield cloud


def _span(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _method(route: Route) -> str:
    return next(iter((route.methods or set()) - {"HEAD"}))


def main() -> None:
    """Bring every page up to date."""
    for path in sorted(DOCS.glob("*.md")):
        path.write_text(page(path.read_text()))


if __name__ == "__main__":
    main()
