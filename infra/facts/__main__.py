"""Make the facts about `infra/` anew.

    .venv-infra/bin/python -m infra.facts [--types <clone of Azure/bicep-types-az>/generated]

Compiles every file that is deployed by itself into infra/compiled, with the hashes of the sources; stops at the first
warning. With `--types`, the type tables of the checks are cut anew as well.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from infra.check.compiled import COMPILED, DEPLOYED, hashes, without_generator
from infra.check.compiler import Compiler, find_compiler
from infra.check.sources import DATA, Sources
from infra.facts.tables import as_text, tables

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Renew what can be renewed; 0 when everything was."""
    parser = argparse.ArgumentParser(prog="python -m infra.facts", description="Make the facts about infra/ anew.")
    parser.add_argument("--types", type=Path, metavar="FOLDER", help="`generated` of a clone of Azure/bicep-types-az")
    asked = parser.parse_args(arguments)
    if asked.types:
        used = {f"{one.type}@{one.version}" for _, _, one in Sources.read(root).resources()}
        (root / DATA.relative_to(ROOT) / "types.json").write_text(as_text(tables(asked.types, used)))
        sys.stdout.write(f"{len(used)} types\n")
    compiler = find_compiler()
    if compiler is None:
        sys.stdout.write("No Bicep compiler: neither bicep nor az is on the path, and there is no .NET SDK.\n")
        return 0 if asked.types else 1
    return renew(compiler, root)


def renew(compiler: Compiler, root: Path) -> int:
    """Compile everything, or nothing and say what the compiler said."""
    said = [line for name in DEPLOYED for line in compiler.lint(root / "infra" / f"{name}.bicep")]
    if said:
        sys.stdout.writelines(f"{line}\n" for line in said)
        return 1
    for name in DEPLOYED:
        template = without_generator(compiler.build(root / "infra" / f"{name}.bicep"))
        (root / COMPILED / f"{name}.json").write_text(json.dumps(template, indent=2) + "\n")
    record = {"compiler": compiler.version, "sources": hashes(root)}
    (root / COMPILED / "sources.json").write_text(json.dumps(record, indent=2) + "\n")
    sys.stdout.write(f"{len(DEPLOYED)} templates, bicep {compiler.version}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
