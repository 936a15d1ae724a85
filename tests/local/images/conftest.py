"""An index of tiny packages on this machine, so that builds need no other."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from local.checkout import SCORING_PYTHON
from local.cloud.environment import of_this_machine
from local.cloud.images.building import Builder, Built
from local.cloud.images.recipe import Recipe

Build = Callable[[Recipe], Built]


def wheel(folder: Path, name: str, version: str, *needs: str) -> None:
    """Put a package of one module into `folder`."""
    info = f"{name}-{version}.dist-info"
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        *(f"Requires-Dist: {n}" for n in needs),
    ]
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as packed:
        for path, content in files.items():
            packed.writestr(path, content)


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tiny` 1.0 and 2.0, and `needy` that wants the older one."""
    folder = tmp_path_factory.mktemp("index")
    wheel(folder, "tiny", "1.0")
    wheel(folder, "tiny", "2.0")
    wheel(folder, "needy", "1.0", "tiny<2")
    return folder


@pytest.fixture
def builder(tmp_path: Path, index: Path) -> Builder:
    """One that finds packages in the index only."""
    return Builder(
        tmp_path / "cache", SCORING_PYTHON, {**of_this_machine(), "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(index)}
    )


@pytest.fixture
def build(builder: Builder) -> Build:
    return lambda recipe: builder.build(builder.plan(recipe), lambda: True)
