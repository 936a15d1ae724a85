"""Containers of one's own, run by a command of this machine: `local-images.yml` says which.

    images:
      - image: docker.io/tensorflow/serving:*
        command: [tensorflow_model_server, "--rest_api_port={port}", "--model_base_path={model_dir}"]
        environment: {TF_CPP_MIN_LOG_LEVEL: "1"}

      - image: "*.azurecr.io/*"
        command: [docker, run, --rm, --name, "{name}", --env-file, "{env_file}", --publish, "127.0.0.1:{port}:5001",
                  --volume, "{model_dir}:/models:ro", "{image}"]
        stop: [docker, rm, --force, "{name}"]

`image` is a pattern (`*`, `?`, `[a-z]`), the first that fits counts. `{port}` is where the command must listen, on the
loopback interface; `{model_dir}` and `{code_dir}` are the deployment's folders, `{env_file}` has its variables, one in
each line, `{image}` is the image's whole name, `{name}` is made up for each start. `stop` is run once the command has
ended, however it did: a container goes on without the `docker run` that waits for it, and a program that is the first
one of its container need not heed the signal that comes before. Docker or podman are used where they are asked for like
this, and not else: inside a container 127.0.0.1 is the container, so the local Azure's identities are not to be had
there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

NAME = "local-images.yml"
_KEYS = {"image", "command", "environment", "stop"}
_PLACE = re.compile(r"\{(\w+)\}")
_PLACES = {"port", "model_dir", "code_dir", "env_file", "image", "name"}

_OTHERS = ", ".join(f"{{{name}}}" for name in sorted(_PLACES - {"port"}))


class NotReadable(RuntimeError):
    """`local-images.yml` is not what it should be; the message says where."""


@dataclass(frozen=True)
class OwnImage:
    """How images of a pattern are run on this machine."""

    image: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    stop: tuple[str, ...] = ()

    def filled(self, **places: object) -> tuple[list[str], list[str]]:
        """The command, and the one that ends what it leaves behind, with all of their places filled."""
        return _filled(self.command, places), _filled(self.stop, places)


def read(path: Path) -> tuple[OwnImage, ...]:
    """The images of a file; none without it. `NotReadable` says what is wrong with it."""
    if not path.exists():
        return ()
    try:
        document = yaml.safe_load(path.read_text())
    except yaml.YAMLError as reason:
        raise NotReadable(f"{path.name} is not YAML: {reason}") from None
    listed = document.get("images") if isinstance(document, dict) and set(document) == {"images"} else None
    if not isinstance(listed, list):
        raise NotReadable(f"{path.name} must be a mapping with one key, images, which is a list")
    return tuple(_image(f"{path.name}: images.{number}", one) for number, one in enumerate(listed))


def match(image: str, known: Sequence[OwnImage]) -> OwnImage | None:
    """The first whose pattern the image fits."""
    return next((one for one in known if fnmatchcase(image, one.image)), None)


def _filled(words: Sequence[str], places: Mapping[str, object]) -> list[str]:
    return [_PLACE.sub(lambda found: str(places[found[1]]), word) for word in words]


def _image(where: str, one: Any) -> OwnImage:
    if not isinstance(one, dict) or not {"image", "command"} <= set(one) <= _KEYS:
        raise NotReadable(f"{where} must have image and command, and may have environment and stop")
    command, stop = (_words(f"{where}.{key}", one[key]) if key in one else () for key in ("command", "stop"))
    environment = one.get("environment") or {}
    if not isinstance(environment, dict):
        raise NotReadable(f"{where}.environment must be a mapping")
    if "port" not in _named(command) or _named(command) - _PLACES:
        raise NotReadable(f"{where}.command must have {{port}}, and may have {_OTHERS}")
    if _named(stop) - _PLACES:
        raise NotReadable(f"{where}.stop may have {{port}}, {_OTHERS}")
    variables = {str(key): str(value) for key, value in environment.items()}
    return OwnImage(str(one["image"]), command, variables, stop)


def _words(where: str, given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not given or not all(isinstance(word, str) for word in given):
        raise NotReadable(f"{where} must be a list of texts, the program first")
    return tuple(given)


def _named(words: Sequence[str]) -> set[str]:
    return {name for word in words for name in _PLACE.findall(word)}
