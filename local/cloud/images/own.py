"""Containers of one's own, run by a command of this machine: `local-images.yml` says which.

    images:
      - image: docker.io/tensorflow/serving:*
        command: [tensorflow_model_server, "--rest_api_port={port}", "--model_base_path={model_dir}"]
        environment: {TF_CPP_MIN_LOG_LEVEL: "1"}

      - image: "*.azurecr.io/*"
        command: [docker, run, --rm, --env-file, "{env_file}", --publish, "127.0.0.1:{port}:5001", "{image}"]

`image` is a pattern (`*`, `?`, `[a-z]`), the first that fits counts. `{port}` is where the command must listen, on the
loopback interface; `{model_dir}` and `{code_dir}` are the deployment's folders, `{env_file}` has its variables, one in
each line, `{image}` is the image's whole name. Docker or podman are used where they are asked for like this, and not
else: inside a container 127.0.0.1 is the container, so the local Azure's identities are not to be had there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

NAME = "local-images.yml"
_KEYS = {"image", "command", "environment"}
_PLACE = re.compile(r"\{(\w+)\}")
_PLACES = {"port", "model_dir", "code_dir", "env_file", "image"}

_OTHERS = ", ".join(f"{{{name}}}" for name in sorted(_PLACES - {"port"}))


class NotReadable(RuntimeError):
    """`local-images.yml` is not what it should be; the message says where."""


@dataclass(frozen=True)
class OwnImage:
    """How images of a pattern are run on this machine."""

    image: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)

    def started(self, **places: object) -> list[str]:
        """The command with all of its places filled."""
        return [_PLACE.sub(lambda found: str(places[found[1]]), word) for word in self.command]


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


def _image(where: str, one: Any) -> OwnImage:
    if not isinstance(one, dict) or not {"image", "command"} <= set(one) <= _KEYS:
        raise NotReadable(f"{where} must have image and command, and may have environment")
    command, environment = one["command"], one.get("environment") or {}
    if not isinstance(command, list) or not command or not all(isinstance(word, str) for word in command):
        raise NotReadable(f"{where}.command must be a list of texts, the program first")
    if not isinstance(environment, dict):
        raise NotReadable(f"{where}.environment must be a mapping")
    named = {name for word in command for name in _PLACE.findall(word)}
    if named - _PLACES or "port" not in named:
        raise NotReadable(f"{where}.command must have {{port}}, and may have {_OTHERS}")
    return OwnImage(str(one["image"]), tuple(command), {str(key): str(value) for key, value in environment.items()})
