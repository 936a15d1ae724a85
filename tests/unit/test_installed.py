"""The command line as a package: what is in it, and that it runs from any folder, beside modules of the same names."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from version import VERSION

ROOT = Path(__file__).resolve().parents[2]
FILES = Path(__file__).parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip builds, by the same backend."""
    out = tmp_path_factory.mktemp("wheel")
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(out)], cwd=ROOT, check=True, capture_output=True, text=True)
    [path] = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, unpacked as an installation has it."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


# What the app has in Azure and the command does not: whatever it reads of the app must do without.
HOST_SDK = ("azure.functions", "azure.durable_functions")


def slipway(site: Path, folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as its entry point does, in `folder`, where nothing of the repository can be found."""
    start = (
        f"import sys; sys.path[:0] = [{str(site)!r}, {sysconfig.get_path('purelib')!r}];"
        f"sys.modules.update(dict.fromkeys({HOST_SDK!r}));"
        " from slipway.command import main; sys.exit(main())"
    )
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", start, *arguments],
        cwd=folder,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        input=stdin,
        check=False,
    )


def test_the_package_has_one_name_and_only_the_command_and_what_it_imports(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    code = [name for name in names if ".dist-info/" not in name]
    app = {name.split("/")[2] for name in code if name.startswith("slipway/app/")}

    assert {name.split("/")[0] for name in code} == {"slipway"}
    assert app == {
        "activities", "azure_api", "cli", "contracts", "orchestrations", "triggers", "settings.py", "version.py"
    }  # fmt: skip
    assert {Path(name).suffix for name in code} <= {".py", ".toml"}


@pytest.mark.parametrize("asked", [("--version",), ("-h",), ("deploy", "-h")])
def test_the_command_runs_in_any_folder(site: Path, tmp_path: Path, asked: tuple[str, ...]) -> None:
    # What lies in the folder it is called in is not its own, whatever it is called.
    for name in ("cli", "contracts", "settings", "version"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    done = slipway(site, tmp_path, *asked)

    assert done.returncode == 0, done.stderr
    assert (f"slipway {VERSION}" if asked == ("--version",) else "Usage: slipway") in done.stdout


def test_files_are_read_where_they_are_and_from_standard_input(site: Path, tmp_path: Path) -> None:
    (tmp_path / "endpoint.yml").write_text("name: my-endpoint\nauth_mode: key\n")
    (tmp_path / "sample.json").write_text('{"data": [[1]]}')
    deployment = "name: blue\nendpoint_name: my-endpoint\nmodel: azureml:m:1\ninstance_type: Standard_DS3_v2\n"
    files = ("-f", "endpoint.yml", "-f", "-", "--request", "sample.json")
    done = slipway(
        site, tmp_path, "deploy", *files, "--set", "deployment.instance_count=2", "--print", stdin=deployment
    )

    assert done.returncode == 0, done.stderr
    assert "instance_count: 2" in done.stdout
    assert "request:\n    data:" in done.stdout


def test_it_depends_on_what_the_app_and_the_local_stack_depend_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = set()
    for path in (ROOT / "requirements.in", ROOT / "local" / "requirements.in"):
        wanted |= {line.split("#")[0].split(";")[0].strip() for line in path.read_text().splitlines()}

    assert set(project["dependencies"]) <= wanted
    assert re.fullmatch(r">=3\.11,<3\.14", project["requires-python"])
