"""What the compiler last made of `infra/`, whether that is still so, and what it says where it is at hand."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.check.compiler import Compiler, CompilerFailed, find_compiler

COMPILED = Path("infra", "compiled")
# The files that are deployed by themselves; the others are their modules.
DEPLOYED = ("main", "workspace", "topic", "undelivered", "events")
# Set where a missing compiler must not pass for a clean check.
REQUIRED = "BICEP_REQUIRED"


def hashes(root: Path) -> dict[str, str]:
    """SHA-256 of each Bicep file, by its path from the root."""
    paths = sorted((root / "infra").rglob("*.bicep"))
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def compiled_notes(root: Path) -> list[str]:
    """What was changed since it was last compiled."""
    record: Mapping[str, Any] = json.loads((root / COMPILED / "sources.json").read_text())
    now, then = hashes(root), record["sources"]
    changed = sorted(path for path in now.keys() | then.keys() if now.get(path) != then.get(path))
    if not changed:
        return []
    since = f"infra/ has changed since bicep {record['compiler']} compiled it ({', '.join(changed)})"
    return [f"{since}: `make compile` where a Bicep compiler is at hand"]


def compiler_findings(root: Path) -> tuple[str, list[str]]:
    """Which compiler was asked, and everything that it says: a mistake in an Azure type is only a warning to it."""
    compiler = find_compiler()
    if compiler is None:
        missing = f"{REQUIRED} is set and no Bicep compiler is there (bicep, az bicep, .NET SDK)"
        return "no Bicep compiler", [missing] if os.environ.get(REQUIRED) else []
    said = [line for name in DEPLOYED for line in compiler.lint(root / "infra" / f"{name}.bicep")]
    record: Mapping[str, Any] = json.loads((root / COMPILED / "sources.json").read_text())
    if not said and record["compiler"] == compiler.version and record["sources"] == hashes(root):
        for name in DEPLOYED:
            said += _difference(root, name, compiler)
    return f"bicep {compiler.version}", said


def _difference(root: Path, name: str, compiler: Compiler) -> list[str]:
    kept = root / COMPILED / f"{name}.json"
    try:
        made = without_generator(compiler.build(root / "infra" / f"{name}.bicep"))
    except CompilerFailed as error:
        return [str(error)]
    if kept.is_file() and json.loads(kept.read_text()) == made:
        return []
    return [f"{COMPILED / kept.name} is not what infra/{name}.bicep compiles to: `make compile`"]


def without_generator(template: Any) -> Any:
    """A template without the note of which compiler made it, which is in every nested one too."""
    if isinstance(template, list):
        return [without_generator(part) for part in template]
    if not isinstance(template, dict):
        return template
    kept = {name: without_generator(part) for name, part in template.items() if name != "_generator"}
    return {name: part for name, part in kept.items() if name != "metadata" or part}
