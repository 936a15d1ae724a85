"""`slipway policies check`: a folder of policies, judged by what the app judges it with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.outcome import ExitCode
from cli.session import Session
from cli.wording import counted, plain
from settings import policies_folder
from triggers.policies import read_folder

Folder = Annotated[
    Path | None, typer.Argument(help="the folder; that of SLIPWAY_POLICIES, or the app's own, if there is none")
]


def add_policy_commands(app: typer.Typer) -> None:
    """`policies`, and what can be done with them."""
    policies = typer.Typer(no_args_is_help=True)
    # With a callback it stays a group, although it has one command.
    policies.callback()(group)
    policies.command()(check)
    app.add_typer(policies, name="policies")


def group() -> None:
    """Look after the policies that say which registered models are deployed."""


def check(context: typer.Context, folder: Folder = None) -> None:
    """Tell everything that is wrong with the policies of FOLDER; the exit code is 1 if anything is."""
    session: Session = context.obj
    where = folder.absolute() if folder else policies_folder(os.environ)
    named = folder or os.environ.get("SLIPWAY_POLICIES")
    if not named and not where.is_dir() and Path("policies").is_dir():
        where = Path("policies").absolute()  # installed, the command is not where the app is
    found = read_folder(where)
    wrong = [line for invalid in found.invalid for line in invalid.lines]
    for line in wrong:
        session.err.print(plain(line), style="red", soft_wrap=True)
    usable = f"{counted(len(found.policies), 'policy file')} can be used"
    session.out.print(plain(f"{where}: {usable}, {counted(len(wrong), 'problem')}"), soft_wrap=True)
    raise typer.Exit(ExitCode.FAILED if found.invalid else ExitCode.SUCCEEDED)
