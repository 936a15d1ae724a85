"""The `slipway` command: its verbs under their headings, and whom it talks to."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cli.help_pages import GroupHelp
from cli.outcome import ExitCode
from cli.screen import console
from cli.service import Service
from cli.session import Session
from cli.verbs import VERBS, Section
from version import VERSION

app = typer.Typer(
    name="slipway",
    cls=GroupHelp,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="SLIPWAY_KEY holds the function key that is sent along.\n\n`slipway VERB -h` has examples and exit codes.",
)
policies = typer.Typer(cls=GroupHelp, no_args_is_help=True)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"slipway {VERSION}\n")
        raise typer.Exit(ExitCode.SUCCEEDED)


@app.callback()
def connect(
    context: typer.Context,
    url: Annotated[
        str, typer.Option(metavar="URL", envvar="SLIPWAY_URL", help="the service")
    ] = "http://127.0.0.1:7071",
    version: Annotated[
        bool, typer.Option("--version", metavar="", callback=_show_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Deploy models behind Azure ML online endpoints, and look after what the endpoints serve."""
    # The key has no option: the arguments of a process can be seen by everybody on the machine.
    service = Service(url, os.environ.get("SLIPWAY_KEY"))
    context.obj = Session(service, console(), console(stderr=True))


@policies.callback()
def group() -> None:
    """Look after the policies that say which registered models are deployed."""


for verb in VERBS:
    verb.add_to(policies if verb.name.startswith("policies ") else app)
app.add_typer(policies, name="policies", rich_help_panel=Section.POLICIES)
