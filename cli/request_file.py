"""A deployment request out of local files: one request file, or the `az ml` files that make one together.

Everything that is wrong is found before anything is uploaded or sent, each at its place in its file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.flows import flow_document
from cli.given_fields import shares_of
from cli.kinds import STDIN, Document, nulls, read_document, read_mapping
from cli.local_assets import Local, LocalCode, LocalEnvironment, LocalModel
from cli.localizing import Localizing
from cli.outcome import NotAccepted
from cli.placing import let_win, set_in_request
from cli.samples import describes_itself, input_example, sample_in
from cli.wording import counted
from contracts.base import Json
from contracts.gathering import gathered
from contracts.plan import UploadedEnvironment, UploadedModel, Uploads
from contracts.problems import Problem, RequestProblems, read_request
from contracts.smoke_test import BODIES


@dataclass(frozen=True)
class RequestFile:
    """A request that was read and checked.

    Attributes:
        to_send: the request, naming registered assets only.
        model, code, environment: what has to be registered before `to_send` can succeed.
    """

    to_send: dict[str, Any]
    model: LocalModel | None = None
    code: LocalCode | None = None
    environment: LocalEnvironment | None = None

    @property
    def uploads(self) -> list[Local]:
        """What has to be registered; the model last, since registering one may set off a policy."""
        return [one for one in (self.environment, self.code, self.model) if one]

    @property
    def to_plan(self) -> dict[str, Any]:
        """The request with what has yet to be registered, by its content: a plan must not write."""
        uploads = Uploads(
            model=UploadedModel(
                name=str(self.model.definition.name),
                version=self.model.definition.version,
                type=self.model.definition.type,
                properties=self.model.definition.properties,
                content=self.model.digest,
            )
            if self.model
            else None,
            code=self.code.reference if self.code else None,
            environment=UploadedEnvironment(
                reference=self.environment.reference,
                answers=bool(self.environment.definition.get("inference_config")),
            )
            if self.environment
            else None,
        ).to_wire()
        return {**self.to_send, "uploads": uploads} if uploads else self.to_send

    def agree_to(self, plan: str) -> None:
        """Let the service refuse the request when its plan is another one by then."""
        self.to_send["plan"] = plan

    def naming(self, local: Local, reference: str) -> None:
        """Let the request name what was registered, whose version may only be known since."""
        if isinstance(local, LocalModel):
            self.to_send["model"] = reference


@dataclass(frozen=True)
class Asked:
    """What the command line says besides the files."""

    request: Path | None = None
    traffic: str | None = None
    sets: Sequence[str] = ()


NOTHING_ELSE = Asked()
NO_SAMPLE = Problem(
    path="smoke_test",
    code="required",
    message=(
        "say what to send to the model, whose script describes no request: --request FILE, or a smoke_test in a file"
        " of its own; `smoke_test: {waived: <why>}` deploys without"
    ),
)

NO_DEPLOYMENT = Problem(
    path="deployment",
    code="required",
    message=(
        "add the file that says which deployment (-f), also where it is there already: a model, an environment and an"
        " endpoint are made, or brought to what their files say, with the deployment that needs them"
    ),
)


def read_request_file(path: Path, asked: Asked = NOTHING_ELSE, stdin: bytes | None = None) -> RequestFile:
    """Read and check one request; raises NotAccepted with every problem in it, each with the path of its field.

    What it names must be below its own folder: a request is passed around, and must not take a machine's files along.
    """
    name = "standard input" if path == STDIN else str(path)
    body = _with(read_mapping(path, name, stdin), asked)
    folder = Path.cwd() if path == STDIN else path.parent
    localized = Localizing(body, {"": folder}, below=folder)
    return _checked(name, localized, localized.problems, [])


def read_request_files(paths: Sequence[Path], asked: Asked = NOTHING_ELSE, stdin: bytes | None = None) -> RequestFile:
    """Read and check the `az ml` files of one deployment, as they are; raises NotAccepted with every problem."""
    documents = [
        flow_document(path) if path.is_dir() else read_document(path, stdin if path == STDIN else None)
        for path in paths
    ]
    body: dict[str, Any] = {}
    folders = {"": Path.cwd()}
    problems: list[Problem] = []
    for document in documents:
        problems += _add(body, folders, document)
    body = _with(body, asked)
    problems += _unnamed(body, documents)
    problems += _empty(documents, problems)
    problems += [] if "deployment" in body else [NO_DEPLOYMENT]
    localized = Localizing(body, folders)
    names = ", ".join(document.name for document in documents)
    return _checked(names, localized, problems + [_placed(one, documents) for one in localized.problems], documents)


def _empty(documents: list[Document], known: list[Problem]) -> list[Problem]:
    """Fields without a value that nothing of the command line, or a better sentence, stands for."""
    found = [_in(document, problem) for document in documents for problem in nulls(_own(document))]
    return [problem for problem in found if problem.path not in {one.path for one in known}]


def _own(document: Document) -> Json:
    """What the rule on empty fields is for: a request's sample may hold null, and conda files are not read here."""
    return {name: part for name, part in document.body.items() if name not in ("smoke_test", "conda_file")}


def _add(body: dict[str, Any], folders: dict[str, Path], document: Document) -> list[Problem]:
    parts = document.body if document.kind == "request" else {document.kind: document.body}
    problems = []
    for name, part in parts.items():
        if name in body:
            message = f"there is a {name} in another file too: deploy one after the other"
            problems.append(Problem(path=document.name, code="contradiction", message=message))
        body[name], folders[name] = part, document.folder
    return problems


def _unnamed(body: dict[str, Any], documents: list[Document]) -> Iterator[Problem]:
    """Files of their own without the name that they need there; `--set` may have given it."""
    for document in documents:
        part = body.get(document.kind)
        if document.kind in ("endpoint", "model", "environment") and isinstance(part, dict) and not part.get("name"):
            message = f"add this field, or --set {document.kind}.name=<name>"
            yield _in(document, Problem(path="name", code="required", message=message))


def _with(body: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """`body` with what the command line says."""
    for text in asked.sets:
        set_in_request(body, text)
    if asked.request is not None:
        said = body.get("smoke_test")
        test = said if isinstance(said, dict) else {}
        sample = sample_in(asked.request)
        given = {name: part for name, part in test.items() if name in (*BODIES, "content_type") and part is not None}
        if given and given != sample:
            raise NotAccepted(f"smoke_test says something else to send than {asked.request.name}: use one of the two")
        body["smoke_test"] = {**test, **sample}
    if asked.traffic is not None:
        body["traffic"] = shares_of(asked.traffic)
        let_win(body, ("traffic",))
    return body


def _checked(name: str, found: Localizing, problems: list[Problem], documents: list[Document]) -> RequestFile:
    if "smoke_test" not in found.to_send:
        sample = found.sample or (input_example(found.model.path) if found.model else None)
        if sample is not None:
            found.to_send["smoke_test"] = {"request": sample}
        elif found.code and not describes_itself(found.code.path):
            problems = [*problems, NO_SAMPLE]
    try:
        read_request(found.to_send)
    except RequestProblems as error:
        told = {problem.path for problem in problems}
        missed = NO_DEPLOYMENT in problems
        more = [_placed(one, documents) for one in error.problems if not (missed and _is_of_a_deployment(one))]
        problems = problems + [problem for problem in more if problem.path not in told]
    if problems:
        raise NotAccepted(f"{name} has {counted(len(problems), 'problem')}", problems)
    return RequestFile(gathered(found.to_send).body, found.model, found.code, found.environment)


def _is_of_a_deployment(problem: Problem) -> bool:
    """Whether a deployment's file would say what is missed."""
    return problem.path.split(".")[0] == "deployment" or problem.path == "endpoint"


def _placed(problem: Problem, documents: list[Document]) -> Problem:
    """A problem of the whole request at its place in the file that it comes from."""
    part, _, inside = problem.path.partition(".")
    for document in documents:
        if document.kind == part:
            return _in(document, problem.model_copy(update={"path": inside or "(body)"}))
        if document.kind == "request" and part in document.body:
            return _in(document, problem)
    return problem


def _in(document: Document, problem: Problem) -> Problem:
    return problem.model_copy(update={"path": f"{document.name}: {problem.path}"})
