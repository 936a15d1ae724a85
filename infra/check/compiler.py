"""The Bicep compiler, where one is at hand: `bicep`, `az bicep`, or the NuGet package through the .NET SDK."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE, VERSION = "Azure.Bicep.CommandLine.linux-x64", "0.49.2"
PROJECT = f"""<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="{PACKAGE}" Version="[{VERSION}]" /></ItemGroup>
</Project>
"""


# Else `az bicep` says that there is a newer compiler, in the place where this one's warnings are.
QUIET = {"AZURE_BICEP_CHECK_VERSION": "false"}


class CompilerFailed(RuntimeError):
    """The compiler refused a file; the message is what it said."""


@dataclass(frozen=True)
class Compiler:
    """`command` begins every call, `file` stands before a file's name."""

    command: tuple[str, ...]
    version: str
    file: tuple[str, ...] = ()

    def lint(self, path: Path) -> list[str]:
        """Everything that it says about a file and its modules; what counts, because it exits 0 on warnings."""
        run = self._run("lint", path)
        said = [line.strip() for line in (run.stdout + run.stderr).splitlines() if line.strip()]
        return said or ([f"{path.name}: bicep lint exits {run.returncode}"] if run.returncode else [])

    def build(self, path: Path) -> dict[str, Any]:
        """The template that a file compiles to; raises CompilerFailed."""
        run = self._run("build", path, "--stdout")
        if run.returncode:
            raise CompilerFailed(run.stderr.strip() or f"bicep build exits {run.returncode}")
        template: dict[str, Any] = json.loads(run.stdout)
        return template

    def _run(self, verb: str, path: Path, *more: str) -> subprocess.CompletedProcess[str]:
        command = [*self.command, verb, "--no-restore", *self.file, str(path), *more]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=os.environ | QUIET)


def find_compiler() -> Compiler | None:
    """The first that answers, None where there is none. Nothing is downloaded but by the .NET SDK, if that is there."""
    for find, file in ((_bicep, ()), (_az_bicep, ("--file",)), (_from_nuget, ())):
        command = find()
        version = _version(command) if command else None
        if version:
            return Compiler(tuple(command), version, file)
    return None


def _bicep() -> list[str]:
    found = shutil.which("bicep")
    return [found] if found else []


def _az_bicep() -> list[str]:
    found = shutil.which("az")
    return [found, "bicep"] if found else []


def _version(command: Sequence[str]) -> str | None:
    ask = [*command, "version"] if command[-1] == "bicep" and len(command) > 1 else [*command, "--version"]
    run = subprocess.run(ask, capture_output=True, text=True, check=False, timeout=120)
    found = re.search(r"\d+\.\d+\.\d+", run.stdout + run.stderr) if run.returncode == 0 else None
    return found[0] if found else None


def _from_nuget() -> list[str]:
    """The compiler as a NuGet package, restored with the .NET SDK; needs no network once it is there."""
    packages = Path(os.environ.get("NUGET_PACKAGES", Path.home() / ".nuget" / "packages"))
    program = packages / PACKAGE.lower() / VERSION / "tools" / "bicep"
    dotnet = shutil.which("dotnet")
    if not program.is_file() and dotnet:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "bicep.csproj").write_text(PROJECT)
            subprocess.run([dotnet, "restore", folder], capture_output=True, check=False, timeout=600)
    if not program.is_file():
        return []
    program.chmod(0o755)
    return [str(program)]
