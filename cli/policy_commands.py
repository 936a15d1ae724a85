"""`slipway policies check`: a folder of policies, judged by what the app judges it with."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from cli.options import flag
from cli.outcome import ExitCode, NotAccepted
from cli.session import Session, print_json
from cli.wording import counted, plain
from settings import policies_folder
from triggers.policies import read_folder

Folder = Annotated[
    Path | None,
    typer.Argument(metavar="FOLDER", help="that of SLIPWAY_POLICIES, or the app's own, if none is named"),
]
Problems = Annotated[bool, flag("--json", help="print the problems as JSON")]


def check(context: typer.Context, folder: Folder = None, as_json: Problems = False) -> None:
    """Tell everything that is wrong with the policies of FOLDER; the exit code is 1 if anything is."""
    session: Session = context.obj
    where = folder.absolute() if folder else policies_folder(os.environ)
    named = folder or os.environ.get("SLIPWAY_POLICIES")
    if not named and not where.is_dir():  # installed, the command is not where the app is
        where = Path("policies").absolute()
        if not where.is_dir():
            raise NotAccepted("there is no folder `policies` here: name another, or set SLIPWAY_POLICIES")
    found = read_folder(where)
    if as_json:
        told = [
            {"file": one.file, "problems": [problem.to_wire() for problem in one.problems]} for one in found.invalid
        ]
        print_json(json.dumps({"folder": str(where), "policies": len(found.policies), "invalid": told}))
        raise typer.Exit(ExitCode.FAILED if found.invalid else ExitCode.SUCCEEDED)
    wrong = [line for invalid in found.invalid for line in invalid.lines]
    for line in wrong:
        session.err.print(plain(line), style="red", soft_wrap=True)
    usable = f"{counted(len(found.policies), 'policy file')} can be used"
    session.out.print(plain(f"{where}: {usable}, {counted(len(wrong), 'problem')}"), soft_wrap=True)
    raise typer.Exit(ExitCode.FAILED if found.invalid else ExitCode.SUCCEEDED)
