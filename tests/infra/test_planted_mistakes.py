"""Mistakes, planted one at a time: of the first 34 the Bicep compiler itself catches 19, these checks all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.infra.checkout import copy_to, findings, plant

STORAGE = "infra/app/storage.bicep"
PLANTED = yaml.safe_load(Path(__file__).with_name("mistakes.yml").read_text())
REFUSED = yaml.safe_load(Path(__file__).with_name("refused.yml").read_text())
COMPILER = PLANTED["compiler"]
MISTAKES = {**COMPILER, **PLANTED["besides"], **REFUSED["language"], **REFUSED["order"]}


@dataclass(frozen=True)
class Copied:
    """One copy for all mistakes, and what is in each of its files."""

    folder: Path
    files: dict[Path, bytes]

    def restore(self) -> None:
        for path in self.folder.rglob("*"):
            if path.is_file() and path not in self.files:
                path.unlink()
        for path, content in self.files.items():
            if path.read_bytes() != content:
                path.write_bytes(content)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Copied:
    folder = copy_to(tmp_path_factory.mktemp("checkout"))
    return Copied(folder, {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()})


@pytest.fixture
def checkout(copied: Copied) -> Iterator[Path]:
    yield copied.folder
    copied.restore()


def test_as_many_are_planted_as_the_compiler_was_given(checkout: Path) -> None:
    assert len(COMPILER) == 34
    assert findings(checkout) == []


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_every_planted_mistake_is_caught_without_the_compiler(checkout: Path, mistake: dict[str, str]) -> None:
    plant(checkout, mistake["file"], mistake["old"], mistake["new"])

    found = findings(checkout)

    assert any(mistake["said"] in finding for finding in found), found


def test_a_private_file_in_the_package_is_caught(checkout: Path) -> None:
    (checkout / "customers.csv").write_text("")

    assert findings(checkout) == ["customers.csv: would be deployed; leave it out in .funcignore, or move it"]


def test_a_secure_parameter_is_not_put_out(checkout: Path) -> None:
    plant(checkout, STORAGE, "param sku string\n", "@secure()\nparam sku string\n")
    plant(checkout, STORAGE, "output id string = account.id", "output id string = account.id\noutput size string = sku")

    assert f"{STORAGE}: output size is a secret by its name or content; outputs are kept" in findings(checkout)
