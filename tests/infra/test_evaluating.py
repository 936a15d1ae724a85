"""The tests' own reading of Bicep comes to what the compiler came to, and to what is kept of today's files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.check.compiled import COMPILED, DEPLOYED, hashes
from infra.check.sources import Sources
from tests.infra.checkout import ROOT
from tests.infra.evaluating import Made, Place, of_bicep, of_template

ONCE = Path(__file__).with_name("compiled_once")
PLACE = Place("00000000-0000-0000-0000-000000000001", "rg-ml-team")
MODULES = {"access": "rbac"} | {name: name for name in ("identities", "storage", "monitoring", "function")}
SAMPLES: dict[str, Any] = {"string": "given", "int": 1, "object": {"azd-env-name": "dev"}}


def in_order(made: list[Made]) -> list[Made]:
    return sorted(made, key=lambda one: (one.type, one.name))


def given(template: Mapping[str, Any], **chosen: str) -> dict[str, Any]:
    """A value for each parameter that has no default."""
    parameters = template["parameters"]
    return {name: SAMPLES[one["type"]] for name, one in parameters.items() if "defaultValue" not in one} | chosen


def test_the_compiled_files_are_those_that_were_hashed() -> None:
    assert hashes(ONCE) == json.loads((ONCE / "sources.json").read_text())["sources"]


def test_what_is_read_of_the_workspaces_side_is_what_the_compiler_read() -> None:
    template = json.loads((ONCE / "arm" / "workspace.json").read_text())
    parameters = given(template)

    made = of_bicep(Sources.read(ONCE), "infra/workspace.bicep", PLACE, parameters)

    assert len(made) == 5
    assert in_order(made) == in_order(of_template(template, PLACE, parameters))


def test_names_are_those_that_the_compiler_predicts() -> None:
    parameters = {"workspaceName": "mlw-team", "appPrincipalId": "11111111-1111-1111-1111-111111111111"}

    made = of_bicep(Sources.read(ROOT), "infra/workspace.bicep", PLACE, parameters)

    # `bicep snapshot` of an earlier version with fewer of them, for the same workspace and principal
    assert [one.name for one in made][:3] == [
        "86cc796d-a422-5717-8ffb-9ea522937a3f",
        "70e54a83-62a9-5e6d-bf8a-ce9cc076d9d1",
        "f76fd2d1-d429-53a3-afd1-f6b82833a926",
    ]


@pytest.mark.parametrize("name", MODULES)
def test_what_is_read_of_the_apps_side_is_what_the_compiler_read(name: str) -> None:
    [template] = [
        one["properties"]["template"]
        for one in json.loads((ONCE / "arm" / "main.json").read_text())["resources"]
        if one["name"] == name
    ]
    parameters = given(template, **({"place": "app"} if name == "access" else {}))

    made = of_bicep(Sources.read(ONCE), f"infra/app/{MODULES[name]}.bicep", PLACE, parameters)

    assert made
    assert in_order(made) == in_order(of_template(template, PLACE, parameters))


def test_templates_that_are_kept_are_whole_and_of_their_sources() -> None:
    record = json.loads((ROOT / COMPILED / "sources.json").read_text())
    kept = {path.stem for path in (ROOT / COMPILED).glob("*.json")} - {"sources"}

    assert kept in (set(), set(DEPLOYED))
    if record["sources"] != hashes(ROOT):
        return  # `make check` says so; nothing below would be about today's files
    assert kept == set(DEPLOYED)
    sources = Sources.read(ROOT)
    for name in kept - {"main"}:  # whose modules hand on what only a deployment knows
        template = json.loads((ROOT / COMPILED / f"{name}.json").read_text())
        made = of_bicep(sources, f"infra/{name}.bicep", PLACE, given(template))
        assert in_order(made) == in_order(of_template(template, PLACE, given(template)))
