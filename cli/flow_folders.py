"""Folders that are made for a flow's deployment, and are gone with the command: the flow whole, and its image's."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from cli.flows import DAG, Flow
from contracts.flows import RUNTIME_IMAGE

_DOCKERFILE = """\
FROM {image}
COPY ./requirements.txt .
RUN pip install -r requirements.txt
"""


def whole(flow: Flow, included: Sequence[Path]) -> Path:
    """The flow's folder with what it includes from elsewhere, as `pf flow build` would make it.

    Raises FileExistsError, with the name, when something of that name is in the folder already.
    """
    if not included:
        return flow.folder
    made = _temporary() / flow.folder.resolve().name
    shutil.copytree(flow.folder, made)
    for source in included:
        target = made / source.resolve().name
        if target.exists():
            raise FileExistsError(target.name)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
    dag = {name: part for name, part in flow.dag.items() if name != "additional_includes"}
    (made / DAG).write_text(yaml.safe_dump(dag, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return made


def build_context(flow: Flow, requirements: Path) -> Path:
    """A Docker build context as the documents have it: the flow's image, and its packages upon it."""
    made = _temporary()
    (made / "Dockerfile").write_text(_DOCKERFILE.format(image=flow.image or RUNTIME_IMAGE), encoding="utf-8")
    shutil.copy2(requirements, made / "requirements.txt")
    return made


def _temporary() -> Path:
    folder = tempfile.mkdtemp(prefix="slipway-flow-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
