"""The documents say what the code does: generated tables are current, links lead somewhere, examples are valid."""

import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import yaml

from contracts.derived_names import online_name
from contracts.status import EventOutcome
from docs import generate
from local.cloud import world
from triggers.policies import read_folder

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
        world.APP_STORAGE,
        world.LOG_CONTAINER,
        world.REGISTRY,
        world.NAME_TAKEN_IN_REGION,
        *world.PRINCIPALS,
    ]

    assert not [name for name in names if name not in page]


def test_the_documented_policies_are_some(tmp_path: Path) -> None:
    first, second = re.findall(r"```yaml\n(.*?)```", (DOCS / "policies.md").read_text(), re.DOTALL)
    (tmp_path / "first.yml").write_text(first)
    (tmp_path / "second.yml").write_text(second)

    found = read_folder(tmp_path)

    assert [(policy.name, policy.shares_endpoint) for policy in found.policies] == [("first", False), ("second", True)]
    made = found.policies[0].request_for("credit-risk", "2").to_wire()
    assert (made["endpoint"]["name"], made["deployment"]["name"]) == ("credit-risk", "version-2")


def test_the_documented_names_are_made_so() -> None:
    rows = re.findall(r"^\| `(\S+)` \| (version )?`(\S+)` \| `(\S+)`", (DOCS / "policies.md").read_text(), re.MULTILINE)

    assert len(rows) == 5
    for template, version, value, name in rows:
        model = "" if version else value
        assert online_name(template, model, value) == name


def test_every_outcome_of_a_registration_is_documented() -> None:
    outcomes = get_args(get_args(get_type_hints(EventOutcome, include_extras=True)["outcome"])[0])
    table = re.findall(r"^\| (`[a-z]+`(?:, `[a-z]+`)*) \|", (DOCS / "policies.md").read_text(), re.MULTILINE)

    assert sorted(re.findall(r"[a-z]+", " ".join(table))) == sorted(outcomes)


@of(PAGES)
def test_yaml_in_the_documents_can_be_read(page: Path) -> None:
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
        assert yaml.safe_load(block)
