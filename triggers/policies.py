"""The folder of policies, as the app, the command line and CI read it: what can be used, and what is wrong."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from contracts.digests import digest
from contracts.events import ModelRegistered
from contracts.policy import Match, Policy, PolicyProblems, read_policy
from contracts.problems import Problem, RequestProblems
from settings import OWN_POLICIES
from triggers.body import BodyTooLarge, parse_body
from triggers.requests import deployment_request
from version import VERSION

log = logging.getLogger("slipway.policies")

# The path of a problem with a file as such.
FILE = "(file)"
SUFFIXES = frozenset({".yml", ".yaml"})
# It is told in custom statuses, which are small.
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True)
class InvalidPolicy:
    """A policy that cannot be used: its file, all that is wrong with it, and what it is for, if that can be read."""

    file: str
    problems: list[Problem]
    match: Match | None = None

    def why_not(self, event: ModelRegistered) -> str | None:
        """Why it is not for that model; None when it is, or may be."""
        return self.match.why_not(event.model, event.tags, event.properties) if self.match else None

    @property
    def lines(self) -> list[str]:
        """Everything wrong with it, one line each."""
        told = [(problem.path, " ".join(problem.message.split())) for problem in self.problems]
        return [f"{self.file}: {text if path == FILE else f'{path}: {text}'}" for path, text in told]


@dataclass
class PolicyFolder:
    """The policies in the order of their names, those that cannot be used, and a digest that changes with any of them.

    A new release may judge the same files otherwise, so it counts as a change.
    """

    policies: list[Policy] = field(default_factory=list)
    invalid: list[InvalidPolicy] = field(default_factory=list)
    digest: str = ""


class PolicyError(Exception):
    """A policy file that cannot be used; the message names the file and everything wrong with it."""

    def __init__(self, invalid: InvalidPolicy) -> None:
        super().__init__("; ".join(invalid.lines))
        self.invalid = invalid


def read_folder(folder: Path) -> PolicyFolder:
    """Every policy directly in `folder`; one that cannot be used stops no other, and of two rivals the first counts.

    A folder that is not there is told as one such file, unless it is the app's own.
    """
    found = PolicyFolder()
    contents: list[list[str]] = []
    if not folder.is_dir() and folder != OWN_POLICIES:
        found.invalid.append(_not_there(folder))
    for path in _files(folder):
        contents.append([path.name, ""])
        try:
            # Read once: a digest of what was written since would call old policies new, and nobody looked again.
            content = _content(path)
            contents[-1][1] = hashlib.sha256(content).hexdigest()
            policy = _policy(path, content)
            _refuse_rivals(path, policy, found.policies)
            found.policies.append(policy)
        except PolicyError as error:
            found.invalid.append(error.invalid)
    found.digest = digest([VERSION, str(folder), contents, len(found.invalid)], 12)
    return found


def tell_invalid(found: PolicyFolder) -> None:
    """Log what cannot be used, for whoever operates the app."""
    for invalid in found.invalid:
        log.error("policy %s cannot be used: %s", invalid.file, "; ".join(invalid.lines))


def load_policy(path: Path) -> Policy:
    """One policy file, tried out with a sample model; raises PolicyError for one that could never deploy anything."""
    return _policy(path, _content(path))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = _problem("unreadable", f"it cannot be read ({error.strerror})")
        raise PolicyError(InvalidPolicy(path.name, [problem])) from error


def _policy(path: Path, content: bytes) -> Policy:
    if not _FILE_NAME.fullmatch(path.stem):
        problem = _problem("bad_name", "name it with at most 40 letters, digits, dots and dashes")
        raise PolicyError(InvalidPolicy(path.name, [problem]))
    try:
        return read_policy(path.stem, parse_body(content), deployment_request())
    except BodyTooLarge as error:
        raise PolicyError(InvalidPolicy(path.name, [_problem("too_large", str(error))])) from error
    except RequestProblems as error:
        match = error.match if isinstance(error, PolicyProblems) else None
        raise PolicyError(InvalidPolicy(path.name, error.problems, match)) from error


def _files(folder: Path) -> Iterator[Path]:
    # What is hidden belongs to an editor, and is not deployed either.
    found = [path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
    yield from sorted(found, key=lambda path: (path.stem, path.name))


def _refuse_rivals(path: Path, policy: Policy, before: list[Policy]) -> None:
    for other in before:
        if other.name == policy.name:
            problem = _problem("same_name", f"another file is policy {policy.name} already: rename one of them")
        elif policy.rivals(other):
            message = (
                f"policy {other.name} asks for a deployment of the same name: rename one, or tell their models apart"
            )
            problem = Problem(path="deployment.name", code="same_deployment", message=message)
        else:
            continue
        raise PolicyError(InvalidPolicy(path.name, [problem], policy.match))


def _not_there(folder: Path) -> InvalidPolicy:
    what = "not a folder" if folder.exists() else "not there"
    message = f"{folder} is {what}: create it, or name another one (a relative name is relative to the app)"
    return InvalidPolicy("SLIPWAY_POLICIES", [_problem("no_folder", message)])


def _problem(code: str, message: str) -> Problem:
    return Problem(path=FILE, code=code, message=message)
