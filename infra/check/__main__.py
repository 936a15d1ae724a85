"""Say what was checked and every finding; exit 0 only when there is none."""

from __future__ import annotations

import sys
from pathlib import Path

from infra.check.compiled import compiled_notes, compiler_findings
from infra.check.parsers import (
    checkov_report,
    lint,
    parse_findings,
    powershell_findings,
    query_findings,
    script_findings,
)
from infra.check.rules import rule_findings
from infra.check.sources import Sources

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run every check."""
    sources = Sources.read(ROOT)
    linted = lint(checkov_report(ROOT / "infra"))
    compiler, said = compiler_findings(ROOT)
    findings = [
        *parse_findings(sources.texts),
        *script_findings(ROOT),
        *powershell_findings(ROOT),
        *query_findings(ROOT),
        *rule_findings(sources),
        *linted.findings,
        *said,
    ]
    sys.stdout.writelines(f"note: {note}\n" for note in compiled_notes(ROOT))
    sys.stdout.writelines(f"{finding}\n" for finding in findings)
    counted = f"{len(sources.texts)} Bicep files, {linted.passed} checkov rules passed, {compiler}"
    sys.stdout.write(f"{counted}, {len(findings)} findings\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
