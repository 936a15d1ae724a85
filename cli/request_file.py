"""A deployment request in a file, where local folders may stand in place of registered assets.

`model.path`, `deployment.code_configuration.code` and `deployment.environment.conda_file` may name files below the
request file's own folder. Everything that is wrong with the file is found before anything is uploaded or sent.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cli.folders import UnusableFolder, code_files, content_digest, model_files
from cli.outcome import NotAccepted
from cli.wording import counted
from contracts.assets import ModelDefinition
from contracts.base import Json
from contracts.problems import Problem, RequestProblems, read_request
from triggers.body import BodyTooLarge, parse_body

# Where a plan is told that files will be: a plan must not write, so they cannot be there yet.
_NOT_UPLOADED = "azureml://datastores/workspaceblobstore/paths/not-uploaded-yet"


@dataclass(frozen=True)
class LocalModel:
    """A model version to register from local files; `definition.path` does not exist yet."""

    definition: ModelDefinition
    path: Path
    files: list[Path]

    @property
    def reference(self) -> str:
        """How the request names the model once it is registered."""
        return f"azureml:{self.definition.name}:{self.definition.version}"


@dataclass(frozen=True)
class LocalCode:
    """A code folder to register; `digest` is that of its content."""

    name: str
    version: str
    folder: Path
    files: list[Path]
    digest: str

    @property
    def reference(self) -> str:
        """How the request names the code once it is registered."""
        return f"azureml:{self.name}:{self.version}"


@dataclass(frozen=True)
class RequestFile:
    """A request that was read and checked.

    Attributes:
        to_send: the request, naming registered assets only.
        to_plan: the same with definitions in place of assets that may not be registered yet.
        model, code: what has to be registered before `to_send` can succeed.
    """

    to_send: dict[str, Any]
    to_plan: dict[str, Any]
    model: LocalModel | None
    code: LocalCode | None


def read_request_file(path: Path) -> RequestFile:
    """Read and check `path`; raises NotAccepted with every problem in it, each with the path of its field."""
    try:
        body = parse_body(path.read_bytes())
    except OSError as error:
        raise NotAccepted(f"{path} cannot be read: {error.strerror}") from error
    except BodyTooLarge as error:
        raise NotAccepted(f"{path} is too large: {error}") from error
    except RequestProblems as error:
        raise NotAccepted(f"{path} cannot be read", error.problems) from error
    found = _Reader(path.parent).read(body)
    problems = found.problems
    try:
        read_request(found.to_send)
    except RequestProblems as error:
        problems = problems + error.problems
    if problems:
        raise NotAccepted(f"{path} has {counted(len(problems), 'problem')}", problems)
    return RequestFile(to_send=found.to_send, to_plan=found.to_plan, model=found.model, code=found.code)


def local_code(folder: Path, name: str | None = None, version: str = "1") -> LocalCode:
    """A code folder, named after its content when no name is given; raises UnusableFolder."""
    files = code_files(folder)
    if not files:
        raise UnusableFolder("there is nothing to upload in it")
    digest = content_digest(folder, files)
    return LocalCode(
        name=name or f"slipway-code-{digest[:20]}", version=version, folder=folder, files=files, digest=digest
    )


class _Reader:
    """Takes the local files out of one request and puts references in their place."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self.problems: list[Problem] = []
        self.to_send: dict[str, Any] = {}
        self.to_plan: dict[str, Any] = {}
        self.model: LocalModel | None = None
        self.code: LocalCode | None = None

    def read(self, body: dict[str, Any]) -> _Reader:
        self.to_send = copy.deepcopy(body)
        deployment = self.to_send.get("deployment")
        environment = deployment.get("environment") if isinstance(deployment, dict) else None
        if isinstance(environment, dict) and isinstance(environment.get("conda_file"), str):
            self._inline(environment)
        self.to_plan = copy.deepcopy(self.to_send)
        self._model(body.get("model"))
        code = deployment.get("code_configuration") if isinstance(deployment, dict) else None
        if isinstance(code, dict) and _is_local(code.get("code")):
            self._code(code)
        return self

    def _inline(self, environment: dict[str, Any]) -> None:
        where = "deployment.environment.conda_file"
        path = self._below(where, environment["conda_file"])
        # In the file's place even when it cannot be read: one problem is enough to say so.
        environment["conda_file"] = {}
        if path is None:
            return
        try:
            environment["conda_file"] = parse_body(path.read_bytes())
        except OSError as error:
            self._problem(where, "unreadable", f"{path.name} cannot be read: {error.strerror}")
        except (BodyTooLarge, RequestProblems) as error:
            self._problem(where, "unreadable", f"{path.name} is not a conda file: {error}")

    def _model(self, model: Json) -> None:
        if not isinstance(model, dict) or not _is_local(model.get("path")):
            return
        self.to_plan["model"] = self.to_send["model"] = {**model, "path": f"{_NOT_UPLOADED}/model"}
        path = self._below("model.path", model["path"])
        files = self._listed("model.path", path) if path else []
        try:
            definition = ModelDefinition.model_validate(self.to_plan["model"])
        except ValidationError:
            return  # the check of the whole request tells what is wrong with the other fields
        if path and files:
            self.model = LocalModel(definition=definition, path=path, files=files)
            self.to_send["model"] = self.model.reference

    def _code(self, code: dict[str, Any]) -> None:
        where = "deployment.code_configuration.code"
        folder, script = self._below(where, code["code"]), code.get("scoring_script")
        code["code"] = f"{_NOT_UPLOADED}/code"
        self.to_plan["deployment"]["code_configuration"]["code"] = code["code"]
        if folder is None:
            return
        if not folder.is_dir():
            self._problem(where, "not_a_folder", f"{folder.name} is not a folder: name the folder of the script")
            return
        try:
            self.code = local_code(folder)
        except UnusableFolder as error:
            self._problem(where, "unusable_folder", str(error))
            return
        code["code"] = self.code.reference
        if isinstance(script, str) and folder / script not in self.code.files:
            self._problem(
                "deployment.code_configuration.scoring_script", "not_found", f"{script} is not in {folder.name}"
            )

    def _listed(self, where: str, path: Path) -> list[Path]:
        try:
            files = model_files(path)
        except UnusableFolder as error:
            self._problem(where, "unusable_folder", str(error))
            return []
        if not files:
            self._problem(where, "unusable_folder", "there is nothing to upload in it")
        return files

    def _below(self, where: str, named: str) -> Path | None:
        path = self._base / named
        inside = self._base.resolve()
        if inside not in path.resolve().parents:
            self._problem(where, "outside_folder", f"name something below the request file's folder, not {named!r}")
        elif not path.exists():
            self._problem(where, "not_found", f"there is no {named}")
        else:
            return path
        return None

    def _problem(self, path: str, code: str, message: str) -> None:
        self.problems.append(Problem(path=path, code=code, message=message))


def _is_local(value: Json) -> bool:
    return isinstance(value, str) and not value.startswith("azureml:") and "://" not in value
