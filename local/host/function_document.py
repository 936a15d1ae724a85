"""How `/admin/functions` describes a function: fields and their order as recorded on the true host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local.host.index import Function


def described(function: Function, prefix: str, data: Path, origin: str) -> dict[str, Any]:
    """The document of one function. `prefix`: of HTTP routes; `origin`: scheme and authority of the host."""
    folder = function.folder
    route = "/".join(part for part in (prefix, str(function.binding.get("route", ""))) if part)
    return {
        "name": function.name,
        "script_root_path_href": None,
        "script_href": f"{origin}/admin/vfs{folder}/function_app.py",
        "config_href": None,
        "test_data_href": f"{origin}/admin/vfs{data}/{function.name}.dat",
        "href": f"{origin}/admin/functions/{function.name}",
        "invoke_url_template": f"{origin}/{route}" if function.kind == "http" else None,
        "language": "python",
        "config": {
            "name": function.name,
            "entryPoint": function.name,
            "scriptFile": "function_app.py",
            "language": "python",
            "functionDirectory": folder,
            "bindings": list(function.bindings),
        },
        "files": None,
        "test_data": "",
        "isDisabled": False,
        "isDirect": False,
        "isProxy": False,
    }
