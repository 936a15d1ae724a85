"""Taking the local files out of one request: references and content take their place.

Everything that is wrong with them is found before anything is uploaded or sent.
"""

from __future__ import annotations

import ast
import copy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cli.flow_requests import FlowRequest
from cli.flows import NoFlow, is_flow
from cli.folders import Contents, UnusableFolder, content_digest, contents
from cli.kinds import read_mapping
from cli.local_assets import LocalCode, LocalEnvironment, LocalModel, local_code, local_environment
from cli.outcome import NotAccepted
from contracts.assets import ModelDefinition
from contracts.base import Json
from contracts.names import PYTHON
from contracts.problems import Problem
from contracts.references import is_shown_id

# Stands for a local path that cannot be used, while everything else that is wrong is found.
NOT_UPLOADED = "azureml://datastores/workspaceblobstore/paths/not-uploaded-yet"
CODE = "deployment.code_configuration"


class Localizing:
    """One request, and what of it is on this machine.

    Attributes:
        to_send: the request, naming registered assets only.
    """

    def __init__(self, body: dict[str, Any], folders: dict[str, Path], *, below: Path | None = None) -> None:
        """`folders` says by part where its relative paths start; `below`, that nothing outside may be named."""
        self._folders = folders
        self._below_only = below
        self.problems: list[Problem] = []
        self.to_send: dict[str, Any] = copy.deepcopy(body)
        self.model: LocalModel | None = None
        self.code: LocalCode | None = None
        self.environment: LocalEnvironment | None = None
        self.sample: Json = None
        """What the model may be asked with, where it says so itself."""
        flow = self._flow()
        deployment = self.to_send.get("deployment")
        for holder, path in ((self.to_send, ""), (deployment, "deployment.")):
            if isinstance(holder, dict):
                self._environment(holder, f"{path}environment")
        for holder, path in ((self.to_send, ""), (deployment, "deployment.")):
            if isinstance(holder, dict):
                self._model(holder, f"{path}model", flow)
        code = deployment.get("code_configuration") if isinstance(deployment, dict) else None
        if isinstance(code, dict) and is_local(code.get("code")):
            self._code(code)

    def _flow(self) -> FlowRequest | None:
        """The flow that the model's folder holds, with what it says added to the request; a script serves none."""
        deployment = self.to_send.get("deployment")
        deployment = deployment if isinstance(deployment, dict) else {}
        for holder, where in ((self.to_send, "model"), (deployment, "deployment.model")):
            model = holder.get("model")
            if not isinstance(model, dict) or not is_local(model.get("path")) or "code_configuration" in deployment:
                continue
            folder = _path(model["path"], self._folder(where))
            if is_flow(folder):
                return self._filled_in(model, where, folder)
        return None

    def _filled_in(self, model: dict[str, Any], where: str, folder: Path) -> FlowRequest | None:
        try:
            flow = FlowRequest(self.to_send, model, where, folder, self._problem)
        except NoFlow as error:
            self._problem(f"{where}.path", "not_deployable", str(error))
        except NotAccepted as error:
            self._problem(f"{where}.path", "unreadable", _said(error))
        else:
            flow.fill_in(self._found)
            self.environment, self.sample = flow.environment, flow.sample
            return flow
        return None

    def _environment(self, holder: dict[str, Any], where: str) -> None:
        environment, folder = holder.get("environment"), self._folder(where)
        if isinstance(environment, str) and environment.startswith("file:"):
            path = self._found(where, environment, folder)
            environment = self._mapping(where, path) if path else {}
            folder = path.parent if path else folder
        if not isinstance(environment, dict):
            return
        holder["environment"] = environment = {**environment}
        if isinstance(environment.get("conda_file"), str):
            path = self._found(f"{where}.conda_file", environment["conda_file"], folder)
            # In the file's place even when it cannot be read: one problem is enough to say so.
            environment["conda_file"] = self._mapping(f"{where}.conda_file", path) if path else {}
        build = environment.get("build")
        if isinstance(build, dict) and is_local(build.get("path")):
            self._context(holder, environment, build, folder, where)

    def _context(
        self, holder: dict[str, Any], environment: dict[str, Any], build: dict[str, Any], folder: Path, where: str
    ) -> None:
        path = self._found(f"{where}.build.path", build["path"], folder)
        found = self._contents(f"{where}.build.path", path, folders_only=True) if path else None
        environment["build"] = {**build, "path": "https://not-uploaded-yet.invalid/context"}
        if not path or not found:
            return
        dockerfile = str(build.get("dockerfile_path") or "Dockerfile")
        if path / dockerfile not in found.files:
            self._problem(f"{where}.build.dockerfile_path", "not_found", f"{dockerfile} is not in {path.name}")
        self.environment = local_environment(environment, path, found)
        holder["environment"] = self.environment.reference

    def _model(self, holder: dict[str, Any], where: str, flow: FlowRequest | None) -> None:
        model = holder.get("model")
        if not isinstance(model, dict) or not is_local(model.get("path")):
            return
        holder["model"] = {**model, "path": f"{NOT_UPLOADED}/model"}
        path = self._found(f"{where}.path", model["path"], self._folder(where))
        path = flow.folder if path and flow else path
        found = self._contents(f"{where}.path", path) if path else None
        try:
            shown = {name: value for name, value in holder["model"].items() if name != "$schema"}
            definition = ModelDefinition.model_validate(shown)
        except ValidationError:
            return  # the check of the whole request tells what is wrong with the other fields
        if not path or not found:
            return
        if definition.name is None:
            name = f"slipway-model-{content_digest(path, found.files)[:20]}"
            definition = definition.model_copy(update={"name": name, "version": definition.version or "1"})
        self.model = LocalModel(definition=definition, path=path, files=found.files, left_out=found.left_out)
        holder["model"] = self.model.reference

    def _code(self, code: dict[str, Any]) -> None:
        where = f"{CODE}.code"
        folder, script = self._found(where, code["code"], self._folder(where)), code.get("scoring_script")
        code["code"] = f"{NOT_UPLOADED}/code"
        if folder is None or not self._contents(where, folder, folders_only=True):
            return
        self.code = local_code(folder)
        code["code"] = self.code.reference
        if isinstance(script, str):
            self._script(folder, script, self.code.files)

    def _script(self, folder: Path, script: str, files: list[Path]) -> None:
        path, where = folder / script, f"{CODE}.scoring_script"
        if path not in files:
            self._problem(where, "not_found", f"{script} is not in {folder.name}")
            return
        if path.suffix != PYTHON:
            return  # for a server of another language
        try:
            ast.parse(path.read_bytes(), script)
        except SyntaxError as error:
            self._problem(where, "invalid_value", f"{script} is no Python, line {error.lineno}: {error.msg}")
        except ValueError:
            self._problem(where, "invalid_value", f"{script} is no Python: it is not text")

    def _contents(self, where: str, path: Path, *, folders_only: bool = False) -> Contents | None:
        if folders_only and not path.is_dir():
            self._problem(where, "not_a_folder", f"{path.name} is not a folder: name the folder that holds it")
            return None
        try:
            return contents(path)
        except UnusableFolder as error:
            self._problem(where, "unusable_folder", str(error))
        return None

    def _mapping(self, where: str, path: Path) -> dict[str, Any]:
        try:
            return read_mapping(path, path.name)
        except NotAccepted as error:
            self._problem(where, "unreadable", _said(error))
        return {}

    def _folder(self, where: str) -> Path:
        return self._folders.get(where.split(".", 1)[0], self._folders[""])

    def _found(self, where: str, named: str, folder: Path) -> Path | None:
        path = _path(named, folder)
        if self._below_only and self._below_only.resolve() not in path.resolve().parents:
            self._problem(where, "outside_folder", f"name something below the request file's folder, not {named!r}")
        elif not path.exists():
            self._problem(where, "not_found", f"there is no {named}")
        else:
            return path
        return None

    def _problem(self, path: str, code: str, message: str) -> None:
        self.problems.append(Problem(path=path, code=code, message=message))


def _path(named: str, folder: Path) -> Path:
    return folder / named.removeprefix("file://").removeprefix("file:")


def _said(error: NotAccepted) -> str:
    return "; ".join([str(error), *(problem.message for problem in error.problems)])


def is_local(value: Json) -> bool:
    """Whether a path is one on this machine: no asset, and no address."""
    if not isinstance(value, str):
        return False
    named = value.startswith(("azureml:", "runs:/")) or "://" in value or is_shown_id(value)
    return value.startswith("file:") or not named
