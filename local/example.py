"""The credit-risk example in a folder of its own: trained in the scoring environment, registered by the SDK.

`python -m local.example REQUEST.yml` registers what the file names, as the identity of the environment, and prints
the request that then names only registered assets.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.checkout import EXAMPLE, ROOT, SCORING_PYTHON


def copy_example(folder: Path) -> None:
    """Put the example's files into `folder`, so that training leaves nothing in the checkout."""
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)


def train(folder: Path, version: str, *, out: str = "model") -> None:
    """Train that version of the model into `folder/out`."""
    order = [str(SCORING_PYTHON), str(folder / "train.py"), "--version", version, "--out", str(folder / out)]
    subprocess.run(order, check=True, capture_output=True)


def register(request: Path, environment: Mapping[str, str]) -> str:
    """Register what the request file names, as the identity of `environment`; the request to send, as JSON."""
    order = [sys.executable, "-m", "local.example", str(request)]
    done = subprocess.run(order, cwd=ROOT, env=dict(environment), check=True, capture_output=True, text=True)
    return json.dumps(json.loads(done.stdout), indent=1) + "\n"


def main() -> None:
    """Register and print."""
    from cli.request_file import read_request_file
    from cli.workspace import Workspace
    from settings import settings

    request = read_request_file(Path(sys.argv[1]))
    workspace = Workspace(settings())
    for one in request.uploads:
        reference, _ = workspace.register(one)
        request.naming(one, reference)
    sys.stdout.write(json.dumps(request.to_send))


if __name__ == "__main__":
    main()
