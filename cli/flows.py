"""A prompt flow on this machine: what its folder says of how it is deployed.

Read as promptflow 1.18 reads it: inputs and outputs with their parts in a chat, the image and the requirements, the
files from elsewhere, and which connections its nodes use. What Azure does not deploy is told by name.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.kinds import Document, read_mapping
from cli.outcome import NotAccepted
from contracts import flows
from contracts.base import Json

DAG, FLEX = "flow.dag.yaml", "flow.flex.yaml"
# The second is the studio's, of flows that are downloaded from it.
_META = ("flow.meta.yaml", ".promptflow/flow.meta.yaml")
_REQUIREMENTS = "requirements.txt"


class NoFlow(Exception):
    """A folder that holds a flow which cannot be deployed; the message says why, and what to do."""


@dataclass(frozen=True)
class Flow:
    """What flow.dag.yaml says.

    Attributes:
        requirements: the file that lists packages besides the image's; None where it lists none.
        includes: files and folders from elsewhere that belong into the flow's folder, as they are written.
    """

    folder: Path
    dag: dict[str, Any]
    image: str | None
    requirements: Path | None
    includes: tuple[str, ...]

    @property
    def properties(self) -> dict[str, str]:
        """Those of the model that holds it."""
        said = {flows.SOURCE: self.folder.resolve().name, flows.CONNECTIONS: json.dumps(sorted(connections(self)))}
        asked, answered = self._chatting("inputs", "is_chat_input"), self._chatting("outputs", "is_chat_output")
        if asked and answered:
            said |= {flows.MODE: flows.CHAT, flows.CHAT_INPUT: asked, flows.CHAT_OUTPUT: answered}
        return said

    @property
    def sample(self) -> dict[str, Json]:
        """What its inputs say by themselves: their defaults, and that nothing was said before."""
        inputs = self._parts("inputs")
        return {
            **self.history,
            **{name: one["default"] for name, one in inputs.items() if one.get("default") is not None},
        }

    @property
    def history(self) -> dict[str, Json]:
        """The input that tells what was said before, of a chat in which that is nothing; empty where it has none."""
        inputs = self._parts("inputs")
        name = self._chatting("inputs", "is_chat_history") or (flows.HISTORY if flows.HISTORY in inputs else None)
        return {name: []} if name else {}

    @property
    def asks_for(self) -> set[str]:
        """Inputs that a request must have: those without a default."""
        return set(self._parts("inputs")) - set(self.sample)

    @property
    def outputs(self) -> list[str]:
        """Names of what it answers."""
        return list(self._parts("outputs"))

    def _chatting(self, where: str, role: str) -> str | None:
        return next((name for name, one in self._parts(where).items() if one.get(role) is True), None)

    def _parts(self, where: str) -> dict[str, dict[str, Any]]:
        parts = self.dag.get(where)
        listed = parts.items() if isinstance(parts, dict) else ()
        return {str(name): one if isinstance(one, dict) else {} for name, one in listed}


def flow_document(folder: Path) -> Document:
    """A flow's folder as the file of the model that holds it; raises NotAccepted for a folder without one."""
    if not is_flow(folder):
        raise NotAccepted(f"{folder.name} is a folder, and no flow: there is no {DAG} in it")
    name = re.sub(r"[^A-Za-z0-9_.-]+|^[^A-Za-z0-9]+", "-", folder.resolve().name).strip("-")
    return Document(folder.name, folder, "model", {"name": name, "path": "."})


def is_flow(folder: Path) -> bool:
    """Whether a folder holds a flow."""
    return (folder / DAG).is_file() or (folder / FLEX).is_file()


def read_flow(folder: Path) -> Flow:
    """Read a folder that holds a flow. Raises NoFlow for one that is not deployed, NotAccepted for no YAML."""
    if not (folder / DAG).is_file():
        raise NoFlow(
            f"{FLEX} makes it a flex flow, and the documents deploy flows of {DAG} only: give it a score.py whose"
            " run() calls the entry, and deploy that"
        )
    dag = read_mapping(folder / DAG, DAG)
    _refuse_evaluation(folder, dag)
    image, requirements = environment_of(folder, dag)
    includes = dag.get("additional_includes")
    return Flow(
        folder=folder,
        dag=dag,
        image=image,
        requirements=requirements,
        includes=tuple(map(str, includes)) if isinstance(includes, list) else (),
    )


def environment_of(folder: Path, dag: dict[str, Any]) -> tuple[str | None, Path | None]:
    """The image that a flow names, and the file that lists packages besides; None for what it leaves out."""
    environment = dag.get("environment") if isinstance(dag.get("environment"), dict) else {}
    assert isinstance(environment, dict)
    listed = folder / str(environment.get("python_requirements_txt") or _REQUIREMENTS)
    image = str(environment["image"]) if environment.get("image") else None
    return image, listed if _lists_packages(listed) else None


def connections(flow: Flow) -> set[str]:
    """Names of the connections that the flow's nodes use; those that a request chooses are not among them."""
    return {name for node in _nodes(flow.dag) for name in _of_node(node, flow.folder) if "${" not in name and name}


def _refuse_evaluation(folder: Path, dag: dict[str, Any]) -> None:
    aggregating = [str(node.get("name")) for node in _nodes(dag) if node.get("aggregation") is True]
    kinds = [str(read_mapping(path, path.name).get("type")) for name in _META if (path := folder / name).is_file()]
    if aggregating or any(kind.lower().startswith("evaluat") for kind in kinds):
        why = f" ({aggregating[0]} is run over all lines of a batch)" if aggregating else ""
        raise NoFlow(f"it is an evaluation flow{why}, and Azure ML deploys none: evaluate with it in a batch run")


def _lists_packages(path: Path) -> bool:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return any(line.strip() and not line.strip().startswith("#") for line in lines)


def _nodes(dag: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each node as it is run: of one with variants, the default one."""
    listed, variants = dag.get("nodes"), dag.get("node_variants")
    for node in listed if isinstance(listed, list) else []:
        if isinstance(node, dict):
            yield {**node, **_default_variant(variants, node)}


def _default_variant(variants: Json, node: dict[str, Any]) -> dict[str, Any]:
    if not node.get("use_variants") or not isinstance(variants, dict):
        return {}
    of_node = variants.get(str(node.get("name"))) or {}
    chosen = (of_node.get("variants") or {}).get(of_node.get("default_variant_id")) or {}
    found: dict[str, Any] = chosen.get("node") or {}
    return found


def _of_node(node: dict[str, Any], folder: Path) -> Iterator[str]:
    if isinstance(node.get("connection"), str):
        yield node["connection"]
    given = node.get("inputs") if isinstance(node.get("inputs"), dict) else {}
    source = node.get("source") if isinstance(node.get("source"), dict) else {}
    assert isinstance(given, dict)
    assert isinstance(source, dict)
    # A tool of a package calls it so; the parameters of a script's own tool say it by their types.
    names = {name for name in given if str(name).lower().endswith("connection")}
    if source.get("type") == "code" and node.get("type") == "python":
        names = _connections_taken(folder / str(source.get("path")))
    yield from (given[name] for name in names if isinstance(given.get(name), str))


def _connections_taken(script: Path) -> set[str]:
    """Parameters of the tool in a script that are connections."""
    try:
        tree = ast.parse(script.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return set()  # what is wrong with it is told where it is run
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    tools = [one for one in functions if any("tool" in ast.unparse(mark) for mark in one.decorator_list)]
    parameters = [one for tool in tools for one in (*tool.args.args, *tool.args.kwonlyargs)]
    return {one.arg for one in parameters if one.annotation and "Connection" in ast.unparse(one.annotation)}
