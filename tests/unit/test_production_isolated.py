"""Production modules hold no local switch: what they import, which environment they read, what they name."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from settings import Settings, SettingsError

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("activities", "azure_api", "contracts", "orchestrations", "triggers")
PRODUCTION = sorted(
    [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    + [ROOT / name for name in ("function_app.py", "settings.py", "version.py")]
)
NOT_DEPLOYED = {"local", "tests", "bench", "cli", "examples", "infra"}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> set[str]:
    """Root names of everything a module imports."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).split(".")[0])
    return found


def names(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}", node.lineno


def test_production_imports_nothing_local() -> None:
    assert not [path for path in PRODUCTION if imports(path) & NOT_DEPLOYED]


def test_only_settings_reads_the_environment_and_only_clients_the_identity() -> None:
    for path in PRODUCTION:
        used = {name for name, _ in names(path)}

        assert path.name == "settings.py" or not used & {"os.environ", "os.getenv"}, path
        assert path.name == "clients.py" or not any(name.startswith("azure.identity") for name in used), path


def _is_environ(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute | ast.alias) and getattr(node, "attr", getattr(node, "name", "")) in (
        "environ",
        "environb",
        "getenv",
        "getenvb",
    )


class Environment(dict[str, str]):
    """Remembers every name that is asked for, whatever it is called."""

    def __init__(self, **values: str) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("", ""),
        ("https://st.blob.core.windows.net/deployment-logs/", "https://st.blob.core.windows.net/deployment-logs"),
        ("https://st.z1.blob.storage.azure.net/logs", "https://st.z1.blob.storage.azure.net/logs"),
        ("http://st.blob.core.windows.net/logs", None),
        ("https://st.blob.core.windows.net", None),
        ("https://st.blob.core.windows.net/logs?sig=abcdefgh", None),
        ("https://user:secret@st.blob.core.windows.net/logs", None),
    ],
)
def test_logs_are_kept_in_a_container_and_by_identity(url: str, place: str | None) -> None:
    required = dict.fromkeys(("SLIPWAY_SUBSCRIPTION_ID", "SLIPWAY_RESOURCE_GROUP", "SLIPWAY_WORKSPACE"), "x")
    if place is None:
        with pytest.raises(SettingsError, match=r"SLIPWAY_LOGS_URL must be the address of a blob container"):
            Settings.read({**required, "SLIPWAY_LOGS_URL": url})
    else:
        assert Settings.read({**required, "SLIPWAY_LOGS_URL": url}).logs_url == place


def test_the_environment_names_are_those_of_the_settings() -> None:
    required = dict.fromkeys(("SLIPWAY_SUBSCRIPTION_ID", "SLIPWAY_RESOURCE_GROUP", "SLIPWAY_WORKSPACE"), "x")
    environment = Environment(**required)
    Settings.read(environment)

    uses = [node for node in ast.walk(ast.parse((ROOT / "settings.py").read_text())) if _is_environ(node)]
    assert len(uses) == 1, "only settings() reads the process's environment, and hands it to Settings.read"
    assert environment.asked == {
        "SLIPWAY_SUBSCRIPTION_ID",
        "SLIPWAY_RESOURCE_GROUP",
        "SLIPWAY_WORKSPACE",
        "SLIPWAY_POLICIES",
        "SLIPWAY_ARM_URL",
        "SLIPWAY_SCORING_HOST_SUFFIX",
        "SLIPWAY_GRANTABLE_ROLES",
        "SLIPWAY_ALLOWED_IDENTITIES",
        "SLIPWAY_ALLOWED_REGISTRIES",
        "SLIPWAY_LOGS_URL",
    }


def test_production_names_no_local_address() -> None:
    for path in PRODUCTION:
        code = "\n".join(str(node.value) for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant))

        assert not [word for word in ("127.0.0.1", "localhost", "http://", "emulator") if word in code], path


def test_imports_point_one_way() -> None:
    allowed = {
        "contracts": {"contracts"},
        "orchestrations": {"contracts", "orchestrations"},
        "activities": {"contracts", "activities", "azure_api"},
        "azure_api": {"contracts", "azure_api", "settings"},
        "triggers": {"contracts", "orchestrations", "activities", "azure_api", "triggers", "settings", "version"},
    }
    for path in PRODUCTION:
        ours = imports(path) & {*FOLDERS, "settings", "version"}
        folder = path.parent.name

        assert folder not in allowed or ours <= allowed[folder], path
