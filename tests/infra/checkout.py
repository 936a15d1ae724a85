"""A copy of the repository to plant mistakes in, and the findings that the checks then have."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from infra.check.rules import rule_findings
from infra.check.sources import Sources

ROOT = Path(__file__).resolve().parents[2]
BESIDES = ("activities", "azure_api", "contracts", "orchestrations", "triggers", "policies", "infra")


def copy_to(folder: Path) -> Path:
    """What the checks look at, as it is in the working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and ("/" not in name or name.split("/")[0] in BESIDES):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def plant(folder: Path, path: str, old: str, new: str) -> None:
    """Replace the first `old` in a file; a mistake that is not planted must not pass for one that is caught."""
    text = (folder / path).read_text()
    assert old in text, f"{path} no longer says {old!r}"
    (folder / path).write_text(text.replace(old, new, 1))


def findings(folder: Path) -> list[str]:
    """What the rules say about the copy."""
    return rule_findings(Sources.read(folder))
