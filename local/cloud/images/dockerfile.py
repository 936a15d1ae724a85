"""The Dockerfiles that are followed without a container engine: FROM a known image, COPY, and what pip installs.

`conda env update` of a copied conda file is followed as well, as Azure's own examples do it, and so are ARG, which has
its default in Azure, and what only tidies up. Anything else is refused with its line, because leaving it out would
build another image than Azure does.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path, PurePosixPath

from local.cloud.images.problems import WITH_AN_ENGINE, Refused, build_fails, cannot_build_here

# Options of pip that say how to install, and nothing about what.
_HOW = {
    "--no-cache-dir", "--no-cache", "--upgrade", "-U", "--quiet", "-q", "--user", "--no-input", "--prefer-binary",
    "--no-compile", "--no-warn-script-location", "--disable-pip-version-check", "--root-user-action=ignore",
}  # fmt: skip
# A variable as Docker and a shell write it; `${NAME:-default}` and the like are not read.
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
# Commands that change nothing a scoring script sees, by their first words.
_TIDIES_UP = (("pip", "cache"), ("pip", "freeze"), ("pip", "list"), ("pip", "check"), ("conda", "clean"))
# So many files are named, and the others counted.
_NAMED = 5
# Instructions that change nothing a scoring script sees.
_WITHOUT_EFFECT = {"LABEL", "MAINTAINER", "EXPOSE", "USER", "SHELL", "STOPSIGNAL", "HEALTHCHECK", "ONBUILD"}


@dataclass
class Steps:
    """What a Dockerfile does: the image it begins with, then conda files, requirements and variables in order."""

    image: str = ""
    conda_files: list[str] = field(default_factory=list)
    requirements: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read(context: Path, name: str = "Dockerfile") -> Steps:
    """Read a Dockerfile in its context. `Refused` as the build fails, or as this machine cannot build it.

    What it copies is named from the context, wherever in it the Dockerfile lies.
    """
    path = context / name
    if not path.is_file():
        raise build_fails(f"failed to read dockerfile: open {name}: no such file or directory")
    reader = _Reader(context)
    for number, instruction, arguments in _instructions(path.read_text(errors="replace")):
        reader.take(number, instruction, arguments)
    if not reader.steps.image:
        raise build_fails("the Dockerfile has no FROM")
    return reader.finished()


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Each instruction with the number of its first line; lines that end with a backslash go on."""
    whole, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or not (line.strip() or whole):
            continue
        first = first if whole else number
        whole += line.rstrip()
        if whole.endswith("\\"):
            whole = whole[:-1]
            continue
        instruction, _, arguments = whole.strip().partition(" ")
        yield first, instruction.upper(), arguments.strip()
        whole = ""


def _commands(line: str) -> list[list[str]]:
    """The words of each command that `&&` joins; one with any other meaning to a shell is left as a word of its own."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";|<>&()")
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    for word in lexer:
        if word == "&&":
            commands.append([])
        elif set(word) <= set(";|<>&()") or any(sign in word for sign in "$`"):
            return [[line]]
        else:
            commands[-1].append(word)
    return commands


class _Reader:
    """Follows a Dockerfile and keeps which file of the context lies where in the image."""

    def __init__(self, context: Path) -> None:
        self.steps = Steps()
        self._context = context
        self._workdir = PurePosixPath("/")
        self._copied: dict[PurePosixPath, Path] = {}
        # Those before FROM are for FROM alone, and for an ARG of the same name.
        self._outer: dict[str, str] = {}
        self._arguments: dict[str, str] = {}
        self._used: set[PurePosixPath] = set()

    def take(self, number: int, instruction: str, arguments: str) -> None:
        """Follow one instruction; `Refused` for one that is not followed here."""
        follow = {
            "ARG": self._argument,
            "FROM": self._from,
            "COPY": self._copy,
            "ADD": self._copy,
            "WORKDIR": self._move,
            "ENV": self._set,
            "RUN": self._run,
        }.get(instruction)
        if follow is not None:
            follow(number, arguments)
        elif instruction not in _WITHOUT_EFFECT:
            raise self._needs_engine(number, f"{instruction} {arguments}")

    def finished(self) -> Steps:
        """What was read, with a note on each file that lies in the image and not here."""
        unused = sorted(str(path) for path in self._copied if path not in self._used)
        if unused:
            more = f" and {len(unused) - _NAMED} more" if len(unused) > _NAMED else ""
            self.steps.notes = (f"not there, though the Dockerfile copies it: {', '.join(unused[:_NAMED])}{more}",)
        return self.steps

    def _argument(self, number: int, arguments: str) -> None:
        for word in shlex.split(arguments):
            name, given, value = word.partition("=")
            default = self._filled(number, f"ARG {arguments}", value) if given else self._outer.get(name, "")
            (self._arguments if self.steps.image else self._outer)[name] = default

    def _filled(self, number: int, whole: str, text: str, known: Mapping[str, str] | None = None) -> str:
        """A text with its variables filled in; `Refused` for one that the base image may have, or nobody."""
        there = {**self._arguments, **self.steps.variables} if known is None else known

        def value(found: re.Match[str]) -> str:
            name = found[1] or found[2]
            if name not in there:
                raise self._needs_engine(number, whole)
            return there[name]

        return _VARIABLE.sub(value, text)

    def _from(self, number: int, arguments: str) -> None:
        image = self._filled(number, f"FROM {arguments}", arguments, self._outer)
        if self.steps.image or len(image.split()) != 1:
            raise self._needs_engine(number, f"FROM {arguments}")
        self.steps.image = image

    def _copy(self, number: int, arguments: str) -> None:
        *sources, target = shlex.split(self._filled(number, f"COPY {arguments}", arguments))
        if not sources or sources[0].startswith("-") or any("://" in one or "*" in one for one in sources):
            raise self._needs_engine(number, f"COPY {arguments}")
        for source in sources:
            found = (self._context / source.lstrip("/")).resolve()
            if not found.is_relative_to(self._context.resolve()) or not found.exists():
                raise build_fails(f"COPY {source}: not found in the build context")
            self._place(found, self._workdir / target, many=len(sources) > 1 or target.endswith("/") or target == ".")

    def _place(self, found: Path, target: PurePosixPath, *, many: bool) -> None:
        if found.is_file():
            self._copied[target / found.name if many else target] = found
            return
        for file in (one for one in found.rglob("*") if one.is_file()):
            self._copied[target / file.relative_to(found).as_posix()] = file

    def _move(self, number: int, arguments: str) -> None:
        self._workdir /= self._filled(number, f"WORKDIR {arguments}", arguments).strip("\"'")

    def _set(self, number: int, arguments: str) -> None:
        # All of one line see what was before it (Docker's reference).
        pairs = shlex.split(self._filled(number, f"ENV {arguments}", arguments))
        if "=" not in pairs[0]:
            pairs = [f"{pairs[0]}={' '.join(pairs[1:])}"]
        if any("$" in pair for pair in pairs) or not all("=" in pair for pair in pairs):
            raise self._needs_engine(number, f"ENV {arguments}")
        for pair in pairs:
            name, _, value = pair.partition("=")
            self.steps.variables[name] = value

    def _run(self, number: int, arguments: str) -> None:
        # Within single quotes a shell leaves variables as they are.
        filled = arguments if "'" in arguments else self._filled(number, f"RUN {arguments}", arguments)
        for command in _commands(filled):
            match command:
                case ["pip" | "pip3", "install", *rest] | ["python" | "python3", "-m", "pip", "install", *rest]:
                    self._pip(number, rest)
                case ["conda", "env", "update", *rest]:
                    self._conda(number, rest)
                case ["rm", *rest] if all(one in ("-f", "-r", "-rf") or self._is_copied(one) for one in rest):
                    pass
                case [first, second, *_] if (first, second) in _TIDIES_UP:
                    pass
                case _:
                    raise self._needs_engine(number, f"RUN {arguments}")

    def _pip(self, number: int, arguments: list[str]) -> None:
        words = iter(arguments)
        for word in words:
            if word in ("-r", "--requirement"):
                lines = self._file(next(words, "")).read_text().splitlines()
                self.steps.requirements += [line.strip() for line in lines if line.split("#")[0].strip()]
            elif word.startswith("-"):
                if word not in _HOW:
                    raise self._needs_engine(number, f"RUN pip install {' '.join(arguments)}")
            else:
                self.steps.requirements.append(word)

    def _conda(self, number: int, arguments: list[str]) -> None:
        for option, value in pairwise(arguments):
            if option in ("-f", "--file"):
                self.steps.conda_files.append(self._file(value).read_text())
                return
        raise self._needs_engine(number, f"RUN conda env update {' '.join(arguments)}")

    def _is_copied(self, name: str) -> bool:
        return self._workdir / name in self._used

    def _file(self, name: str) -> Path:
        place = self._workdir / name
        if place not in self._copied:
            raise build_fails(f"{place}: no such file: the Dockerfile does not copy it there")
        self._used.add(place)
        return self._copied[place]

    def _needs_engine(self, number: int, what: str) -> Refused:
        return cannot_build_here(
            f"line {number} of the environment's Dockerfile, {what[:120]!r}, takes a container engine. Without one, "
            "FROM a known image of Azure ML, ARG, COPY, ENV, WORKDIR, RUN pip install and RUN conda env update "
            f"are followed. {WITH_AN_ENGINE}"
        )
