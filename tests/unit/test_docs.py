"""The documents say what the code does: generated tables are current, links lead somewhere, examples are valid."""

import re
from pathlib import Path

import pytest
import yaml

from docs import generate
from local.cloud import world
from triggers.events import load_policy

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")


def of(pages: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", pages, ids=lambda page: str(page.relative_to(ROOT)))


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@of(sorted(DOCS.glob("*.md")))
def test_the_tables_are_what_the_code_says(page: Path) -> None:
    text = page.read_text()

    assert generate.page(text) == text, "run `make docs`"


def test_every_table_stands_somewhere() -> None:
    placed = re.findall(r"<!-- table: ([\w-]+) -->", "".join(page.read_text() for page in DOCS.glob("*.md")))

    assert sorted(placed) == sorted(generate.TABLES)


@of(PAGES)
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(page.read_text()):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert not broken


def test_the_local_world_is_described_by_its_names() -> None:
    page = (DOCS / "local-azure.md").read_text()
    names = [
        world.SUBSCRIPTION,
        world.RESOURCE_GROUP,
        world.REGION,
        world.WORKSPACE,
        world.DATASTORE,
        world.WORKSPACE_STORAGE,
        world.FEATURE_STORAGE,
        world.FEATURE_CONTAINER,
        world.REGISTRY,
        world.NAME_TAKEN_IN_REGION,
        *world.PRINCIPALS,
    ]

    assert not [name for name in names if name not in page]


def test_the_documented_policy_is_one(tmp_path: Path) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", (DOCS / "policies.md").read_text(), re.DOTALL)
    path = tmp_path / "example.yml"
    path.write_text(example)

    made = load_policy(path).request_for("credit-risk", "2").to_wire()

    assert (made["endpoint"]["name"], made["deployment"]["name"]) == ("credit-risk", "version-2")


@of(PAGES)
def test_yaml_in_the_documents_can_be_read(page: Path) -> None:
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
        assert yaml.safe_load(block)
