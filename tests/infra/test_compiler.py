"""Where a Bicep compiler is at hand it is asked, and whatever it says counts; where there is none, that is told."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from infra.check.compiled import COMPILED, DEPLOYED, compiled_notes, compiler_findings, hashes
from infra.facts import __main__ as facts
from infra.facts.tables import TypeNotFound, tables
from tests.infra.checkout import copy_to, plant

# A compiler that says what is in `said` beside it, and builds a template with the file's name in it.
COMPILER = """#!{python} -IS
import json, os, sys
said = os.path.join(os.path.dirname(sys.argv[0]), "said")
arguments = sys.argv[2:] if os.path.basename(sys.argv[0]) == "az" else sys.argv[1:]
path = arguments[-2] if "--stdout" in arguments else arguments[-1]
if arguments[0] in ("--version", "version"):
    print("Bicep CLI version 0.49.2 (b34271ac51)")
elif arguments[0] == "lint":
    if os.path.basename(sys.argv[0]) == "az" and os.environ.get("AZURE_BICEP_CHECK_VERSION") != "false":
        sys.stderr.write("WARNING: A new Bicep release is available: v0.50.1.")
    sys.stderr.write(open(said).read())
else:
    mark = {{"metadata": {{"_generator": {{"name": "bicep"}}}}}}
    print(json.dumps({{**mark, "of": os.path.basename(path), "resources": [{{**mark, "resources": []}}]}}))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_to(tmp_path / "checkout")


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A path with no program on it, and no packages."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "said").write_text("")
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("NUGET_PACKAGES", str(tmp_path / "packages"))
    monkeypatch.delenv("BICEP_REQUIRED", raising=False)
    return programs


def install(programs: Path, name: str) -> Path:
    program = programs / name
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(COMPILER.format(python=sys.executable))
    program.chmod(0o755)
    return program


def test_without_a_compiler_the_check_goes_on_and_says_so(checkout: Path, nothing: Path) -> None:
    assert compiler_findings(checkout) == ("no Bicep compiler", [])


def test_where_a_compiler_is_wanted_its_absence_is_a_finding(
    checkout: Path, nothing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BICEP_REQUIRED", "1")

    assert compiler_findings(checkout)[1] == [
        "BICEP_REQUIRED is set and no Bicep compiler is there (bicep, az bicep, .NET SDK)"
    ]


@pytest.mark.parametrize("name", ["bicep", "az"])
def test_a_warning_is_a_finding_though_the_compiler_exits_0(checkout: Path, nothing: Path, name: str) -> None:
    install(nothing, name)
    assert compiler_findings(checkout) == ("bicep 0.49.2", [])

    (nothing / "said").write_text("main.bicep(1,1) : Warning BCP089: …\n")

    assert compiler_findings(checkout) == ("bicep 0.49.2", ["main.bicep(1,1) : Warning BCP089: …"] * len(DEPLOYED))


def test_the_package_of_the_net_sdk_will_do(checkout: Path, nothing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(os.environ["NUGET_PACKAGES"]) / "azure.bicep.commandline.linux-x64" / "0.49.2" / "tools"
    install(folder, "bicep").chmod(0o644)
    (folder / "said").write_text("")

    assert compiler_findings(checkout) == ("bicep 0.49.2", [])


def test_the_compiler_on_the_path_comes_before_packages(checkout: Path, nothing: Path) -> None:
    install(nothing, "bicep")
    install(nothing, "dotnet").write_text('#!/bin/sh\n: > "${0%/*}/restored"\n')

    assert compiler_findings(checkout) == ("bicep 0.49.2", [])
    assert not (nothing / "restored").exists()


def test_what_was_changed_since_it_was_compiled_is_told(checkout: Path, nothing: Path) -> None:
    install(nothing, "bicep")
    assert facts.main([], checkout) == 0
    assert compiled_notes(checkout) == []

    plant(checkout, "infra/app/storage.bicep", "days: 7", "days: 8")

    [note] = compiled_notes(checkout)
    assert "changed since bicep 0.49.2 compiled it (infra/app/storage.bicep)" in note


def test_templates_are_kept_without_the_compilers_mark(checkout: Path, nothing: Path) -> None:
    install(nothing, "bicep")

    assert facts.main([], checkout) == 0

    kept = json.loads((checkout / COMPILED / "events.json").read_text())
    assert kept == {"of": "events.bicep", "resources": [{"resources": []}]}
    record = json.loads((checkout / COMPILED / "sources.json").read_text())
    assert record == {"compiler": "0.49.2", "sources": hashes(checkout)}


def test_a_kept_template_that_is_not_what_the_compiler_makes_is_a_finding(checkout: Path, nothing: Path) -> None:
    install(nothing, "bicep")
    facts.main([], checkout)
    (checkout / COMPILED / "topic.json").write_text("{}")

    assert compiler_findings(checkout)[1] == [
        "infra/compiled/topic.json is not what infra/topic.bicep compiles to: `make compile`"
    ]


def test_nothing_is_kept_of_what_the_compiler_warns_of(
    checkout: Path, nothing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(nothing, "bicep")
    (nothing / "said").write_text("main.bicep(1,1) : Warning BCP035: …\n")
    before = (checkout / COMPILED / "sources.json").read_text()

    assert facts.main([], checkout) == 1

    assert "BCP035" in capsys.readouterr().out
    assert (checkout / COMPILED / "sources.json").read_text() == before


def test_without_a_compiler_there_is_nothing_to_renew(
    checkout: Path, nothing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert facts.main([], checkout) == 1
    assert "No Bicep compiler" in capsys.readouterr().out


def test_type_tables_are_cut_from_azures_own(tmp_path: Path) -> None:
    folder = tmp_path / "storage" / "microsoft.storage" / "2023-05-01"
    folder.mkdir(parents=True)
    text, sku = {"$type": "StringType", "maxLength": 24}, {"$type": "StringLiteralType", "value": "Hot"}
    types = [
        text,
        sku,
        {"$type": "UnionType", "elements": [{"$ref": "#/1"}, {"$ref": "#/0"}]},
        {
            "$type": "ObjectType",
            "properties": {
                "name": {"type": {"$ref": "#/0"}, "flags": 9},
                "id": {"type": {"$ref": "#/0"}, "flags": 2},
                "tier": {"type": {"$ref": "#/2"}, "flags": 0},
                "more": {"type": {"$ref": "#/4"}, "flags": 0},
            },
        },
        {
            "$type": "DiscriminatedObjectType",
            "discriminator": "kind",
            "baseProperties": {},
            "elements": {"One": {"$ref": "#/5"}},
        },
        {"$type": "ObjectType", "properties": {}, "additionalProperties": {"$ref": "#/6"}},
        {"$type": "ArrayType", "itemType": {"$ref": "#/0"}},
        {"$type": "ResourceType", "name": "Microsoft.Storage/things@2023-05-01", "body": {"$ref": "#/3"}},
    ]
    (folder / "types.json").write_text(json.dumps(types))

    [found] = tables(tmp_path, ["Microsoft.Storage/things@2023-05-01"]).values()

    string = {"type": "string", "maxLength": 24}
    assert found["properties"] == {
        "name": {"required": True, **string},
        "id": {"readOnly": True, **string},
        "tier": {"type": "string", "enum": ["Hot"], "closed": False},
        "more": {
            "type": "object",
            "properties": {},
            "discriminator": "kind",
            "variants": {
                "One": {
                    "type": "object",
                    "properties": {},
                    "additionalProperties": {"type": "array", "items": string},
                }
            },
        },
    }
    with pytest.raises(TypeNotFound, match=r"Microsoft\.Storage/others@2023-05-01 is not below"):
        tables(tmp_path, ["Microsoft.Storage/others@2023-05-01"])
