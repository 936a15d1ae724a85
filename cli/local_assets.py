"""What has to be registered from this machine before a request can name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.folders import Contents, content_digest, contents
from contracts.assets import ModelDefinition


@dataclass(frozen=True, kw_only=True)
class LocalFiles:
    """A folder or a file on this machine, what of it is uploaded, and what is not."""

    path: Path
    files: list[Path]
    left_out: list[Path] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class LocalModel(LocalFiles):
    """A model version to register from local files; `definition.path` does not exist yet.

    Without a version it becomes the newest one with these files, or the next.
    """

    definition: ModelDefinition

    @property
    def reference(self) -> str:
        """How the request names the model once it is registered, its version as far as it is known."""
        version = f":{self.definition.version}" if self.definition.version else ""
        return f"azureml:{self.definition.name}{version}"

    @property
    def digest(self) -> str:
        """Of its content."""
        return content_digest(self.path, self.files)


@dataclass(frozen=True, kw_only=True)
class _Named(LocalFiles):
    """What has its name and version before it is registered."""

    name: str
    version: str

    @property
    def reference(self) -> str:
        """How the request names it once it is registered."""
        return f"azureml:{self.name}:{self.version}"


@dataclass(frozen=True, kw_only=True)
class LocalCode(_Named):
    """A code folder to register; `digest` is that of its content."""

    digest: str


@dataclass(frozen=True, kw_only=True)
class LocalEnvironment(_Named):
    """An environment whose Docker build context is a local folder; `definition` is what the file says besides."""

    definition: dict[str, Any]


Local = LocalModel | LocalCode | LocalEnvironment


def local_code(folder: Path, name: str | None = None, version: str = "1") -> LocalCode:
    """A code folder, named after its content when no name is given; raises UnusableFolder."""
    found = contents(folder)
    digest = content_digest(folder, found.files)
    called = name or f"slipway-code-{digest[:20]}"
    return LocalCode(
        name=called, version=version, path=folder, files=found.files, left_out=found.left_out, digest=digest
    )


def local_environment(definition: dict[str, Any], folder: Path, found: Contents) -> LocalEnvironment:
    """An environment built from a local folder, named after the folder's content where it has no name of its own."""
    digest = content_digest(folder, found.files)
    # A version that nobody wrote is made from the content: the same files are the same environment again.
    name, version = definition.get("name"), definition.get("version")
    return LocalEnvironment(
        name=str(name or f"slipway-environment-{digest[:20]}"),
        version=str(version if version is not None else digest[:12] if name else "1"),
        definition=definition,
        path=folder,
        files=found.files,
        left_out=found.left_out,
    )
